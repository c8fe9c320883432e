"""When Oculus itself was not watching: no clock of a rule runs through it, and waking is no news."""

from types import SimpleNamespace

import pytest

from oculus.core.gap import Gap, GapReason
from oculus.rules.life.grace import JUST_WOKEN
from oculus.rules.memory.unwatched import Unwatched
from oculus.rules.settings import NoData

HOUR = 3600
OFFLINE = GapReason.OFFLINE


def ms(world, seconds):
    return world.clock.now_ms() + round((seconds - world.clock.seconds) * 1000)


def sleep(world, begin, end, reason=GapReason.SLEEP):
    """The machine slept from one second to another."""
    gap = Gap(ms(world, begin), ms(world, end), reason)
    world.clock.seconds = float(end)
    world.engine.skip(gap)
    world.step()


def go_offline(world, since):
    world.engine.skip(Gap(ms(world, since), None, OFFLINE))
    world.step()


def go_online(world, since):
    world.engine.skip(Gap(ms(world, since), world.clock.now_ms(), OFFLINE))
    world.step()


def held(world):
    return [(str(news.kind), news.held) for news in world.news if news.held]


def test_a_sleep_does_not_count_towards_for(world, make_rule):
    world.rules(make_rule("a > 1", for_="2m"))
    world.at(0, ("a", 5))
    world.at(60, ("a", 5))
    sleep(world, 61, HOUR)
    world.at(HOUR + 30, ("a", 5))
    world.at(HOUR + 60, ("a", 5))
    assert world.state() == "pending"
    world.at(HOUR + 90, ("a", 5))
    assert world.state() == "firing"


def test_what_was_measured_before_the_sleep_and_is_judged_after_it_lets_none_of_it_count(world, make_rule):
    world.rules(make_rule("a > 1", for_="2m"))
    world.at(0, ("a", 5))
    sleep(world, 1, HOUR)
    world.at(HOUR + 1, ("a", 5, 0.5))
    world.at(HOUR + 30, ("a", 5))
    assert world.state() == "pending"


def test_a_sleep_does_not_count_towards_recover_for_or_cooldown_or_repeat(world, make_rule):
    world.rules(make_rule("a > 1", recover_for="2m"), make_rule("a > 1", name="again", repeat="10m"))
    world.at(0, ("a", 5))
    world.at(10, ("a", 0), ("b", 1))
    sleep(world, 11, HOUR)
    world.at(HOUR + 5, ("a", 0))
    assert world.state() == "recovering"
    world.at(HOUR + 70, ("a", 5))
    world.at(HOUR + 100, ("a", 5))
    assert "REMINDER" not in world.kinds()


def test_a_sleep_is_no_missing_data(world, make_rule):
    world.rules(make_rule("a > 1", no_data=NoData.ALERT, no_data_for="5m"))
    world.at(0, ("a", 0))
    sleep(world, 1, HOUR)
    world.wait(HOUR + 200)
    assert world.told() == []
    world.wait(HOUR + 301, every=20)
    assert world.kinds() == ["NO_DATA"]


def test_after_waking_nobody_is_told_for_a_minute(world, make_rule):
    world.rules(make_rule("net.tcp.a.up == 0"))
    world.at(0, ("net.tcp.a.up", 1))
    sleep(world, 1, HOUR)
    world.at(HOUR + 1, ("net.tcp.a.up", 0))
    world.at(HOUR + 20, ("net.tcp.a.up", 0))
    world.at(HOUR + 50, ("net.tcp.a.up", 0))
    assert (world.told(), held(world)) == ([], [("FIRED", JUST_WOKEN)])
    world.at(HOUR + 60)
    assert world.kinds() == ["FIRED"]


def test_what_is_well_again_within_that_minute_is_no_news(world, make_rule):
    world.rules(make_rule("net.tcp.a.up == 0"))
    world.at(0, ("net.tcp.a.up", 1))
    sleep(world, 1, HOUR)
    world.at(HOUR + 1, ("net.tcp.a.up", 0))
    world.at(HOUR + 30, ("net.tcp.a.up", 1))
    world.wait(HOUR + 70)
    assert world.told() == []


def test_two_clean_rounds_end_that_minute_sooner(world, make_rule):
    world.rules(make_rule("a > 1"))
    world.at(0, ("a", 0))
    sleep(world, 1, HOUR)
    world.at(HOUR + 2, ("a", 5))
    assert world.told() == []
    world.at(HOUR + 4, ("a", 5))
    assert world.kinds() == ["FIRED"]


