"""Cron lines in their time zones, above all around the changes of the clocks."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from oculus.core.clock import to_ms
from oculus.rules.sql.schedule import Schedule, ScheduleError


def slots(line, zone, since, until):
    """The local times of all slots, with their offset from UTC in minutes."""
    place = ZoneInfo(zone)
    at = to_ms(datetime.fromisoformat(since).replace(tzinfo=place))
    end = to_ms(datetime.fromisoformat(until).replace(tzinfo=place))
    found, schedule = [], Schedule(line, zone)
    while (at := schedule.next_ms(at)) < end:
        moment = datetime.fromtimestamp(at / 1000, place)
        found.append((f"{moment:%d %H:%M:%S}", moment.utcoffset().total_seconds() / 60))
    return found


# (zone, the day clocks go forward, the skipped time, the day they go back, the repeated time)
CHANGES = [
    ("Europe/Paris", "2026-03-29", "02:30", "2026-10-25", "02:30"),
    ("America/New_York", "2026-03-08", "02:30", "2026-11-01", "01:30"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-04-05", "01:45"),
]


@pytest.mark.parametrize(("zone", "forward", "skipped", "back", "repeated"), CHANGES)
@pytest.mark.parametrize("second", ["", "0 ", "15 "])
def test_a_daily_line_comes_once_a_day_whatever_the_clocks_do(zone, forward, skipped, back, repeated, second):
    for day, time in ((forward, skipped), (back, repeated)):
        hour, minute = time.split(":")
        line = f"{second}{int(minute)} {int(hour)} * * *"
        assert len(slots(line, zone, f"{day}T00:00", f"{day}T23:59")) == 1


@pytest.mark.parametrize(("zone", "forward", "skipped", "back", "repeated"), CHANGES)
def test_every_five_minutes_goes_on_through_both_changes(zone, forward, skipped, back, repeated):
    place = ZoneInfo(zone)
    for day in (forward, back):
        begin = to_ms(datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=place))
        schedule, at, gaps = Schedule("*/5 * * * *", zone), begin, set()
        for _ in range(12 * 6):
            following = schedule.next_ms(at)
            gaps.add(following - at)
            at = following
        assert gaps == {300_000}


def test_a_skipped_time_is_made_good_at_once_and_a_repeated_one_comes_the_first_time():
    spring = slots("30 2 * * *", "Europe/Paris", "2026-03-28T12:00", "2026-03-30T12:00")
    assert spring == [("29 03:00:00", 120), ("30 02:30:00", 120)]
    autumn = slots("30 2 * * *", "Europe/Paris", "2026-10-24T12:00", "2026-10-26T12:00")
    assert [time for time, _ in autumn] == ["25 02:30:00", "26 02:30:00"]


@pytest.mark.parametrize("second", ["", "0 ", "15 "])
def test_within_a_repeated_hour_the_next_slot_is_never_past(second):
    place = ZoneInfo("America/New_York")
    again = to_ms(datetime(2026, 11, 1, 1, 10, fold=1, tzinfo=place))
    found = datetime.fromtimestamp(
        Schedule(f"{second}30 1 * * *", "America/New_York").next_ms(again) / 1000, place
    )
    assert f"{found:%d %H:%M}" == "02 01:30"


@pytest.mark.parametrize(("zone", "forward", "skipped", "back", "repeated"), CHANGES)
@pytest.mark.parametrize(
    "line", ["*/7 * * * *", "30 * * * *", "30 1-3 * * *", "0 */2 * * *", "*/20 * * * * *"]
)
def test_the_next_slot_is_always_after(zone, forward, skipped, back, repeated, line):
    schedule = Schedule(line, zone)
    for day in (forward, back):
        begin = to_ms(datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone)))
        for minute in range(0, 6 * 60, 5):
            at = begin + minute * 60_000 + 1
            assert at < schedule.next_ms(at) <= at + 26 * 3_600_000


def test_the_hour_is_that_of_the_zone():
    assert slots("0 9 * * mon-fri", "America/New_York", "2026-03-06T00:00", "2026-03-10T00:00") == [
        ("06 09:00:00", -300),
        ("09 09:00:00", -240),
    ]


def test_seconds_come_first_when_there_are_six_fields():
    assert [time for time, _ in slots("*/20 * * * * *", "UTC", "2026-01-01T00:00", "2026-01-01T00:01")] == [
        "01 00:00:20",
        "01 00:00:40",
    ]
    assert [time for time, _ in slots("30 0 * * * *", "UTC", "2026-01-01T00:00", "2026-01-01T01:30")] == [
        "01 00:00:30",
        "01 01:00:30",
    ]


def test_a_slot_is_after_the_moment_asked_for():
    schedule = Schedule("* * * * *", "UTC")
    assert [schedule.next_ms(ms) for ms in (0, 1, 59_999, 60_000)] == [60_000, 60_000, 60_000, 120_000]
    schedule = Schedule("30 * * * * *", "UTC")
    assert [schedule.next_ms(ms) for ms in (0, 29_999, 30_000)] == [30_000, 30_000, 90_000]


@pytest.mark.parametrize(
    ("line", "zone", "said"),
    [
        ("* * * *", "UTC", "has 4 fields"),
        ("61 * * * *", "UTC", "minute"),
        ("hourly", "UTC", "has 1 fields"),
        ("0 0 31 2 *", "UTC", "cannot be read|never comes"),
        ("* * * * *", "Europe/Pari", "no time zone; write such as Europe/Paris"),
        ("* * * * *", "/etc/passwd", "no time zone"),
    ],
)
def test_what_cannot_be_read_is_told_with_what_to_write(line, zone, said):
    with pytest.raises(ScheduleError, match=said):
        Schedule(line, zone)
