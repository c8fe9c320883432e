"""Nothing is deleted because a clock was wrong."""

from __future__ import annotations

import pytest

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.durations import Duration
from oculus.core.metric import Metric
from oculus.storage.file.database import open_database
from oculus.storage.live import LiveCache
from oculus.storage.reader import Reader
from oculus.storage.rollups.sql import DAY_MS, HOUR_MS, MINUTE_MS
from oculus.storage.settings import Rollups, StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer

YEARS = 12 * 365 * DAY_MS
SETTINGS = StorageSettings(retention=Duration(days=7), rollups=Rollups(days="10y"))
COUNTS = """
    SELECT (SELECT count(*) FROM metrics), (SELECT count(*) FROM metrics_1m),
        (SELECT count(*) FROM metrics_1d)
"""


class TwoClocks:
    """The wall's may be set, the monotonic one only goes on."""

    def __init__(self, ms: int) -> None:
        self.ms = ms
        self.seconds = 5.0

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.seconds

    def go_on(self, ms: int) -> None:
        self.ms += ms
        self.seconds += ms / 1000


@pytest.fixture
def clocks(clock):
    return TwoClocks(clock.ms)


class Running:
    """A database with its writer and upkeep, which may be killed and started again."""

    def __init__(self, folder, clocks):
        self.folder, self.clocks = folder, clocks
        self.start()

    def start(self):
        self.database = open_database(self.folder, SETTINGS, self.clocks)
        self.writer = Writer(self.database, Counters(), self.clocks)
        self.upkeep = Upkeep(self.writer, SETTINGS, self.clocks)
        self.writer.start()

    def stop(self):
        self.writer.stop()
        self.database.close()

    def put(self, *times):
        self.writer.put([Metric(ms, "c.c", "c.c.s", float(n), {}) for n, ms in enumerate(times)])
        self.writer.change(lambda cursor: None).result(30)

    def counts(self):
        return self.ask(COUNTS)[0]

    def ask(self, sql):
        return self.database.cursor().execute(sql).fetchall()

    def told(self):
        self.writer.change(lambda cursor: None).result(30)
        return [message for (message,) in self.ask("SELECT message FROM events ORDER BY id")]


@pytest.fixture
def running(tmp_path, clocks):
    made = Running(tmp_path, clocks)
    made.put(*(clocks.ms - n * HOUR_MS for n in range(1, 6 * 24)))
    made.upkeep.clean()
    yield made
    made.stop()


def test_a_clock_that_says_2038_for_a_minute_deletes_nothing_and_is_told_once(running, clocks):
    before = running.counts()
    clocks.ms += YEARS
    for _ in range(3):
        clocks.go_on(20_000)
        running.put(clocks.ms)
        running.upkeep.clean()
    after = running.counts()
    assert after[0] == before[0] + 3
    assert after >= before
    clocks.ms -= YEARS
    running.upkeep.clean()
    assert running.counts()[0] == after[0]
    told = running.told()
    assert len([text for text in told if "Nothing is deleted" in text]) == 1
    assert told[-1] == "The clock is right again; nothing was deleted for its leap."


def test_a_restart_in_the_wrong_year_believes_it_no_more(running, clocks):
    before = running.counts()
    clocks.ms += YEARS
    running.put(clocks.ms)  # the newest row is of the wrong year now
    for _ in range(3):
        running.stop()
        clocks.seconds = 1.0  # the machine was started again, too
        running.start()
        clocks.go_on(20 * MINUTE_MS)
        running.upkeep.clean()
    assert running.counts()[0] == before[0] + 1


def test_a_file_from_before_is_not_cleaned_by_a_wrong_clock_either(running, clocks):
    before = running.counts()
    running.writer.change(lambda cursor: cursor.execute("DELETE FROM remembered") and None).result(30)
    running.stop()
    clocks.ms += YEARS
    running.start()
    running.upkeep.clean()
    assert running.counts()[0] == before[0]


def test_after_a_long_time_off_cleaning_waits_for_an_hour(running, clocks):
    running.stop()
    clocks.ms += 30 * DAY_MS
    running.start()
    running.upkeep.clean()
    assert running.counts()[0] > 100
    for _ in range(7):
        clocks.go_on(10 * MINUTE_MS)
        running.upkeep.clean()
    assert running.counts()[0] == 0
    assert running.told()[-1] == "The clock has kept its time for an hour: cleaning goes by it again."


def test_a_clock_that_leaps_again_and_again_is_never_believed(running, clocks):
    before = running.counts()
    for _ in range(4):
        clocks.go_on(50 * MINUTE_MS)
        clocks.ms += 100 * DAY_MS
        running.upkeep.clean()
    assert running.counts()[0] == before[0]


def test_while_a_leap_is_not_believed_cleaning_goes_on_by_the_time_that_passes(running, clocks):
    clocks.ms += YEARS
    running.upkeep.clean()
    for _ in range(6):  # two days, in which it leaps again and again
        clocks.go_on(8 * HOUR_MS)
        clocks.ms += 2 * DAY_MS
        running.upkeep.clean()
    left = running.ask("SELECT epoch_ms(min(ts)) FROM metrics")[0][0]
    assert left == clocks.ms - YEARS - 6 * 2 * DAY_MS - 7 * DAY_MS


def test_a_clock_that_is_set_back_is_believed_at_once(running, clocks):
    clocks.ms -= YEARS
    running.upkeep.clean()
    clocks.go_on(HOUR_MS)
    running.upkeep.clean()
    assert running.counts()[0] == 6 * 24 - 1
    assert running.told() == []


def test_the_plan_is_made_anew_when_the_clock_was_set_back(running):
    jobs = running.upkeep.calendar.jobs
    for job in jobs:
        job.next_run = job.next_run.replace(year=2038)
    running.upkeep.step()
    assert running.upkeep.calendar.idle_seconds < 3_700


def test_rows_of_a_wrong_year_do_not_make_a_full_file_lose_the_others(running, clocks, monkeypatch):
    running.put(clocks.ms + YEARS)
    monkeypatch.setattr(running.upkeep._retention, "_fits", iter([False] + [True] * 9).__next__)
    running.upkeep._retention.shrink(clocks.ms, lambda *_: None)
    assert 100 < running.counts()[0] < 6 * 24


def test_numbers_of_a_wrong_year_are_not_the_latest_once_the_clock_is_right(running, clocks, metric):
    clocks.ms += YEARS
    running.put(clocks.ms)
    live = LiveCache(clocks)
    live.update([Metric(clocks.ms, "c.c", "c.c.s", 2038.0, {})])
    clocks.ms -= YEARS
    now = Metric(clocks.ms, "c.c", "c.c.s", 2026.0, {})
    live.update([now])
    assert live.latest("c.c.s") == now
    assert [trail.points for trail in live.snapshot()] == [[(now.ts_ms, 2026.0)]]
    seeded = LiveCache(clocks)
    seeded.seed(Reader(running.database, Counters()).seeds(clocks.ms))
    assert seeded.latest("c.c.s").ts_ms <= clocks.ms


def test_the_system_clock_is_believed_in_a_new_file(tmp_path):
    made = Running(tmp_path, SystemClock())
    made.upkeep.clean()
    assert made.told() == []
    made.stop()
