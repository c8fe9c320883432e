"""Hours of the week, as a clock on the wall shows them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from oculus.core.clock import to_ms
from oculus.core.event import Severity
from oculus.rules.life.hours import Hours, Mute, local

PARIS, NEW_YORK, LORD_HOWE = "Europe/Paris", "America/New_York", "Australia/Lord_Howe"


def utc(text):
    return to_ms(datetime.fromisoformat(text + "+00:00"))


def at(zone, text, fold=0):
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold))


def hours(begin, end, zone="UTC", days=()):
    return Hours(from_=begin, to=end, timezone=zone, days=days)


def minutes_within(given, since, until):
    return sum(given.holds(ms) for ms in range(since, until, 60_000))


def test_the_first_minute_is_within_and_the_last_is_not():
    day = hours("08:00", "20:00")
    moments = ["07:59:59", "08:00:00", "19:59:59", "20:00:00"]
    assert [day.holds(utc(f"2026-01-05T{each}")) for each in moments] == [False, True, True, False]


def test_hours_across_midnight_belong_to_the_day_they_began():
    night = hours("22:00", "07:00", days=("mon-fri",))
    assert night.holds(utc("2026-01-03T06:00:00"))  # Saturday morning, since Friday
    assert not night.holds(utc("2026-01-03T23:00:00"))  # Saturday night
    assert not night.holds(utc("2026-01-05T06:00:00"))  # Monday morning, since Sunday


def test_days_alone_mean_whole_days():
    weekend = Hours(days=("sat", "sun"))
    assert minutes_within(weekend, utc("2026-01-05T00:00:00"), utc("2026-01-12T00:00:00")) == 2 * 1440


def test_a_range_of_days_may_go_over_the_end_of_the_week():
    assert Hours(days=("fri-mon",)).weekdays() == {4, 5, 6, 0}


def test_hours_are_those_of_the_zone():
    day = hours("08:00", "20:00", PARIS)
    assert day.holds(utc("2026-01-05T07:00:00"))  # 08:00 in winter
    assert not day.holds(utc("2026-01-05T06:59:00"))
    assert day.holds(utc("2026-07-06T06:00:00"))  # 08:00 in summer


# (zone, hours, what the night of the change makes of a window of eight hours, in minutes)
@pytest.mark.parametrize(
    ("zone", "night", "minutes"),
    [
        (PARIS, "2026-03-28", 7 * 60),
        (PARIS, "2026-10-24", 9 * 60),
        (NEW_YORK, "2026-03-07", 7 * 60),
        (NEW_YORK, "2026-10-31", 9 * 60),
        (LORD_HOWE, "2026-10-03", 7 * 60 + 30),
        (LORD_HOWE, "2026-04-04", 8 * 60 + 30),
    ],
)
def test_a_night_in_which_the_clocks_change_is_muted_from_its_first_to_its_last_hour(zone, night, minutes):
    given = hours("22:00", "06:00", zone)
    begin = at(zone, f"{night}T22:00:00")
    assert not given.holds(begin - 60_000)
    assert given.holds(begin)
    assert given.changes_ms(begin) == begin + minutes * 60_000
    assert datetime.fromtimestamp(given.changes_ms(begin) / 1000, ZoneInfo(zone)).hour == 6


@pytest.mark.parametrize(
    ("zone", "day", "begin", "end", "minutes"),
    [
        (PARIS, "2026-03-29", "02:15", "02:45", 0),  # skipped
        (PARIS, "2026-03-29", "02:30", "03:30", 30),  # its first half is
        (PARIS, "2026-10-25", "02:00", "03:00", 120),  # comes twice
        (NEW_YORK, "2026-03-08", "02:15", "02:45", 0),
        (NEW_YORK, "2026-11-01", "01:00", "02:00", 120),
        (LORD_HOWE, "2026-10-04", "02:00", "02:30", 0),  # half an hour is skipped there
        (LORD_HOWE, "2026-10-04", "02:00", "03:00", 30),
        (LORD_HOWE, "2026-04-05", "01:30", "02:00", 60),
    ],
)
def test_an_hour_that_the_clocks_skip_never_comes_and_one_they_repeat_counts_twice(
    zone, day, begin, end, minutes
):
    midnight = at(zone, f"{day}T00:00:00")
    assert minutes_within(hours(begin, end, zone), midnight, midnight + 6 * 3_600_000) == minutes


def test_a_mute_lets_through_what_is_bad_enough():
    night = Mute(name="night", from_="22:00", to="07:00", below=Severity.CRITICAL)
    midnight = utc("2026-01-05T00:00:00")
    assert night.mutes("slow", Severity.ERROR, midnight)
    assert not night.mutes("slow", Severity.CRITICAL, midnight)
    assert Mute(name="all").mutes("slow", Severity.CRITICAL, midnight)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"days": ("monday",)}, "days 'monday' is no day of the week; write such as mon-fri"),
        ({"from_": "8"}, "from '8' is no time of day; write such as 08:00"),
        ({"to": "25:00"}, "to '25:00' is no time of day"),
        ({"from_": "08:00", "to": "08:00"}, "to 08:00 is when it begins"),
        ({"timezone": "Paris"}, "timezone 'Paris' is no time zone"),
    ],
)
def test_a_mistake_says_what_to_write_instead(given, told):
    with pytest.raises(ValueError, match=told):
        Hours(**given)


def test_of_many_that_ask_within_one_minute_one_looks_ahead(monkeypatch):
    looks = []
    monkeypatch.setattr("oculus.rules.life.hours.local", lambda ms, zone: looks.append(ms) or local(ms, zone))
    night = Hours(from_="22:17", to="05:43", timezone="Asia/Kathmandu")
    noon_ms = to_ms(datetime(2026, 1, 1, 12, tzinfo=ZoneInfo("UTC")))
    assert {night.changes_ms(noon_ms + n) for n in range(0, 60_000, 100)} == {noon_ms + 272 * 60_000}
    assert len(looks) == 600 + 272


def test_whole_days_never_end():
    assert Hours().changes_ms(0) == 8 * 86_400_000