def test_the_end_of_something_told_waits_for_that_minute_too(world, make_rule):
    world.rules(make_rule("a > 1"))
    world.at(0, ("a", 5))
    sleep(world, 1, HOUR)
    world.at(HOUR + 1, ("a", 0))
    assert world.seconds(world.news[-1].due_ms) == HOUR + 60


def test_a_restart_has_no_such_minute(world, make_rule):
    world.rules(make_rule("a > 1"))
    world.at(0, ("a", 0))
    world.restart(away=HOUR)
    world.at(HOUR + 1, ("a", 5))
    assert world.kinds() == ["FIRED"]


def test_a_clock_that_is_set_back_stops_no_rule(world, make_rule):
    world.rules(make_rule("a > 1", for_="1m"))
    world.at(HOUR, ("a", 5))
    world.engine.skip(Gap(ms(world, 100), ms(world, HOUR), GapReason.CLOCK, back=True))
    world.engine._next_tick = 0
    world.at(100)
    for second in (110, 140, 170):
        world.at(second, ("a", 5))
    assert world.state() == "firing"


def set_back(world, seconds):
    """The clock was ahead, and is set right."""
    gap = Gap(ms(world, seconds), world.clock.now_ms(), GapReason.CLOCK, back=True)
    world.clock.seconds = float(seconds)
    world.engine._rounds._next_tick = 0
    world.engine.skip(gap)
    world.step()


def test_what_expired_by_a_clock_that_was_ahead_goes_on(world, make_rule):
    world.rules(make_rule("a > 1", expires="2026-01-01T13:00"))
    world.at(2 * HOUR)
    assert world.engine.rule("r").instances == []
    set_back(world, 100)
    world.at(110, ("a", 5))
    world.at(120, ("a", 5))
    assert world.kinds() == ["FIRED"]


def test_a_reload_after_a_clock_was_set_back_makes_no_rule_wait_for_the_old_time(world, make_rule):
    world.rules(make_rule("a > 1"))
    world.at(8 * HOUR, ("a", 0))
    set_back(world, 100)
    world.rules(make_rule("a > 1"), make_rule("b > 1", name="other"))
    world.at(110, ("a", 5))
    world.at(120, ("a", 5))
    assert world.kinds() == ["FIRED"]


def test_what_was_answered_by_a_clock_that_was_ahead_may_fall_silent(world, make_rule):
    world.rules(make_rule("a > 1", no_data=NoData.ALERT))
    world.at(8 * HOUR, ("a", 0))
    world.collectors["a"] = SimpleNamespace(answered_ms=world.clock.now_ms(), interval_s=30.0)
    set_back(world, 100)
    world.wait(500)
    assert world.kinds() == ["NO_DATA"]


def test_while_this_machine_is_offline_rules_about_what_is_outside_stand_still(world, make_rule):
    world.rules(make_rule("net.a > 1", for_="2m", no_data=NoData.ALERT, no_data_for="1m"))
    world.at(0, ("net.a", 5))
    world.at(60, ("net.a", 5))
    go_offline(world, 60)
    world.wait(HOUR, every=30)
    assert (world.state(), world.told()) == ("pending", [])
    go_online(world, 60)
    world.at(HOUR + 10, ("net.a", 5))
    assert world.state() == "pending"
    world.at(HOUR + 80, ("net.a", 5))
    assert world.state() == "firing"


def test_while_this_machine_is_offline_rules_about_itself_go_on(world, make_rule):
    world.rules(make_rule("disk > 1", for_="20s"))
    world.at(0, ("disk", 0))
    go_offline(world, 1)
    for second in (10, 20, 30, 40):
        world.at(second, ("disk", 5))
    assert world.kinds() == ["FIRED"]


def test_the_engine_looks_for_gaps_before_it_judges(new_world, make_rule):
    world = new_world()
    order = []
    world.more = {"look": lambda: order.append("look")}
    world.engine = world.new_engine()
    world.rules(make_rule("a > 1"))
    judge = world.engine._judge.judge
    world.engine._judge.judge = lambda *given: (order.append("judge"), judge(*given))
    order.clear()
    world.at(1, ("a", 5))
    assert order[:2] == ["look", "judge"]


