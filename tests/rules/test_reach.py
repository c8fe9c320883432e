"""How far the news of a trouble goes: `escalate` and `prefer_desktop`. Seconds count from the first."""

import pytest

from oculus.core.durations import parse_duration
from oculus.rules.life.silence import Silence
from oculus.rules.settings import Escalation

BOSS = Escalation(after=parse_duration("10m"), channels=("pager", "mail"))


@pytest.fixture
def desk(new_world):
    """A world with a desktop at which `world.somebody` may sit."""
    silence = Silence()
    world = new_world(silence=silence, present=lambda: world.somebody)
    world.silence, world.somebody = silence, True
    return world


def run(world, until, value=9, every=30):
    """The trouble goes on."""
    while world.clock.seconds < until:
        world.at(world.clock.seconds + every, ("a.b", value))


def heard(world):
    """(seconds, kind, channels) of what people hear."""
    return [(world.seconds(n.ts_ms), str(n.kind), n.channels) for n in world.news if not n.held]


def acknowledge(world):
    (alert,) = world.open_alerts()
    assert world.engine.acknowledge(alert.id, world.clock.now_ms())


# escalate


def test_what_nobody_acknowledges_in_time_goes_to_others_too(world, make_rule):
    world.rules(make_rule("a.b > 5", channels=("mail", "log"), escalate=BOSS))
    world.at(0, ("a.b", 9))
    run(world, 1200)
    world.at(1230, ("a.b", 1))
    assert heard(world) == [
        (0, "FIRED", ("mail", "log")),
        (600, "ESCALATED", ("pager",)),
        (1230, "RESOLVED", ("mail", "log", "pager")),
    ]


def test_what_is_acknowledged_goes_no_further(world, make_rule):
    world.rules(make_rule("a.b > 5", channels=("log",), escalate=BOSS))
    world.at(0, ("a.b", 9))
    run(world, 570)
    acknowledge(world)
    run(world, 3600)
    world.at(3630, ("a.b", 1))
    assert heard(world) == [(0, "FIRED", ("log",)), (3630, "RESOLVED", ("log",))]


def test_what_ends_before_goes_no_further_and_the_next_trouble_begins_anew(world, make_rule):
    world.rules(make_rule("a.b > 5", channels=("log",), escalate=BOSS))
    world.at(0, ("a.b", 9))
    run(world, 570)
    world.at(580, ("a.b", 1))
    world.at(590, ("a.b", 9))
    run(world, 1160)
    assert [kind for _, kind, _ in heard(world)] == ["FIRED", "RESOLVED", "FIRED"]
    run(world, 1190)
    assert heard(world)[-1] == (1190, "ESCALATED", ("pager", "mail"))


@pytest.mark.parametrize("restart_at", [300, 900])
def test_a_restart_neither_forgets_nor_repeats_it(world, make_rule, restart_at):
    world.rules(make_rule("a.b > 5", channels=("log",), escalate=BOSS))
    world.at(0, ("a.b", 9))
    run(world, restart_at)
    world.restart()
    run(world, 1800)
    world.at(1830, ("a.b", 1))
    assert heard(world) == [
        (0, "FIRED", ("log",)),
        (600, "ESCALATED", ("pager", "mail")),
        (1830, "RESOLVED", ("log", "pager", "mail")),
    ]


def test_whoever_was_told_last_hears_of_the_end_even_when_the_rule_is_gone(world, make_rule):
    world.rules(make_rule("a.b > 5", channels=("log",), escalate=BOSS))
    world.at(0, ("a.b", 9))
    run(world, 900)
    saved, alerts = world.saved(), world.open_alerts()
    world.engine = world.new_engine()
    world.engine.replace([])
    world.engine.restore(saved, alerts)
    world.step()
    assert heard(world)[-1] == (900, "RESOLVED", ("log", "pager", "mail"))


