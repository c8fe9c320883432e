"""How a rule lives, sentence by sentence. A trace is read from left to right, times in seconds:

T true  F false  N no row  B false, but not clear yet  S stale  E error  (! overdue)  . time only
`@gw` behind one: the rule gw, on which this depends, is firing then.
"""

import pytest

from oculus.rules.language.condition import Worse
from oculus.rules.life.evaluator import acknowledge, close, forgettable, resolve, step
from oculus.rules.life.standing import Input, Reading, Spec, Standing, State
from oculus.rules.settings import NoData

INPUTS = {
    "T": Input.TRUE,
    "F": Input.FALSE,
    "B": Input.FALSE,
    "N": Input.NO_ROW,
    "S": Input.STALE,
    "E": Input.ERROR,
}


def reading(seconds, what, value=None):
    if what[0] == ".":
        return None
    return Reading(INPUTS[what[0]], int(seconds * 1000), value, clears=what[0] != "B", overdue="!" in what)


def run(trace, standing=None, **spec):
    """The standing at the end, and the news as "seconds KIND" with what else is said in brackets."""
    rule = Spec(**{name: value * 1000 if name.endswith("_ms") else value for name, value in spec.items()})
    standing, heard = standing or Standing(), []
    for each in trace.split():
        seconds, what = float(each.rstrip("TFBNSE!.@gw")), each.lstrip("0123456789")
        explained_by = "gw" if "@" in what else ""
        standing, news = step(rule, standing, reading(seconds, what), int(seconds * 1000), explained_by)
        heard += [said(each) for each in news]
    return standing, heard


def said(notice):
    more = "; ".join(filter(None, ("no data" if notice.no_data else "", notice.reason, notice.held)))
    return f"{notice.ts_ms / 1000:g} {notice.kind}" + (f" ({more})" if more else "")


def heard(trace, **spec):
    return run(trace, **spec)[1]


def state(trace, **spec):
    return run(trace, **spec)[0].state


# `for`


def test_without_for_it_fires_on_that_very_sample():
    assert heard("0F 30T 60T") == ["30 FIRED"]


def test_it_fires_once_the_condition_has_held_long_enough():
    assert heard("0T 30T 60T 90T", for_ms=60) == ["60 FIRED"]
    assert state("0T 30T", for_ms=60) is State.PENDING


def test_one_false_sample_begins_the_waiting_anew():
    assert heard("0T 30T 50F 60T 90T 119T", for_ms=60) == []
    assert state("0T 30T 50F", for_ms=60) is State.OK
    assert heard("0T 30T 50F 60T 90T 120T", for_ms=60) == ["120 FIRED"]


def test_time_alone_fires_nothing():
    assert heard("0T 30. 60. 90. 600.", for_ms=60) == []


def test_for_is_measured_on_the_samples_own_times_not_on_when_they_came():
    rule, standing = Spec(for_ms=60_000), Standing()
    standing, news = step(rule, standing, reading(0, "T"), now_ms=500_000)
    assert news == ()
    standing, news = step(rule, standing, reading(60, "T"), now_ms=500_001)
    [notice] = news
    assert (notice.ts_ms, notice.started_ms) == (60_000, 0)


def test_a_late_sample_adds_nothing():
    assert heard("60T 0T 90T", for_ms=60) == []


# The way out


def test_it_resolves_once_when_the_condition_no_longer_holds():
    assert heard("0T 30F 60F 90F") == ["0 FIRED", "30 RESOLVED"]


def test_it_recovers_only_after_recover_for():
    assert heard("0T 30F 60F 90F", recover_ms=60) == ["0 FIRED", "90 RESOLVED"]
    assert state("0T 30F 60F", recover_ms=60) is State.RECOVERING


def test_trouble_that_comes_back_while_recovering_is_the_same_trouble():
    assert heard("0T 30F 60T 90F 120F 150F", recover_ms=60) == ["0 FIRED", "150 RESOLVED"]
    assert state("0T 30F 60T", recover_ms=60) is State.FIRING


def test_with_clear_it_resolves_when_that_is_true_not_when_the_condition_is_false():
    assert heard("0T 30B 60B 90F") == ["0 FIRED", "90 RESOLVED"]


def test_between_condition_and_clear_it_is_not_recovering():
    assert heard("0T 30F 60B 90F 120F", recover_ms=60) == ["0 FIRED"]
    assert state("0T 30F 60B", recover_ms=60) is State.FIRING