@pytest.mark.parametrize("state", ["ok", "firing"])
def test_a_gap_alone_changes_no_state(world, make_rule, state):
    world.rules(make_rule("a > 1"))
    world.at(0, ("a", 5 if state == "firing" else 0))
    before = len(world.news)
    sleep(world, 1, HOUR)
    assert (world.state(), len(world.news)) == (state, before)


# What only silence says


def test_time_in_which_nobody_watched_is_no_part_of_an_age(world, make_rule):
    world.rules(make_rule("age(a) > 120"))
    world.at(0, ("a", 0))
    sleep(world, 21, HOUR)
    world.wait(HOUR + 99)
    assert world.news == []
    world.wait(HOUR + 101)
    assert world.kinds() == ["FIRED"]


def test_a_source_that_is_heard_after_waking_was_never_silent(world, make_rule):
    world.rules(make_rule("age(a) > 120"), make_rule("count(a, 2m) < 1", name="few"))
    world.at(0, ("a", 0))
    sleep(world, 1, HOUR)
    world.at(HOUR + 70, ("a", 0))
    world.wait(HOUR + 180)
    assert world.news == []
    world.wait(HOUR + 200)
    assert world.kinds() == ["FIRED", "FIRED"]


def test_a_count_is_not_known_while_much_of_its_window_was_not_watched(world, make_rule):
    world.rules(make_rule("count(a, 2m) < 3"))
    for at in range(0, 120, 30):
        world.at(at, ("a", 0))
    sleep(world, 120, HOUR)
    for at in range(0, 300, 30):
        world.at(HOUR + at, ("a", 0))
        world.wait(HOUR + at + 29)
    assert world.kinds() == ["FIRED", "RESOLVED"]  # of the very beginning, when there were fewer
    assert world.told()[0][0] == 0


def test_a_start_is_no_silence_of_a_source_either(world, make_rule):
    world.rules(make_rule("age(a) > 120"))
    world.at(0, ("a", 0))
    world.at(20)
    world.restart(away=HOUR)
    world.wait(HOUR + 110)
    assert world.news == []
    world.wait(HOUR + 125)
    assert world.kinds() == ["FIRED"]


def test_what_fired_for_its_silence_before_a_stop_goes_on_until_it_is_heard(world, make_rule):
    world.rules(make_rule("age(a) > 120"))
    world.at(0, ("a", 0))
    world.wait(130)
    world.restart(away=HOUR)
    world.wait(HOUR + 230)
    assert world.kinds() == ["FIRED"]
    world.at(HOUR + 231, ("a", 0))
    assert world.kinds() == ["FIRED", "RESOLVED"]


def test_while_this_machine_is_offline_nobody_is_silent(world, make_rule):
    world.rules(make_rule("age(a) > 120"))
    world.at(0, ("a", 0))
    world.at(1)
    go_offline(world, 1)
    world.wait(HOUR, every=10)
    assert world.news == []
    go_online(world, 1)
    world.wait(HOUR + 110, every=10)
    assert world.news == []
    world.wait(HOUR + 130, every=10)
    assert world.kinds() == ["FIRED"]


def test_what_is_heard_while_offline_may_fall_silent(world, make_rule):
    world.rules(make_rule("age(own) > 120"))
    go_offline(world, 0)
    world.at(10, ("own", 1))
    world.at(20, ("own", 1))
    world.wait(150)
    assert [str(news.kind) for news in world.news] == ["FIRED"]


def test_an_open_gap_gives_way_to_the_same_when_it_is_over():
    unwatched = Unwatched()
    unwatched.note(Gap(1000, None, OFFLINE))
    assert unwatched.since(500, 4000) == 3000
    unwatched.note(Gap(1000, 2000, OFFLINE))
    unwatched.note(Gap(2500, 2000, GapReason.CLOCK, back=True))
    assert unwatched.since(500, 4000) == 1000
    assert unwatched.since(1500, 4000) == 0
    assert unwatched.much_of(0, 9000)
    assert not unwatched.much_of(0, 10_000)


def test_of_a_clock_that_was_ahead_nothing_is_left_in_the_time_to_come():
    unwatched = Unwatched()
    unwatched.note(Gap(1000, 900_000, GapReason.STOPPED))
    unwatched.note(Gap(901_000, 950_000, GapReason.SLEEP))
    unwatched.note(Gap(2000, 950_000, GapReason.CLOCK, back=True))
    assert unwatched.since(500, 4000) == 1000
    assert not unwatched.much_of(2000, 900_000)
