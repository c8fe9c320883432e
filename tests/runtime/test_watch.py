"""When Oculus was not watching: what the clocks say of it, and the rows that remain."""

import pytest

from oculus.core.gap import Gap, GapReason, said
from oculus.runtime import Oculus
from oculus.settings.schema import Settings
from oculus.watch import Watch, between

SECOND, HOUR, DAY = 1000, 3_600_000, 86_400_000


class Clocks:
    """A wall clock, a monotonic one, and one that goes on in sleep."""

    def __init__(self):
        self.wall_ms, self.awake_s, self.always_s = 1_767_268_800_000, 100.0, 100.0

    def now_ms(self):
        return self.wall_ms

    def monotonic(self):
        return self.awake_s

    def always(self):
        return self.always_s

    def run(self, seconds):
        self.awake_s += seconds
        self.sleep(seconds)

    def sleep(self, seconds):
        self.always_s += seconds
        self.wall_ms += round(seconds * 1000)


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def seen(clocks):
    """The gaps a watch has told of, which looks when it is called."""
    found = []
    watch = Watch(lambda gap, stood_s: found.append((gap, stood_s)), clocks, clocks.always)

    def look():
        watch.look()
        return found

    return look


def test_time_that_passes_as_it_should_is_no_gap(clocks, seen):
    for _ in range(100):
        clocks.run(1.2)
        assert seen() == []


def test_a_sleep_is_a_gap_from_the_last_look_to_the_first_after_it(clocks, seen):
    before = clocks.wall_ms
    clocks.run(1)
    clocks.sleep(3600)
    (found,) = seen()
    assert found == (Gap(before, clocks.wall_ms, GapReason.SLEEP), 3600.0)
    assert seen() == [found]


def test_ten_seconds_are_none(clocks, seen):
    clocks.sleep(10)
    assert seen() == []


def test_a_clock_that_is_set_is_a_gap_and_no_sleep(clocks, seen):
    clocks.run(1)
    clocks.wall_ms += HOUR
    assert [(gap.reason, stood_s) for gap, stood_s in seen()] == [(GapReason.CLOCK, 0.0)]


def test_a_clock_that_is_set_back_is_a_time_that_came_twice(clocks, seen):
    before = clocks.wall_ms
    clocks.run(1)
    clocks.wall_ms -= HOUR
    ((gap, _),) = seen()
    assert gap == Gap(clocks.wall_ms, before, GapReason.CLOCK, back=True)
    assert said(gap) == "The clock was set back by 59 m"


def test_where_the_monotonic_clock_counts_sleep_a_look_that_comes_late_is_one(clocks, seen):
    clocks.run(3600)
    assert [(gap.reason, stood_s) for gap, stood_s in seen()] == [(GapReason.SLEEP, 0.0)]


def test_where_the_system_does_not_count_sleep_a_jump_is_taken_for_one():
    assert between((0, 0.0, 0.0), (HOUR, 1.0, 0.0)).reason is GapReason.SLEEP


def rows(oculus, until_ms=None):
    oculus.writer.change(lambda cursor: None).result(30)
    return oculus.reader.gaps(0, until_ms or oculus.clock.now_ms() + HOUR)


def test_a_stop_and_a_start_are_a_gap_and_a_first_start_is_none(tmp_path):
    with Oculus(Settings(), tmp_path) as oculus:
        assert rows(oculus) == []
    with Oculus(Settings(), tmp_path) as oculus:
        (gap,) = rows(oculus)
        assert gap.reason is GapReason.STOPPED
        assert gap.from_ms <= gap.to_ms <= oculus.clock.now_ms()
        events = [event.message for event in oculus.reader.events(type="system")]
        assert any("Oculus was not running" in event for event in events)


def test_being_offline_is_a_row_that_gets_its_end_later_and_shows_one_popup(tmp_path, eventually):
    shown = []

    class Desk:
        def popup(self, popup):
            shown.append(popup.text)

    with Oculus(Settings(), tmp_path) as oculus:
        oculus.desk = Desk()
        now = oculus.clock.now_ms()
        oculus.gap_log.lost(Gap(now - 5 * SECOND, None, GapReason.OFFLINE))
        assert [gap.to_ms for gap in rows(oculus)] == [None]
        eventually(lambda: shown)
        oculus.gap_log.found(Gap(now - 5 * SECOND, now, GapReason.OFFLINE))
        assert rows(oculus) == [Gap(now - 5 * SECOND, now, GapReason.OFFLINE)]
        said = [event.message for event in oculus.reader.events(source="oculus")]
    assert shown == ["This machine is offline. What is outside is not judged until it is back"]
    assert sum(text.startswith("This machine is offline") for text in said) == 1
    assert "Nobody was watching for 5 s: this machine was offline" in said


def test_a_row_that_a_crash_left_open_ends_when_oculus_last_wrote(tmp_path):
    with Oculus(Settings(), tmp_path) as oculus:
        oculus.gap_log.lost(Gap(oculus.clock.now_ms() - HOUR, None, GapReason.OFFLINE))
        rows(oculus)
    with Oculus(Settings(), tmp_path) as oculus:
        assert all(gap.to_ms is not None for gap in rows(oculus))


def test_a_clock_that_was_ahead_leaves_no_gap_in_the_time_to_come(tmp_path):
    with Oculus(Settings(), tmp_path) as oculus:
        now = oculus.clock.now_ms()
        oculus.gap_log.over(Gap(now - HOUR, now + 8 * HOUR, GapReason.CLOCK), 0)
        oculus.gap_log.over(Gap(now + 7 * HOUR, now + 8 * HOUR, GapReason.SLEEP), 0)
        oculus.gap_log.over(Gap(now, now + 8 * HOUR, GapReason.CLOCK, back=True), 0)
        assert rows(oculus, until_ms=now + DAY) == [
            Gap(now, now, GapReason.CLOCK),
            Gap(now - HOUR, now, GapReason.CLOCK),
        ]


def test_a_start_ends_the_gaps_of_a_clock_that_was_ahead(tmp_path):
    with Oculus(Settings(), tmp_path) as oculus:
        now = oculus.clock.now_ms()
        oculus.gap_log.over(Gap(now - HOUR, now + 8 * HOUR, GapReason.CLOCK), 0)
    with Oculus(Settings(), tmp_path) as oculus:
        assert all(gap.to_ms <= oculus.clock.now_ms() for gap in rows(oculus, until_ms=now + DAY))