def test_clear_does_not_matter_before_it_fires():
    assert state("0T 30B", for_ms=60) is State.OK


def test_a_row_that_does_not_come_counts_as_false():
    assert heard("0T 30N") == ["0 FIRED", "30 RESOLVED"]


def test_resolved_tells_how_long_it_lasted_and_the_worst_value():
    rule, standing, last = Spec(for_ms=30_000), Standing(), ()
    for seconds, what, value in [(0, "T", 7), (30, "T", 9), (60, "T", 8), (90, "F", 2)]:
        standing, last = step(rule, standing, reading(seconds, what, value), seconds * 1000)
    [notice] = last
    assert (notice.started_ms, notice.ts_ms, notice.worst) == (0, 90_000, 9)


@pytest.mark.parametrize(("worse", "right", "worst"), [("higher", 0, 9), ("lower", 0, 2), ("farther", 7, 2)])
def test_the_worst_value_is_the_one_farthest_on_the_wrong_side(worse, right, worst):
    rule, standing = Spec(worse=Worse(worse), right=right), Standing()
    for seconds, value in enumerate([7, 9, 2, 8]):
        standing, _ = step(rule, standing, reading(seconds, "T", value), seconds * 1000)
    assert standing.worst == worst


# STALE and ERROR


@pytest.mark.parametrize("unknown", ["S", "E"])
def test_what_is_not_known_neither_fires_nor_resolves(unknown):
    assert heard(f"0{unknown} 30{unknown}") == []
    assert heard(f"0T 30{unknown} 600{unknown} 630T") == ["0 FIRED"]


@pytest.mark.parametrize("unknown", ["S", "E"])
def test_the_clock_of_for_stands_still_while_nothing_is_known(unknown):
    assert heard(f"0T 30T 40{unknown} 300{unknown} 330T", for_ms=60) == []
    assert heard(f"0T 30T 40{unknown} 300{unknown} 330T 359T 360T", for_ms=60) == ["360 FIRED"]


@pytest.mark.parametrize("unknown", ["S", "E"])
def test_the_clock_of_recover_for_stands_still_while_nothing_is_known(unknown):
    trace = f"0T 30F 60F 70{unknown} 300{unknown} 330F 359F"
    assert heard(trace, recover_ms=60) == ["0 FIRED"]
    assert heard(f"{trace} 360F", recover_ms=60) == ["0 FIRED", "360 RESOLVED"]


def test_no_reminder_is_sent_while_nothing_is_known_and_its_clock_stands_still():
    trace = "0T 60T 70S 500. 600S 610T"
    assert heard(trace, repeat_ms=100) == ["0 FIRED"]
    assert heard(f"{trace} 639. 640.", repeat_ms=100) == ["0 FIRED", "640 REMINDER"]


def test_no_data_keep_does_nothing_more():
    assert heard("0T 30S 330S! 900S!", no_data=NoData.KEEP) == ["0 FIRED"]


def test_no_data_alert_raises_an_alert_of_its_own_once_and_resolves_it_when_data_is_back():
    trace = "0F 30S 330S! 331S! 900S! 930F 960F"
    assert heard(trace, no_data=NoData.ALERT) == ["330 NO_DATA (no data)", "930 RESOLVED (no data)"]


def test_a_no_data_alert_leaves_the_trouble_itself_as_it_is():
    trace = "0T 30S 330S! 930T 960F"
    assert heard(trace, no_data=NoData.ALERT) == [
        "0 FIRED",
        "330 NO_DATA (no data)",
        "930 RESOLVED (no data)",
        "960 RESOLVED",
    ]


def test_no_data_ok_resolves_what_fires():
    assert heard("0T 30S 330S! 331S!", no_data=NoData.OK) == ["0 FIRED", "330 RESOLVED (no data)"]
    assert state("0T 330S!", no_data=NoData.OK, for_ms=60) is State.OK


def test_an_error_that_lasts_is_missing_data_too():
    assert heard("0F 30E 600E!", no_data=NoData.ALERT) == ["600 NO_DATA (no data)"]


# Cooldown


def test_cooldown_holds_back_a_new_firing_and_its_end_but_keeps_them_as_events():
    assert heard("0T 30F 60T 90F", cooldown_ms=600) == [
        "0 FIRED",
        "30 RESOLVED",
        "60 FIRED (cooldown)",
        "90 RESOLVED (nobody was told that it fired: cooldown)",
    ]


