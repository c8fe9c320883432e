"""Nothing that was committed is lost: not by SIGKILL, not by a full disk."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading

import pytest

from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings

WRITE_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.storage.writing import checkpointer as checkpointer_module
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

checkpointer_module.CHECKPOINT_BYTES = 200_000  # so that many a kill falls into a checkpoint
database = open_database(Path(sys.argv[1]), StorageSettings(), SystemClock())
told = lambda batch: print(len(batch), flush=True)  # after the commit: from here on the rows must be there
writer = Writer(database, Counters(), SystemClock(), on_commit=[told])
writer.start()
print("ready", flush=True)
now = 0
while True:
    now += 1
    writer.put([Metric(now, "c.c", f"c.c.s{n % 20}", n / 7, {"probe": "x"}) for n in range(50)])
    time.sleep(0.001)
"""


def rows(folder):
    database = open_database(folder, StorageSettings(), SystemClock())
    try:
        assert database.notices == []
        return database.cursor().execute("SELECT count(*) FROM metrics").fetchall()[0][0]
    finally:
        database.close()


@pytest.mark.parametrize("seed", range(5))
def test_a_copy_that_is_killed_at_any_moment_leaves_all_that_was_committed(tmp_path, seed):
    committed = 0
    chance = random.Random(seed)
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "-c", WRITE_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        threading.Timer(chance.uniform(0.0, 0.5), child.send_signal, [signal.SIGKILL]).start()
        told = [int(line) for line in child.stdout if line.endswith("\n")]
        assert child.wait() == -signal.SIGKILL
        committed += sum(told)
        found = rows(tmp_path)
        # One commit may have been made but not been told of yet.
        assert committed <= found <= committed + 5_050
        committed = found


FILL_THE_DISK = """
import resource, signal, sys, time
from pathlib import Path
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.storage.writing import checkpointer as checkpointer_module
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

checkpointer_module.CHECKPOINT_BYTES = int(sys.argv[2])
checkpointer_module.CHECKPOINT_REST_S = 0.2
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write beyond the limit fails as it would on a full disk
database = open_database(Path(sys.argv[1]), StorageSettings(), SystemClock())
counters = Counters()
written = []
writer = Writer(database, counters, SystemClock(), on_commit=[written.extend])
writer.start()

def put(count):
    for n in range(count):
        handed.append(n)
        writer.put([Metric(len(handed), "c.c", "c.c.s", n / 7, {"n": str(n)})] * 20)
        time.sleep(0.0005)

def until(condition):
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)

handed = []
put(50)
until(lambda: len(written) == 20 * len(handed))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
while writer.healthy() and len(handed) < 20_000:
    put(100)
assert not writer.healthy(), "the disk was never full"
stuck = len(written)
assert counters.get("writer.failed") > 0
put(50)
assert writer.queue_length() > 0
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
until(lambda: writer.healthy() and len(written) == 20 * len(handed))
put(50)
until(lambda: len(written) == 20 * len(handed))
assert writer.stop(60)
assert counters.get("writer.dropped") == 0
database.close()
print(20 * len(handed))
"""


@pytest.mark.parametrize(
    ("checkpoint_bytes", "limit"),
    [(10**9, 400_000), (300_000, 600_000)],
    ids=["while writing the log", "while folding the log into the file"],
)
def test_a_full_disk_loses_nothing_and_writing_goes_on_when_there_is_room(tmp_path, checkpoint_bytes, limit):
    arguments = [str(tmp_path), str(checkpoint_bytes), str(limit)]
    done = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path) == int(done.stdout)
    database = open_database(tmp_path, StorageSettings(), SystemClock())
    told = [row[0] for row in database.cursor().execute("SELECT message FROM events ORDER BY id").fetchall()]
    database.close()
    assert any("cannot be written" in message or "tidied up" in message for message in told)


def test_a_stop_in_the_middle_of_work_writes_all_that_was_handed_over(tmp_path, counters, metric):
    from oculus.storage.writing.writer import Writer

    database = open_database(tmp_path, StorageSettings(), SystemClock())
    writer = Writer(database, counters, SystemClock())
    writer.start()
    for n in range(200):
        writer.put([metric(float(n), at=n + 1)] * 100)
    assert writer.stop(60)
    database.close()
    assert rows(tmp_path) == 20_000
