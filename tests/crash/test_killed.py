"""Killed at any moment while it writes, rolls up and cleans, Oculus keeps all that it had committed.

Every copy begins up to an hour before the end of the one that was killed: the clock jumps back.

    python3 packaging/dev.py test -- -m crash
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading

import pytest

from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.rollups.check import first_missing
from oculus.storage.rollups.marks import NEVER_MS, RAW, Marks
from oculus.storage.settings import StorageSettings

NUMBERS = "SELECT count(*) FROM metrics WHERE ts >= make_timestamptz(?)"
MINUTES = 'SELECT coalesce(sum("count"), 0)::BIGINT FROM metrics_1m WHERE ts < make_timestamptz(?)'
WORK_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from oculus.core.counters import Counters
from oculus.core.durations import Duration
from oculus.core.metric import Metric
from oculus.storage.rollups import rollup as rollups
from oculus.storage.upkeep import retention
from oculus.storage.writing import checkpointer as checkpointer_module
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer

class Fast:  # an hour passes in a second
    begun = time.time()
    def now_ms(self): return round((self.begun + (time.time() - self.begun) * 3600) * 1000)
    def monotonic(self): return time.monotonic() * 3600

retention.PAUSE_S = 0.001
checkpointer_module.CHECKPOINT_BYTES = 100_000
clock = Fast()
settings = StorageSettings(retention=Duration(minutes=20))
database = open_database(Path(sys.argv[1]), settings, clock)
told = lambda batch: print(len(batch), flush=True)
writer = Writer(database, Counters(), clock, on_commit=[told])
writer.start()
upkeep = Upkeep(writer, settings, clock)
upkeep.pause_s = 0.0
upkeep.step = upkeep.clean
upkeep.start()
print("ready", flush=True)
count = 0
while True:
    now = clock.now_ms()
    late = now - 600_000 * (count % 3)
    writer.put([Metric(late + n, "c.c", f"c.c.s{n}", 1.0, {}) for n in range(5)])
    count += 1
    time.sleep(0.002)
"""


def checked(folder) -> tuple[int, bool]:
    """How many numbers there have ever been, by the minutes that are rolled up and the numbers after them.

    And whether any were deleted.
    """
    database = open_database(folder, StorageSettings(), SystemClock())
    try:
        assert database.notices == []
        cursor = database.cursor()
        marks = Marks.read(cursor)
        assert first_missing(cursor, marks) is None
        until = (marks.rolled_ms or 0) * 1000
        found = sum(cursor.execute(sql, [until]).fetchall()[0][0] for sql in (NUMBERS, MINUTES))
        return found, marks.kept_ms(RAW) > NEVER_MS
    finally:
        database.close()


def killed_again_and_again(folder, rounds: int, seed: int) -> bool:
    """Whether it had cleaned by then."""
    chance = random.Random(seed)
    before, deleted = 0, False
    for _ in range(rounds):
        child = subprocess.Popen(
            [sys.executable, "-c", WORK_UNTIL_KILLED, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        threading.Timer(chance.uniform(0.0, 0.8), child.send_signal, [signal.SIGKILL]).start()
        committed = before + sum(int(line) for line in child.stdout if line.endswith("\n"))
        assert child.wait() == -signal.SIGKILL
        found, deleted = checked(folder)
        # One commit may have been made but not been told of yet.
        assert committed <= found <= committed + 5_050
        before = found
    return deleted


def test_a_copy_killed_while_it_writes_rolls_up_and_cleans_has_lost_nothing(tmp_path):
    killed_again_and_again(tmp_path, 2, seed=1)


@pytest.mark.crash
@pytest.mark.timeout(600)
def test_a_hundred_kills_lose_nothing(tmp_path):
    assert killed_again_and_again(tmp_path, 100, seed=2), "it never came to cleaning"