def test_a_trouble_still_firing_when_the_cooldown_ends_is_told_then():
    assert heard("0T 30F 60T 599. 600. 630F", cooldown_ms=600) == [
        "0 FIRED",
        "30 RESOLVED",
        "60 FIRED (cooldown)",
        "600 FIRED",
        "630 RESOLVED",
    ]


def test_a_trouble_that_is_just_recovering_when_the_cooldown_ends_is_not_told():
    assert heard("0T 30F 90F 120T 590F 600. 640F 650F", cooldown_ms=600, recover_ms=60) == [
        "0 FIRED",
        "90 RESOLVED",
        "120 FIRED (cooldown)",
        "650 RESOLVED (nobody was told that it fired: cooldown)",
    ]


def test_a_firing_that_was_held_back_does_not_begin_a_cooldown():
    assert heard("0T 30F 60T 90F 600T", cooldown_ms=600)[-1] == "600 FIRED"


# Reminders


def test_reminders_come_every_repeat_while_it_fires():
    assert heard("0T 99. 100. 150T 200T 230F 300. 400.", repeat_ms=100) == [
        "0 FIRED",
        "100 REMINDER",
        "200 REMINDER",
        "230 RESOLVED",
    ]


def test_without_repeat_there_is_no_reminder():
    assert heard("0T 1000000.") == ["0 FIRED"]


def test_acknowledging_stops_the_reminders_of_that_trouble_only():
    standing, _ = run("0T", repeat_ms=100)
    standing, news = run("100. 200. 230F 300T 400.", acknowledge(standing), repeat_ms=100)
    assert news == ["230 RESOLVED", "300 FIRED", "400 REMINDER"]


def test_a_trouble_nobody_was_told_of_is_not_reminded_of():
    assert heard("0T 30F 60T 200. 300.", cooldown_ms=900, repeat_ms=100)[2:] == ["60 FIRED (cooldown)"]


# Dependencies

HELD = "gw fires, on which this depends"


def test_while_a_rule_it_depends_on_fires_it_is_held_back():
    assert heard("0T@gw 30.@gw 60T@gw 90F@gw") == [
        f"0 FIRED ({HELD})",
        f"90 RESOLVED (nobody was told that it fired: {HELD})",
    ]


def test_it_is_told_if_it_still_fires_half_a_minute_after_the_other_resolved():
    assert heard("0T@gw 60T@gw 61. 90T 91.") == [f"0 FIRED ({HELD})", "91 FIRED"]
    assert heard("0T@gw 60T@gw 61. 80F")[1:] == [f"80 RESOLVED (nobody was told that it fired: {HELD})"]


def test_the_half_minute_begins_anew_when_the_other_fires_again():
    assert heard("0T@gw 61. 80.@gw 92. 100. 121. 122.")[1:] == ["122 FIRED"]


def test_what_has_been_told_stays_told_when_the_other_fires_later():
    assert heard("0T 30T@gw 60F@gw") == ["0 FIRED", "60 RESOLVED"]


def test_a_cooldown_still_holds_when_the_other_has_resolved():
    trace = "0T 10F 20T@gw 30. 60. 61. 99. 100."
    assert heard(trace, cooldown_ms=100) == ["0 FIRED", "10 RESOLVED", f"20 FIRED ({HELD})", "100 FIRED"]


# Ends from outside, and what need not be remembered


def test_a_rule_that_goes_resolves_everything_it_has_open():
    standing, _ = run("0T 30S!", no_data=NoData.ALERT)
    ended, news = close(standing, 60_000, "rule removed")
    assert [said(each) for each in news] == [
        "60 RESOLVED (rule removed)",
        "60 RESOLVED (no data; rule removed)",
    ]
    assert ended.state is State.OK


def test_a_pending_rule_ends_in_silence():
    standing, _ = run("0T", for_ms=60)
    assert resolve(standing, 30_000, "rule changed")[1] == ()


def test_a_quiet_rule_may_be_forgotten_once_its_cooldown_is_over():
    rule = Spec(cooldown_ms=100_000)
    standing, _ = run("0T 30F", cooldown_ms=100)
    assert not forgettable(rule, standing, 99_000)
    assert forgettable(rule, standing, 100_000)
    assert not forgettable(rule, run("0T", cooldown_ms=100)[0], 900_000)


def test_a_year_of_quiet_is_quiet():
    standing = Standing()
    for hour in range(365 * 24):
        standing, news = step(Spec(), standing, reading(hour * 3600, "F"), hour * 3_600_000)
        assert news == ()
    assert standing == Standing()
