"""How often a rule is told, and until when it is judged. NOON is 2026-01-01 12:00 UTC."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from oculus.core.clock import to_ms
from oculus.rules.life.trigger import Trigger, end_ms, session
from oculus.rules.settings import RuleSettings

HOUR = 3600


def ring(world, *hours):
    """It is high for a minute at each of these hours."""
    for hour in hours:
        world.at(hour * HOUR, ("a", 5))
        world.at(hour * HOUR + 60, ("a", 0))


def fired(world):
    return [at / HOUR for at, kind, _ in world.told() if kind == "FIRED"]


def held(world):
    return [news.held for news in world.news if news.held and str(news.kind) == "FIRED"]


def test_every_is_the_usual_and_tells_each_time(world, make_rule):
    world.rules(make_rule("a > 1"))
    ring(world, 1, 2, 3)
    assert fired(world) == [1, 2, 3]


def test_once_is_told_once_and_never_again(world, make_rule):
    world.rules(make_rule("a > 1", trigger=Trigger.ONCE))
    ring(world, 1, 2, 30)
    assert fired(world) == [1]
    assert held(world) == ["it is told once, and was"] * 2
    assert world.kinds() == ["FIRED", "RESOLVED"]


def test_once_survives_a_restart(world, make_rule):
    world.rules(make_rule("a > 1", trigger=Trigger.ONCE))
    ring(world, 1)
    world.restart(away=HOUR)
    ring(world, 4)
    assert fired(world) == [1]


def test_once_is_ready_again_when_its_condition_changes(world, make_rule):
    world.rules(make_rule("a > 1", trigger=Trigger.ONCE))
    ring(world, 1)
    world.rules(make_rule("a > 2", trigger=Trigger.ONCE))
    ring(world, 2)
    assert fired(world) == [1, 2]


def test_once_counts_for_each_symbol(world, make_rule):
    world.rules(make_rule("n.* > 1", trigger=Trigger.ONCE))
    world.at(1, ("n.x", 5))
    world.at(2, ("n.y", 5))
    assert world.kinds() == ["FIRED", "FIRED"]


def test_each_session_is_told_once_a_day_of_its_zone(world, make_rule):
    world.rules(make_rule("a > 1", trigger=Trigger.EACH_SESSION, timezone="America/New_York"))
    ring(world, 1, 2, 13, 18, 19)  # midnight there is 05:00 UTC, 17 hours after noon
    assert fired(world) == [1, 18]


def test_what_still_fires_when_the_next_session_begins_is_told_then(world, make_rule):
    world.rules(make_rule("a > 1", trigger=Trigger.EACH_SESSION))
    ring(world, 1)
    world.at(11 * HOUR, ("a", 5))
    world.at(12 * HOUR, ("a", 5))
    assert fired(world) == [1, 12]


def test_a_rule_that_expires_is_judged_no_longer_and_ends_what_fires(world, make_rule):
    world.rules(make_rule("a > 1", expires="2026-01-01T13:00"), make_rule("a > 1", name="stays"))
    world.at(10, ("a", 5))
    world.at(HOUR - 1, ("a", 5))
    assert world.state() == "firing"
    world.at(HOUR, ("a", 5))
    assert (world.state(), world.state("stays")) == ("off", "firing")
    (ended,) = [news.alert for news in world.news if str(news.kind) == "RESOLVED"]
    assert ended.tags["reason"] == "rule expired"
    world.at(2 * HOUR, ("a", 0))
    world.at(3 * HOUR, ("a", 5))
    assert [news.alert.rule for news in world.news if not news.held][-1] == "stays"


def test_a_rule_that_expired_while_oculus_was_off_ends_what_fired(world, make_rule):
    world.rules(make_rule("a > 1", expires="2026-01-01T13:00"))
    world.at(10, ("a", 5))
    world.restart(away=2 * HOUR)
    assert world.kinds() == ["FIRED", "RESOLVED"]


@pytest.mark.parametrize(
    ("text", "zone", "same"),
    [
        ("2026-01-31", "UTC", "2026-02-01T00:00:00+00:00"),
        ("2026-01-31", "Europe/Paris", "2026-01-31T23:00:00+00:00"),
        ("2026-01-31T18:00", "Europe/Paris", "2026-01-31T17:00:00+00:00"),
        ("2026-01-31 18:00:00Z", "Europe/Paris", "2026-01-31T18:00:00+00:00"),
    ],
)
def test_a_day_expires_at_its_end_and_a_time_is_in_the_zone_of_the_rule(text, zone, same):
    assert end_ms(text, zone) == end_ms(same, "UTC")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"expires": "soon"}, "expires 'soon' is no time; write such as 2026-12-31"),
        ({"timezone": "Paris"}, "timezone 'Paris' is no time zone"),
    ],
)
def test_what_is_no_time_is_refused(given, told):
    with pytest.raises(ValueError, match=told):
        RuleSettings(name="r", condition="a > 1", **given)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Paris", "2026-03-29", 23),
        ("Europe/Paris", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ],
)
def test_the_day_on_which_the_clocks_change_is_one_session_and_expires_at_its_own_end(zone, day, hours):
    begins = to_ms(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)))
    ends = end_ms(day, zone)
    assert ends - begins == hours * 3_600_000
    assert {str(session(ms, zone)) for ms in range(begins, ends, 60_000)} == {day}
    assert str(session(begins - 1, zone)) < day < str(session(ends, zone))
