"""A time of maintenance: it begins and ends at a moment, is about some rules, and can be switched off."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from oculus.core.clock import to_ms
from oculus.core.event import Severity
from oculus.rules.life.hours import Mute
from oculus.rules.life.silence import Silence
from oculus.rules.settings import RuleSettings

PARIS = "Europe/Paris"
RULE = RuleSettings(name="slow", condition="net.ping.a > 1")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MOVE = Mute(name="move", begins="2026-11-28T22:00", ends="2026-11-29T04:00", timezone=PARIS)


def paris(text):
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS)))


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-11-28T21:59:59", False),
        ("2026-11-28T22:00", True),
        ("2026-11-29T03:59:59", True),
        ("2026-11-29T04:00", False),
        ("2026-12-05T23:00", False),
    ],
)
def test_a_window_lasts_from_its_beginning_to_its_end(moment, within):
    assert MOVE.holds(paris(moment)) is within


def test_of_whole_days_the_last_is_part_of_it():
    feast = Mute(name="feast", begins="2026-12-24", ends="2026-12-26", timezone=PARIS)
    assert [feast.holds(paris(day)) for day in ("2026-12-23T23:59", "2026-12-24T00:00")] == [False, True]
    assert [feast.holds(paris(day)) for day in ("2026-12-26T23:59", "2026-12-27T00:00")] == [True, False]


def test_hours_of_the_week_count_only_within_it():
    nights = Mute(name="nights", from_="22:00", to="06:00", begins="2026-12-01", ends="2026-12-02")
    held = [nights.holds(paris(f"2026-{day}T23:30+00:00"[:16])) for day in ("11-30", "12-01", "12-03")]
    assert held == [False, True, False]


def silence(*mutes):
    made = Silence()
    made.mutes = mutes
    return made


def test_nobody_is_told_until_it_ends():
    during = paris("2026-11-28T23:00")
    quiet = silence(MOVE)
    assert quiet.of(RULE, Severity.CRITICAL, during) == "muted: move"
    assert quiet.ends_ms(RULE, Severity.CRITICAL, during) == paris("2026-11-29T04:00")


def test_the_end_of_a_long_one_is_known():
    rebuild = Mute(name="rebuild", begins="2026-06-01", ends="2026-07-31", timezone=PARIS)
    assert silence(rebuild).ends_ms(RULE, Severity.WARN, paris("2026-06-02T10:00")) == paris(
        "2026-08-01T00:00"
    )


def test_it_is_about_the_rules_it_names():
    only = Mute(name="move", rules=("slow",))
    assert silence(only).of(RULE, Severity.WARN, 0) == "muted: move"
    assert silence(only).of(RuleSettings(name="other", condition="a > 1"), Severity.WARN, 0) == ""


def test_one_that_is_switched_off_mutes_nothing():
    assert silence(Mute(name="move", enabled=False)).of(RULE, Severity.WARN, 0) == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"begins": "tomorrow"}, "begins 'tomorrow' is no time; write such as 2026-12-31"),
        ({"ends": "28.11."}, "ends '28.11.' is no time"),
        ({"begins": "2026-12-02", "ends": "2026-12-01"}, "ends 2026-12-01 is not after 2026-12-02"),
        ({"begins": "2026-12-02", "timezone": "Mars"}, "timezone 'Mars' is no time zone"),
    ],
)
def test_a_mistake_says_what_to_write_instead(given, told):
    with pytest.raises(ValueError, match=told):
        Mute(name="move", **given)
