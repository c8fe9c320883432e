"""Killed while it upgrades an older file, replaces a damaged one or makes a backup: what counts is whole."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import duckdb
import pytest

from oculus.core.clock import SystemClock
from oculus.storage.file import schema
from oculus.storage.file.copies import copy_database
from oculus.storage.file.database import open_database
from oculus.storage.file.recovery import daily_backup
from oculus.storage.settings import StorageSettings

SUMS = """
    SELECT (SELECT count(*) FROM metrics), (SELECT sum(value) FROM metrics),
        (SELECT coalesce(sum("count"), 0) FROM metrics_1m), (SELECT coalesce(sum("last"), 0) FROM metrics_1m)
"""
OPEN = """
import sys
from pathlib import Path
from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
print("ready", flush=True)
open_database(Path(sys.argv[1]), StorageSettings(), SystemClock()).close()
"""
BACK_UP = """
import sys, time
from pathlib import Path
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer

clock = SystemClock()
database = open_database(Path(sys.argv[1]), StorageSettings(), clock)
told = lambda batch: print(len(batch), flush=True)
writer = Writer(database, Counters(), clock, on_commit=[told])
writer.start()
upkeep = Upkeep(writer, StorageSettings(), clock)
upkeep.pause_s = 0.0
upkeep.step = upkeep.tidy  # folds the log into the file, copies it, and again
upkeep.start()
print("ready", flush=True)
while True:
    now = clock.now_ms()
    writer.put([Metric(now, "c.c", f"c.c.s{n}", 1.0, {}) for n in range(20)])
    time.sleep(0.002)
