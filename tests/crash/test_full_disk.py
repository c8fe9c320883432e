"""A real disk that is really full, or may not be written: a small file system of its own, under `unshare`.

Promised: what was committed stays; what is taken meanwhile waits in memory and is written once there is room;
pages go on; both ends are told. Nothing starts on a disk where it could not write, and it says why.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

PUSH = {"type": "push", "name": "box", "secret": "s"}
STORED = "SELECT count(*), count(DISTINCT value) FROM metrics WHERE symbol = 'custom.box.value'"
# The program that follows runs in a mount namespace of its own, with a disk of 16 MB as its folder.
SMALL = 'mount -t tmpfs -o size=16m,mode=755 none "$0" && exec "$@"'
FULL = SMALL.replace("exec", "(head -c 17000000 /dev/zero > $0/ballast || true) 2>&- && exec")
# The folder as it is, but not to be written.
LOCKED = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


def apart(script, folder):
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(folder)]


@pytest.fixture
def disk(tmp_path):
    """A folder for such a disk."""
    if not shutil.which("unshare"):
        pytest.skip("there is no `unshare` here to make a small disk with")
    folder = tmp_path / "disk"
    folder.mkdir()
    tried = subprocess.run([*apart(SMALL, folder), "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"a small disk cannot be made here: {tried.stderr.strip()}")
    return folder


class OnSmallDisk:
    """A copy of Oculus with its data on the small disk, and the means to fill that."""

    def __init__(self, copies, disk):
        start = [*apart(SMALL, disk), sys.executable, "-m", "oculus"]
        self.copy = copies(start=start, collectors=[PUSH])
        self.copy.data = disk / "data"
        self.copy.serve()
        self.inside = Path(f"/proc/{self.copy.process.pid}/root{disk}")  # the disk, seen from here
        self.copy.data = self.inside / "data"
        self.ballast = self.inside / "ballast"
        self.pushed = 0
        self.begun_ms = round(time.time() * 1000) - 3_600_000

    def push(self, count):
        """`count` numbers that are all different, in one call."""
        numbers = [
            {"value": self.pushed + n, "ts": 1_700_000_000_000 + self.pushed + n} for n in range(count)
        ]
        answer = self.copy.ask("/in/box", numbers, secret="s")
        assert answer["accepted"] == count
        self.pushed += count

    def fill(self):
        with self.ballast.open("ab", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                with pytest.raises(OSError, match="No space left"):
                    write_on(file, size)

    def ready(self):
        return self.copy.ready()["ready"]

    def told(self):
        return [text for (text,) in self.copy.query("SELECT message FROM events ORDER BY id")]

    def stored(self):
        return tuple(self.copy.query(STORED)[0])


def write_on(file, size):
    while file.write(b"x" * size):
        pass


@pytest.fixture
def small(copies, disk):
    return OnSmallDisk(copies, disk)


def test_what_comes_while_the_disk_is_full_is_written_when_there_is_room(small, eventually):
    small.push(500)
    eventually(lambda: small.stored()[0] == 500)
    small.fill()
    while small.ready():
        assert small.pushed < 400_000, "the disk was never full"
        small.push(500)
    assert "cannot write" in small.copy.ready()["checks"]["writer"]
    for _ in range(20):
        small.push(100)  # still taken
    assert small.copy.ask("/api/status")["queue"] > 0
    committed = small.stored()[0]
    assert committed < small.pushed, "pages and questions go on"
    small.ballast.unlink()
    eventually(small.ready)
    eventually(lambda: small.stored() == (small.pushed, small.pushed))
    eventually(lambda: "The database can be written again." in small.told())
    assert any("No space left" in text and "free some disk space" in text for text in small.told())
    assert small.copy.ask("/api/status")["rows_dropped"] == 0
    assert small.copy.stop() == 0
    assert "Traceback" not in "".join(small.copy.said)


def test_a_copy_killed_on_a_full_disk_has_all_that_it_had_committed(small, eventually, copies, tmp_path):
    small.push(900)
    eventually(lambda: small.stored()[0] == 900)
    small.fill()
    while small.ready():
        small.push(500)
    committed = small.stored()[0]
    small.copy.process.send_signal(signal.SIGSTOP)  # its disk goes with it, so that is read before
    after = tmp_path / "after"
    shutil.copytree(small.inside / "data", after / "data")
    small.copy.kill()
    restarted = copies(after, collectors=[PUSH])
    found = restarted.stored(STORED)[0][0]
    assert committed <= found <= small.pushed


def test_on_a_disk_without_room_it_does_not_start_and_says_why(disk, copies):
    copy = copies(start=[*apart(FULL, disk), sys.executable, "-m", "oculus"])
    copy.data = disk / "data"
    done = copy.run("serve", "--port", "0")
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("used_before", [True, False], ids=["with a database in it", "that is empty"])
def test_in_a_folder_that_cannot_be_written_it_does_not_start_and_says_why(disk, copies, used_before):
    if used_before:
        before = copies(disk)
        before.serve()
        assert before.stop() == 0
    files = {path: path.stat().st_mtime_ns for path in disk.rglob("*")}
    copy = copies(start=[*apart(LOCKED, disk), sys.executable, "-m", "oculus"])
    copy.data = disk / "data"
    done = copy.run("serve", "--port", "0")
    assert done.returncode == 1
    assert str(copy.data) in done.stderr
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    assert {path: path.stat().st_mtime_ns for path in disk.rglob("*")} == files
    assert os.access(disk, os.W_OK)
