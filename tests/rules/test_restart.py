"""States survive a restart and a reload: kept by rule and instance, and ended when their rule is no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oculus.core.alert import SavedState
from oculus.rules.settings import NoData


def test_a_rule_that_fired_before_a_restart_does_not_fire_again_for_the_same_trouble(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    world.at(0, ("a.b", 9))
    world.restart(away=3600)
    world.at(3610, ("a.b", 9))
    world.at(3640, ("a.b", 1))
    assert world.told() == [(0, "FIRED", ""), (3640, "RESOLVED", "")]
    fired, resolved = world.news
    assert fired.alert.id == resolved.alert.id


def test_what_has_ended_meanwhile_is_resolved(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    world.at(0, ("a.b", 9))
    world.restart(away=600)
    world.at(610, ("a.b", 1))
    assert world.kinds() == ["FIRED", "RESOLVED"]


def test_time_not_running_does_not_count_towards_for(world, make_rule):
    world.rules(make_rule("a.b > 5", for_="60s"))
    for second in (0, 15, 30):
        world.at(second, ("a.b", 9))
    world.restart(away=600)
    world.at(640, ("a.b", 9))
    world.at(669, ("a.b", 9))
    assert world.told() == []
    world.at(670, ("a.b", 9))
    assert world.told() == [(670, "FIRED", "")]
    assert world.seconds(world.news[0].alert.started_ms) == 0


def test_a_short_absence_costs_only_itself(world, make_rule):
    world.rules(make_rule("a.b > 5", for_="60s"))
    for second in (0, 15, 30):
        world.at(second, ("a.b", 9))
    world.restart(away=20)
    world.at(60, ("a.b", 9))
    world.at(79, ("a.b", 9))
    assert world.told() == []
    world.at(80, ("a.b", 9))
    assert world.told() == [(80, "FIRED", "")]
    assert world.seconds(world.news[0].alert.started_ms) == 0


def test_a_clean_stop_saves_how_far_it_had_come(world, make_rule):
    world.rules(make_rule("a.b > 5", for_="60s"))
    for second in range(0, 60, 5):
        world.at(second, ("a.b", 9))
    world.engine.finish()
    world.restart(away=600)
    world.at(655, ("a.b", 9))
    world.at(659, ("a.b", 9))
    assert world.told() == []
    world.at(660, ("a.b", 9))
    assert world.told() == [(660, "FIRED", "")]


def test_the_cooldown_survives_a_restart(world, make_rule):
    world.rules(make_rule("a.b > 5", cooldown="10m"))
    world.at(0, ("a.b", 9))
    world.at(10, ("a.b", 1))
    world.restart()
    world.at(20, ("a.b", 9))
    assert world.kinds() == ["FIRED", "RESOLVED"]
    assert world.news[-1].held == "cooldown"


@pytest.mark.parametrize("more", [{"for_": "60s"}, {"cooldown": "5m"}, {"recover_for": "60s"}])
def test_a_clock_that_is_behind_after_a_start_stops_no_rule(world, make_rule, more):
    """A small computer without a battery begins with the time at which it was last written down."""
    world.rules(make_rule("a.b > 5", **more))
    world.at(3600, ("a.b", 9))
    world.at(3610, ("a.b", 9 if "for_" in more else 1))
    world.values.clear()  # what lies ahead is not read
    world.restart(away=-3000)
    world.at(620, ("a.b", 1 if "recover_for" in more else 9))
    for second in range(630, 1000, 30):
        world.at(second, ("a.b", 1 if "recover_for" in more else 9))
    assert world.kinds()[-1] == ("RESOLVED" if "recover_for" in more else "FIRED")


def test_an_acknowledged_alert_stays_so(world, make_rule):
    world.rules(make_rule("a.b > 5", repeat="60s", no_data_for="1h"))
    world.at(0, ("a.b", 9))
    world.engine.acknowledge(world.open_alerts()[0].id, world.clock.now_ms())
    world.restart()
    world.at(10, ("a.b", 9))
    world.wait(200)
    assert world.kinds() == ["FIRED"]


def test_an_instance_of_a_glob_comes_back_before_its_symbol_does(world, make_rule):
    world.rules(make_rule("net.http.* > 800"))
    world.at(0, ("net.http.a", 900), ("net.http.b", 900))
    del world.values["net.http.a"]  # not heard of for more than a day
    world.restart()
    world.at(10, ("net.http.a", 1), ("net.http.b", 900))
    assert world.told()[2:] == [(10, "RESOLVED", "net.http.a")]


def test_an_alert_of_missing_data_is_not_raised_twice(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, no_data_for="60s"))
    world.at(0, ("a.b", 1))
    world.wait(70)
    world.restart()
    world.wait(200)
    world.at(210, ("a.b", 1))
    assert world.kinds() == ["NO_DATA", "RESOLVED"]


def test_missing_data_is_given_its_time_after_a_start(world, make_rule):
    """What is old only because Oculus was off is not yet missing."""
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, no_data_for="60s"))
    world.at(0, ("a.b", 1))
    world.restart(away=5000)
    world.wait(5050)
    assert world.told() == []
    world.wait(5070)
    assert world.kinds() == ["NO_DATA"]


def test_old_values_fire_nothing_after_a_start(world, make_rule):
    world.at(0, ("a.b", 9))
    world.clock.seconds = 7200
    world.engine = world.new_engine()
    world.rules(make_rule("a.b > 5"))
    world.wait(7300)
    assert world.told() == []


@pytest.mark.parametrize("restore_first", [True, False])
def test_states_and_rules_may_come_in_either_order(world, make_rule, restore_first):
    world.rules(make_rule("a.b > 5"))
    world.at(0, ("a.b", 9))
    saved, alerts = world.saved(), world.open_alerts()
    world.engine = world.new_engine()
    if restore_first:
        world.engine.restore(saved, alerts)
        world.engine.replace([make_rule("a.b > 5")])
    else:
        world.engine.replace([make_rule("a.b > 5")])
        world.engine.restore(saved, alerts)
    world.at(10, ("a.b", 9))
    assert world.kinds() == ["FIRED"]
    assert world.state() == "firing"


def test_what_is_well_need_not_be_remembered(world, make_rule):
    world.rules(make_rule("a.b > 5", cooldown="60s"))
    world.at(0, ("a.b", 9))
    world.at(10, ("a.b", 1))
    assert len(world.saved()) == 1
    world.wait(61)
    assert world.saved() == []


def test_a_state_that_another_version_wrote_is_put_aside_and_its_alert_ended(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    world.at(0, ("a.b", 9))
    [state] = world.saved()
    strange = [
        replace(state, body={"standing": "upright"}),
        SavedState(rule="x", instance="", state="ok", since_ms=0),
    ]
    alerts = world.open_alerts()
    world.engine = world.new_engine()
    world.engine.replace([make_rule("a.b > 5")])
    world.engine.restore(strange, alerts)
    world.at(1)
    assert world.news[1].alert.tags["reason"] == "its state was lost"
    assert ("x", "") in {key for verdict in world.verdicts for key in verdict.forgotten}


# Reload


def test_a_reload_that_changes_other_things_keeps_the_state(world, make_rule):
    world.rules(make_rule("a.b > 5", for_="60s"))
    world.at(0, ("a.b", 9))
    world.at(30, ("a.b", 9))
    world.rules(
        make_rule("a.b  >  5.0", for_="45s", channels=("mail",), message="hot"),
        make_rule("c.d > 1", name="new"),
    )
    world.at(50, ("a.b", 9))
    assert world.told() == [(50, "FIRED", "")]
    assert world.news[0].channels == ("mail",)
    assert world.news[0].alert.message == "hot"


@pytest.mark.parametrize("restart", [False, True])
def test_who_was_told_hears_of_the_end_although_the_rule_names_others_by_now(world, make_rule, restart):
    world.rules(make_rule("a.b > 5", channels=("mail",)))
    world.at(0, ("a.b", 9))
    world.rules(make_rule("a.b > 5", channels=("chat",), repeat="60s"))
    if restart:
        world.restart(away=2)
    world.wait(70)
    world.at(80, ("a.b", 1))
    heard = [(str(news.kind), news.channels) for news in world.news]
    assert heard == [("FIRED", ("mail",)), ("REMINDER", ("chat",)), ("RESOLVED", ("mail", "chat"))]
    assert world.saved() == []


def test_a_changed_condition_resolves_what_fires_and_starts_afresh(world, make_rule):
    world.rules(make_rule("a.b > 5", channels=("mail",)))
    world.at(0, ("a.b", 9))
    world.at(5)
    world.rules(make_rule("a.b > 100"))
    assert world.told() == [(0, "FIRED", ""), (5, "RESOLVED", "")]
    end = world.news[1]
    assert end.alert.tags["reason"] == "rule changed"
    assert end.alert.message == "a.b is 9 (a.b > 5) (rule changed)"
    assert end.channels == ("mail",)
    assert world.saved() == []
    world.at(10, ("a.b", 101))
    assert world.kinds() == ["FIRED", "RESOLVED", "FIRED"]
    assert world.news[2].alert.id != end.alert.id


def test_a_changed_condition_that_holds_at_once_keeps_its_new_state(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    world.at(0, ("a.b", 9))
    world.rules(make_rule("a.b > 6"))
    assert world.kinds() == ["FIRED", "RESOLVED", "FIRED"]
    assert [state.state for state in world.saved()] == ["firing"]


@pytest.mark.parametrize(
    ("rules", "reason"), [([], "rule removed"), ([{"enabled": False}], "rule switched off")]
)
def test_a_rule_that_goes_resolves_what_fires(world, make_rule, rules, reason):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, no_data_for="60s"))
    world.at(0, ("a.b", 9))
    world.wait(70)
    world.rules(*[make_rule("a.b > 5", **more) for more in rules])
    assert world.kinds() == ["FIRED", "NO_DATA", "RESOLVED", "RESOLVED"]
    assert {news.alert.tags["reason"] for news in world.news[2:]} == {reason}
    assert world.saved() == world.open_alerts() == []


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ({"name": "other"}, "rule removed"),
        ({"condition": "a.b > 6"}, "rule changed"),
        ({"enabled": False}, "rule switched off"),
    ],
)
def test_what_changed_while_oculus_was_off_is_resolved_on_start(world, make_rule, after, reason):
    world.rules(make_rule("a.b > 5", channels=("mail",)))
    world.at(0, ("a.b", 9))
    saved, alerts = world.saved(), world.open_alerts()
    world.values.clear()
    world.engine = world.new_engine()
    world.engine.replace([make_rule(**{"condition": "a.b > 5", **after})])
    world.engine.restore(saved, alerts)
    world.at(10)
    [end] = world.news[1:]
    assert (str(end.kind), end.held, end.channels) == ("RESOLVED", "", ("mail",))
    assert end.alert.tags["reason"] == reason
    assert world.saved() == world.open_alerts() == []


def test_a_rule_that_expired_while_oculus_was_off_says_so(world, make_rule):
    world.rules(make_rule("a.b > 5", expires="2026-01-01T12:10"))
    world.at(0, ("a.b", 9))
    world.restart(away=3600)
    assert world.kinds() == ["FIRED", "RESOLVED"]
    assert world.news[1].alert.tags["reason"] == "rule expired"


def test_a_changed_clear_takes_effect_without_starting_afresh(world, make_rule):
    world.rules(make_rule("a.b > 5", clear="a.b < 1"))
    world.at(0, ("a.b", 9))
    world.at(10, ("a.b", 2))
    assert world.kinds() == ["FIRED"]
    world.rules(make_rule("a.b > 5", clear="a.b < 3"))
    assert world.told()[1:] == [(10, "RESOLVED", "")]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"clear": "a.b < 1"}, {}, ["FIRED", "RESOLVED"]),
        ({"clear": "a.b < 1"}, {"clear": "a.b < 1", "repeat": "1h"}, ["FIRED"]),
        ({"recover_for": "1h"}, {"recover_for": "10s"}, ["FIRED", "RESOLVED"]),
    ],
)
def test_a_changed_end_counts_at_once_be_the_next_number_a_day_away(world, make_rule, before, after, told):
    world.rules(make_rule("a.b > 5", **before))
    for second, value in ((0, 9), (10, 2), (40, 2)):
        world.at(second, ("a.b", value))
    assert world.kinds() == ["FIRED"]
    world.at(50)
    world.rules(make_rule("a.b > 5", **after))
    assert world.kinds() == told


def test_a_shorter_for_counts_at_once(world, make_rule):
    world.rules(make_rule("a.b > 5", for_="1h"))
    for second in (0, 30, 60):
        world.at(second, ("a.b", 9))
    world.rules(make_rule("a.b > 5", for_="1m"))
    assert world.told() == [(60, "FIRED", "")]


def test_a_failing_rule_is_not_told_again_after_a_reload(world, make_rule):
    def freshness(symbol):
        if symbol == "c.d":
            raise ZeroDivisionError("division by zero")

    world.freshness = freshness
    world.engine = world.new_engine()
    for name in ("first", "again"):
        world.rules(make_rule("a.b > 5 and c.d > 5"), make_rule("x.y > 1", name=name))
        for _ in range(3):
            world.at(world.clock.seconds + 400, ("a.b", 9))
    assert [event.message for event in world.events] == ["The rule r cannot be judged: division by zero"]


@given(
    values=st.lists(st.sampled_from([1, 4, 9, 9, 9]), min_size=1, max_size=14),
    cut=st.integers(0, 14),
    hold=st.sampled_from(["0s", "20s"]),
    cooldown=st.sampled_from(["0s", "45s"]),
)
def test_a_restart_between_any_two_samples_changes_nothing_people_hear(
    new_world, make_rule, values, cut, hold, cooldown
):
    rule = make_rule("a.b > 5", clear="a.b < 3", for_=hold, cooldown=cooldown)
    assert heard(new_world(), rule, values) == heard(new_world(), rule, values, restart_before=cut)


def heard(world, rule, values, restart_before=None):
    world.rules(rule)
    for number, value in enumerate(values):
        if number == restart_before:
            world.engine.finish()
            world.restart()
        world.at(number * 10, ("a.b", value))
    return [(str(news.kind), bool(news.held), news.ts_ms) for news in world.news]
