"""A program that is lied to about the time deletes nothing, also when it is killed in the wrong year."""

from __future__ import annotations

import sys
import time

import pytest

# The wall clock is what the machine says plus the seconds in a file; the monotonic one goes on as it should.
LIED_TO = """
import sys, time
from pathlib import Path
import oculus.core.clock

offset = Path(sys.argv.pop(1))
class Lying(oculus.core.clock.SystemClock):
    def now_ms(self):
        return time.time_ns() // 1_000_000 + int(offset.read_text() or 0) * 1000
oculus.core.clock.SystemClock = Lying
from oculus.__main__ import main
sys.exit(main())
"""
HOUR_S, DAY_S = 3_600, 86_400
YEARS_S = 12 * 365 * DAY_S
PUSH = {"type": "push", "name": "box", "secret": "s"}
OLD = "SELECT count(*) FROM metrics WHERE symbol = 'custom.box.value' AND value < 1000"
MINUTES = """
    SELECT coalesce(sum("count"), 0)::INT FROM metrics_1m WHERE symbol = 'custom.box.value' AND "max" < 1000
"""
MESSAGES = "SELECT message FROM events WHERE source = 'oculus' ORDER BY id"


class LiedTo:
    def __init__(self, copies, folder):
        self.offset = folder / "offset"
        self.set(0)
        self.copy = copies(
            start=[sys.executable, "-c", LIED_TO, str(self.offset)],
            collectors=[PUSH],
            storage={"retention": "7d", "rollups": {"1m": "30d"}},
        )
        self.copy.serve()

    def set(self, seconds):
        part = self.offset.with_suffix(".part")
        part.write_text(str(seconds))
        part.replace(self.offset)

    def push(self, *values, ago_s=0):
        now_ms = round((time.time() + int(self.offset.read_text()) - ago_s) * 1000)
        numbers = [{"value": value, "ts": now_ms - n * 60_000} for n, value in enumerate(values)]
        self.copy.ask("/in/box", numbers, secret="s")

    def told(self):
        return [message for (message,) in self.copy.query(MESSAGES)]

    def latest(self):
        symbols = self.copy.ask("/api/symbols")["symbols"]
        return [one["value"] for one in symbols if one["symbol"] == "custom.box.value"]

    def doubts(self):
        return [message for message in self.told() if "Nothing is deleted as too old" in message]


@pytest.fixture
def lied_to(copies, tmp_path, eventually):
    made = LiedTo(copies, tmp_path)
    made.push(*range(500), ago_s=HOUR_S)
    eventually(lambda: made.copy.query(OLD) == [[500]])
    eventually(lambda: made.copy.query(MINUTES) == [[500]])
    return made


def test_a_minute_in_2038_and_a_kill_there_delete_nothing(lied_to, eventually):
    lied_to.set(YEARS_S)
    eventually(lied_to.doubts)
    lied_to.push(2038)
    eventually(lambda: lied_to.copy.query(OLD.replace("<", ">")) == [[1]])
    lied_to.copy.kill()
    lied_to.copy.serve()  # and cleans, as at every start
    eventually(lambda: len(lied_to.doubts()) == 2)
    assert lied_to.copy.query(OLD) == [[500]]
    assert lied_to.copy.query(MINUTES) == [[500]]
    lied_to.set(0)
    eventually(lambda: "The clock is right again; nothing was deleted for its leap." in lied_to.told())
    lied_to.push(2026)
    eventually(lambda: lied_to.latest() == [2026])
    assert lied_to.copy.stop() == 0
    assert lied_to.copy.stored(OLD) == [(500,)]


def test_a_clock_that_is_set_back_a_year_deletes_nothing_and_what_comes_then_is_stored(lied_to, eventually):
    lied_to.set(-365 * DAY_S)
    lied_to.push(7, 8, 9)
    eventually(lambda: lied_to.copy.query(OLD) == [[503]])
    lied_to.copy.kill()
    lied_to.copy.serve()
    assert lied_to.copy.query(OLD) == [[503]]
    assert lied_to.doubts() == []
