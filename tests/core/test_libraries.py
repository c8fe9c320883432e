"""Libraries are let go of where nobody runs them, and nothing else is."""

import logging
from pathlib import Path

import _duckdb
import duckdb
import pytest

from oculus.core import libraries
from oculus.core.libraries import PageReleaser, release, untouched

SMAPS = """\
7f00-7f10 r--p 00000000 00:1f 42   /opt/a place/_duckdb.so
Rss:                 900 kB
Anonymous:             0 kB
7f10-7f40 r-xp 00000000 00:1f 42   /opt/a place/_duckdb.so
Anonymous:             0 kB
7f40-7f50 r--p 00000000 00:1f 42   /opt/a place/_duckdb.so
Anonymous:            64 kB
7f50-7f60 rw-p 00000000 00:1f 42   /opt/a place/_duckdb.so
Anonymous:             0 kB
7f60-7f70 r-xp 00000000 00:1f 43   /usr/lib/libgtk-3.so.0
Anonymous:             0 kB
7f70-7f80 r-xp 00000000 00:00 0
Anonymous:             0 kB
"""
linux = pytest.mark.skipif(not libraries.SMAPS.exists(), reason="this system does not tell of its mappings")


def resident_mb(path=Path(_duckdb.__file__)):
    ours, total = False, 0
    for line in libraries.SMAPS.read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            ours = words[-1] == str(path.resolve())
        elif ours and words[0] == "Rss:":
            total += int(words[1])
    return total / 1024


def test_only_what_was_never_written_to_can_be_read_anew():
    assert untouched(SMAPS.splitlines()) == [(0x7F00, 0x10), (0x7F10, 0x30)]


@linux
def test_it_goes_when_all_has_settled_and_comes_back_when_it_is_used(eventually):
    statement = "SELECT count(*), sum(range) FROM range(1000)"
    expected = duckdb.execute(statement).fetchall()
    before = resident_mb()
    releaser = PageReleaser(settled_s=0.0)
    releaser.start()
    eventually(lambda: resident_mb() < before - 5)
    assert duckdb.execute(statement).fetchall() == expected
    assert releaser.stop()


@linux
def test_a_stop_does_not_wait_until_all_has_settled():
    releaser = PageReleaser()
    releaser.start()
    assert releaser.stop(30)


@linux
def test_what_cannot_be_let_go_stays_and_is_said_to_developers_only(caplog, monkeypatch):
    caplog.set_level(logging.DEBUG, "oculus")
    releaser = PageReleaser(settled_s=0.0)
    releaser._spans = [(1, 4096)]  # no page begins there
    releaser.step()
    monkeypatch.setattr(libraries, "SMAPS", Path("/proc/self/no such file"))
    PageReleaser(settled_s=0.0).step()
    assert [record.levelname for record in caplog.records] == ["DEBUG", "DEBUG"]
    with pytest.raises(OSError, match="Invalid argument"):
        release([(1, 4096)])


def test_elsewhere_nothing_is_started(monkeypatch, tmp_path):
    monkeypatch.setattr(libraries, "SMAPS", tmp_path / "smaps")
    releaser = PageReleaser()
    releaser.start()
    assert not releaser.alive()
    assert releaser.stop()