"""


def killed(script, folder, after_s):
    """Run it until it is killed. The lines it said after it was ready; None when it ended before."""
    child = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    with closing(child.stdout):
        assert child.stdout.readline() == "ready\n"
        threading.Timer(after_s, child.send_signal, [signal.SIGKILL]).start()
        said = [int(line) for line in child.stdout if line.endswith("\n")]
        return said if child.wait() == -signal.SIGKILL else None


def older_file(folder, version, rows):
    """A file as the Oculus of that version left it; what it comes to."""
    folder.mkdir()
    with duckdb.connect(str(folder / "oculus.db"), config={"checkpoint_threshold": "1TB"}) as old:
        schema.apply(old, schema.MIGRATIONS[:version])
        old.execute(
            "INSERT INTO metrics SELECT to_timestamp(1.7e9 + i), 'c', 'c.s' || (i % 10), i % 997, '{}' "
            "FROM range($1) t(i)",
            [rows],
        )
        if version < 7:
            return (*old.execute("SELECT count(*), sum(value) FROM metrics").fetchall()[0], 0, 0)
        old.execute(
            "INSERT INTO metrics_1m SELECT date_trunc('minute', ts) AS m, 'c', symbol, count(*), min(value), "
            "max(value), avg(value), arg_min(value, ts), arg_max(value, ts), stddev_samp(value) "
            "FROM metrics GROUP BY m, symbol ORDER BY m, symbol"
        )
        return old.execute(SUMS).fetchall()[0]


def killed_starts(folder, chance, took_s):
    """Kill one start, or two, within the `took_s` that the last whole one took. How long one takes now."""
    for _ in range(chance.choice([1, 1, 2])):
        begun = time.monotonic()
        if killed(OPEN, folder, chance.uniform(0, took_s)) is None:
            took_s = max(0.05, time.monotonic() - begun - 0.5)
    return took_s


def upgraded_under_fire(tmp_path, rounds, seed):
    """Each round begins with an old file and kills its upgrade; one in three kills the next start, too."""
    chance = random.Random(seed)
    version = chance.choice([1, 6, 7])
    wanted = older_file(tmp_path / "old", version, 100_000)
    took_s = 0.3
    for number in range(rounds):
        folder = tmp_path / f"round{number}"
        shutil.copytree(tmp_path / "old", folder)
        took_s = killed_starts(folder, chance, took_s)
        with closing(open_database(folder, StorageSettings(), SystemClock())) as database:
            assert database.notices == []
            assert schema.version(database.cursor()) == schema.MIGRATIONS[-1].number
            assert database.cursor().execute(SUMS).fetchall() == [wanted]
        leftovers = [path.name for path in folder.iterdir() if path.suffix in (".part", ".copying", ".tmp")]
        assert leftovers == []
        for backup in folder.glob("*.bak"):
            with duckdb.connect(str(backup), read_only=True) as copy:
                assert copy.execute("SELECT count(*) FROM metrics").fetchall() == [(100_000,)]
        shutil.rmtree(folder)


def recovered_under_fire(tmp_path, rounds, seed):
    """Each round begins with a spoilt file beside a good backup, and kills the start that finds it."""
    chance, took_s = random.Random(seed), 0.2
    older_file(tmp_path / "old", 6, 300_000)
    with closing(open_database(tmp_path / "old", StorageSettings(), SystemClock())) as database:
        copy_database(database.cursor(), database.path, daily_backup(database.path))
    spoilt = tmp_path / "old" / "oculus.db"
    spoilt.write_bytes(chance.randbytes(100_000))
    for number in range(rounds):
        folder = tmp_path / f"round{number}"
        shutil.copytree(tmp_path / "old", folder)
        took_s = killed_starts(folder, chance, took_s)
        done = list(folder.glob("*.damaged-*")) and not list(folder.glob("*.recovering"))
        with closing(open_database(folder, StorageSettings(), SystemClock())) as database:
            assert database.notices or done, "it begins anew without a word"
            assert database.cursor().execute("SELECT count(*) FROM metrics").fetchall() == [(300_000,)]
        kept = [path.read_bytes() for path in folder.glob("*.damaged-*")]
        assert kept == [spoilt.read_bytes()]
        assert not list(folder.glob("*.recovering")) + list(folder.glob("*.part"))
        shutil.rmtree(folder)


def backed_up_under_fire(folder, rounds, seed):
    chance, before, in_backup = random.Random(seed), 0, 0
    for _ in range(rounds):
        committed = before + sum(killed(BACK_UP, folder, chance.uniform(0.0, 0.8)))
        with closing(open_database(folder, StorageSettings(), SystemClock())) as database:
            assert database.notices == []
            before = database.cursor().execute("SELECT count(*) FROM metrics").fetchall()[0][0]
        assert committed <= before <= committed + 5_050
        leftovers = [path.name for path in folder.iterdir() if path.suffix in (".part", ".copying", ".tmp")]
        assert leftovers == []
        backup = daily_backup(folder / "oculus.db")
        if backup.exists():
            with duckdb.connect(str(backup), read_only=True) as copy:
                found = copy.execute("SELECT count(*) FROM metrics").fetchall()[0][0]
            assert in_backup <= found <= before, "the backup is whole, and never an older one"
            in_backup = found


def test_an_upgrade_that_is_killed_is_made_by_the_next_start(tmp_path):
    upgraded_under_fire(tmp_path, 3, seed=1)


def test_a_start_that_is_killed_while_it_puts_a_damaged_file_aside_is_taken_up_by_the_next(tmp_path):
    recovered_under_fire(tmp_path, 3, seed=1)


def test_a_copy_killed_while_it_makes_backups_has_all_and_a_whole_backup(tmp_path):
    backed_up_under_fire(tmp_path, 2, seed=1)


@pytest.mark.crash
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(10, 15))
def test_a_hundred_upgrades_that_are_killed_lose_nothing(tmp_path, seed):
    upgraded_under_fire(tmp_path, 20, seed)


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_a_hundred_kills_while_backups_are_made_lose_nothing(tmp_path):
    backed_up_under_fire(tmp_path, 100, seed=2)


@pytest.mark.crash
@pytest.mark.timeout(900)
def test_a_hundred_kills_while_a_damaged_file_is_replaced_lose_nothing(tmp_path):
    recovered_under_fire(tmp_path, 100, seed=2)
