"""Every transition has a reason, which the status of the rule shows."""

import logging

import pytest

from oculus.core.gap import Gap, GapReason
from oculus.rules.settings import NoData


def why(world):
    [instance] = world.engine.rule("r").instances
    return instance.state, instance.reason


def test_the_way_through_all_states(world, make_rule):
    world.rules(make_rule("a > 3", for_="1m", recover_for="2m"))
    world.at(0, ("a", 1))
    assert why(world) == ("ok", "")
    for at, value, state, reason in [
        (10, 5, "pending", "the condition holds, and has to for 1 m"),
        (20, 1, "ok", "the condition held for less than 1 m"),
        (30, 5, "pending", "the condition holds, and has to for 1 m"),
        (90, 5, "firing", "the condition has held for 1 m"),
        (120, 1, "recovering", "the trouble is over, and has to be for 2 m"),
        (150, 5, "firing", "the trouble is back"),
        (180, 1, "recovering", "the trouble is over, and has to be for 2 m"),
        (300, 1, "ok", "the trouble has been over for 2 m"),
    ]:
        world.at(at, ("a", value))
        assert why(world) == (state, reason)


def test_without_for_and_recover_for(world, make_rule):
    world.rules(make_rule("a > 3"))
    world.at(0, ("a", 5))
    assert why(world) == ("firing", "the condition holds")
    world.at(10, ("a", 1))
    assert why(world) == ("ok", "the trouble is over")


@pytest.mark.parametrize(
    ("no_data", "then"),
    [
        (NoData.KEEP, ("firing", "there is no answer, so nothing is known")),
        (NoData.OK, ("ok", "no data")),
    ],
)
def test_when_nothing_is_known(world, make_rule, no_data, then):
    world.rules(make_rule("a > 3", no_data=no_data))
    world.at(0, ("a", 5))
    world.wait(400)
    assert why(world) == then


def test_when_something_is_known_again(world, make_rule):
    world.rules(make_rule("a > 3"))
    world.at(0, ("a", 5))
    world.wait(400)
    world.at(410, ("a", 5))
    assert why(world) == ("firing", "there are answers again")


def test_when_nobody_watched(world, make_rule):
    world.rules(make_rule("a > 3"))
    world.at(0, ("a", 5))
    world.engine.skip(Gap(world.clock.now_ms(), world.clock.now_ms() + 60_000, GapReason.SLEEP))
    world.at(60)
    assert why(world) == ("firing", "nobody was watching: sleep")


def test_it_is_in_the_log_of_the_rules(world, make_rule, caplog):
    with caplog.at_level(logging.DEBUG, "oculus.rules"):
        world.rules(make_rule("n.* > 3"))
        world.at(0, ("n.x", 5))
    assert "rules: r n.x is firing: the condition holds" in caplog.messages
