"""How far the news of a trouble goes: `escalate` and `prefer_desktop`. Seconds count from the first."""

import pytest

from oculus.core.durations import parse_duration
from oculus.core.gap import Gap, GapReason
from oculus.rules.life.silence import Silence
from oculus.rules.settings import Escalation, NoData

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


# Data that stays away goes the same way


class Collector:
    collector, interval_s, answered_ms = "c", 30.0, None


def silent(world, make_rule, **more):
    """A rule whose data stays away from 0 on; people hear of that at 60."""
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, no_data_for="60s", **more))
    collector = world.collectors["a.b"] = Collector()
    world.at(0, ("a.b", 1))
    collector.answered_ms = world.clock.now_ms()


def test_missing_data_that_nobody_acknowledges_goes_to_others_too(world, make_rule):
    silent(world, make_rule, channels=("log",), escalate=BOSS)
    world.wait(900, every=5)
    world.at(910, ("a.b", 1))
    assert heard(world) == [
        (60, "NO_DATA", ("log",)),
        (660, "ESCALATED", ("pager", "mail")),
        (910, "RESOLVED", ("log", "pager", "mail")),
    ]
    assert len({news.alert.id for news in world.news}) == 1


def test_missing_data_that_is_acknowledged_goes_no_further(world, make_rule):
    silent(world, make_rule, channels=("log",), escalate=BOSS)
    world.wait(600, every=5)
    acknowledge(world)
    world.wait(1800, every=5)
    world.at(1810, ("a.b", 1))
    assert heard(world) == [(60, "NO_DATA", ("log",)), (1810, "RESOLVED", ("log",))]


@pytest.mark.parametrize("restart_at", [300, 900])
def test_a_restart_neither_forgets_nor_repeats_that(world, make_rule, restart_at):
    silent(world, make_rule, channels=("log",), escalate=BOSS)
    world.wait(restart_at, every=5)
    world.restart()
    world.wait(1800, every=5)
    world.at(1810, ("a.b", 1))
    assert heard(world) == [
        (60, "NO_DATA", ("log",)),
        (660, "ESCALATED", ("pager", "mail")),
        (1810, "RESOLVED", ("log", "pager", "mail")),
    ]


def test_time_in_which_nobody_watched_brings_missing_data_no_further(world, make_rule):
    silent(world, make_rule, channels=("log",), escalate=BOSS)
    world.wait(100, every=5)
    world.engine.skip(Gap(world.clock.now_ms(), world.clock.now_ms() + 3_600_000, GapReason.SLEEP))
    world.clock.seconds += 3600
    world.wait(4200, every=5)
    assert [kind for _, kind, _ in heard(world)] == ["NO_DATA"]
    world.wait(4300, every=5)
    assert [(at, kind) for at, kind, _ in heard(world)][1:] == [(4260, "ESCALATED")]


def test_missing_data_waits_for_whoever_sits_at_the_desktop_too(desk, make_rule):
    silent(desk, make_rule, channels=("desktop", "mail"), prefer_desktop=True)
    desk.wait(400, every=5)
    desk.at(410, ("a.b", 1))
    assert heard(desk) == [
        (60, "NO_DATA", ("desktop",)),
        (180, "NO_DATA", ("mail",)),
        (410, "RESOLVED", ("desktop", "mail")),
    ]


def test_missing_data_in_a_snooze_goes_further_when_that_ends(desk, make_rule):
    silent(desk, make_rule, channels=("log",), escalate=BOSS)
    desk.wait(70, every=5)
    desk.silence.snooze("r", desk.clock.now_ms() + 900_000)
    desk.wait(1200, every=5)
    assert [(at, kind) for at, kind, _ in heard(desk)] == [(60, "NO_DATA"), (970, "ESCALATED")]


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