def test_reminders_go_to_everybody_who_knows(world, make_rule):
    world.rules(make_rule("a.b > 5", channels=("log",), repeat="8m", escalate=BOSS))
    world.at(0, ("a.b", 9))
    run(world, 1000)
    assert heard(world)[1:] == [
        (480, "REMINDER", ("log",)),
        (600, "ESCALATED", ("pager", "mail")),
        (960, "REMINDER", ("log", "pager", "mail")),
    ]


def test_it_waits_for_the_end_of_a_snooze(desk, make_rule):
    desk.rules(make_rule("a.b > 5", channels=("log",), escalate=BOSS))
    desk.at(0, ("a.b", 9))
    desk.silence.snooze("r", desk.clock.now_ms() + 900_000)
    run(desk, 1200)
    assert heard(desk)[1:] == [(900, "ESCALATED", ("pager", "mail"))]


# prefer_desktop


def prefer(make_rule, **more):
    return make_rule("a.b > 5", channels=("desktop", "mail"), prefer_desktop=True, **more)


def test_with_nobody_at_the_desktop_everybody_is_told_at_once(desk, make_rule):
    desk.somebody = False
    desk.rules(prefer(make_rule))
    desk.at(0, ("a.b", 9))
    run(desk, 600)
    assert heard(desk) == [(0, "FIRED", ("desktop", "mail"))]


def test_whoever_sits_there_and_acknowledges_is_the_only_one_to_hear(desk, make_rule):
    desk.rules(prefer(make_rule))
    desk.at(0, ("a.b", 9))
    run(desk, 90)
    acknowledge(desk)
    run(desk, 600)
    desk.at(610, ("a.b", 1))
    assert heard(desk) == [(0, "FIRED", ("desktop",)), (610, "RESOLVED", ("desktop",))]


def test_the_others_hear_after_two_minutes_without_an_acknowledgement(desk, make_rule):
    desk.rules(prefer(make_rule))
    desk.at(0, ("a.b", 9))
    run(desk, 600)
    desk.at(610, ("a.b", 1))
    assert heard(desk) == [
        (0, "FIRED", ("desktop",)),
        (120, "FIRED", ("mail",)),
        (610, "RESOLVED", ("desktop", "mail")),
    ]
    assert len({news.alert.id for news in desk.news}) == 1


def test_the_others_hear_as_soon_as_the_desk_is_left(desk, make_rule):
    desk.rules(prefer(make_rule))
    desk.at(0, ("a.b", 9))
    desk.at(50)
    desk.somebody = False
    desk.at(51)
    assert heard(desk) == [(0, "FIRED", ("desktop",)), (51, "FIRED", ("mail",))]


def test_what_ends_before_that_is_told_to_the_desktop_alone(desk, make_rule):
    desk.rules(prefer(make_rule))
    desk.at(0, ("a.b", 9))
    desk.at(60, ("a.b", 1))
    desk.at(600)
    assert heard(desk) == [(0, "FIRED", ("desktop",)), (60, "RESOLVED", ("desktop",))]


def test_a_restart_does_not_forget_the_others(desk, make_rule):
    desk.rules(prefer(make_rule))
    desk.at(0, ("a.b", 9))
    run(desk, 60)
    desk.restart()
    run(desk, 300)
    assert heard(desk) == [(0, "FIRED", ("desktop",)), (120, "FIRED", ("mail",))]


def test_it_escalates_from_there(desk, make_rule):
    desk.rules(prefer(make_rule, escalate=BOSS))
    desk.at(0, ("a.b", 9))
    run(desk, 900)
    assert heard(desk)[1:] == [(120, "FIRED", ("mail",)), (600, "ESCALATED", ("pager",))]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"prefer_desktop": True, "channels": ("mail",)}, "prefer_desktop is between desktop and another"),
        ({"prefer_desktop": True, "channels": ("desktop",)}, "prefer_desktop is between desktop and another"),
        (
            {"escalate": Escalation(after=parse_duration("0s"), channels=("mail",))},
            "escalate has no time in after; write after: 10m",
        ),
    ],
)
def test_what_makes_no_sense_is_a_mistake(make_rule, more, said):
    with pytest.raises(ValueError, match=said):
        make_rule("a > 1", **more)
