"""Rows of the lists and lines of what fires: words made before a template sees them."""

import pytest

from oculus.collectors.status import CollectorStatus
from oculus.core.alert import Alert, AlertState, Delivery, DeliveryState, News, NewsKind
from oculus.core.event import Severity
from oculus.rules.life.standing import State
from oculus.rules.status import InstanceStatus, RuleStatus
from oculus.web.dashboard.firing import SHOWN, Firing, by_symbol, firing_lines, instances_by_alert
from oculus.web.frame import pulse
from oculus.web.lists import alert_row, collector_row, rule_row, told

NOW = 1_790_000_000_000
SECOND = 1000
MINUTE = 60 * SECOND


def alert(number=1, **given):
    about = {
        "id": number,
        "rule": "shop_slow",
        "instance": "net.http.shop",
        "severity": Severity.WARN,
        "state": AlertState.FIRING,
        "message": "shop is slow",
        "value": 914.0,
        "threshold": 800.0,
        "started_ms": NOW - 6 * MINUTE,
        "fired_ms": NOW - 5 * MINUTE,
    }
    return Alert(**(about | given))


def instance(alert_id, value=914.0, symbol="net.http.shop", acknowledged=False):
    return InstanceStatus(
        instance="",
        symbol=symbol,
        state=State.FIRING,
        since_ms=NOW,
        value=value,
        threshold=800.0,
        worst=None,
        stale=False,
        no_data=False,
        held="",
        alert_id=alert_id,
        acknowledged=acknowledged,
    )


def rule(state="firing", instances=(), **given):
    about = {
        "name": "shop_slow",
        "condition": "net.http.shop > 800",
        "clear": "",
        "severity": Severity.WARN,
        "for_": "2m",
        "recover_for": "0s",
        "cooldown": "0s",
        "repeat": "0s",
        "channels": ("slack", "log"),
        "depends_on": (),
        "message": "",
        "enabled": True,
        "state": state,
        "since_ms": NOW - 6 * MINUTE,
        "instances": list(instances),
    }
    return RuleStatus(**(about | given))


def delivery(channel, state=DeliveryState.SENT):
    news = News(kind=NewsKind.FIRED, alert=alert(), ts_ms=NOW)
    return Delivery(
        id=1, channel=channel, news=news, state=state, created_ms=NOW, next_ms=NOW, expires_ms=NOW
    )


def test_a_firing_line_says_how_much_against_which_limit_how_long_and_who_was_told():
    [line] = firing_lines([Firing(alert(), ("slack", "log"), None)])
    assert (line.rule, line.message) == ("shop_slow", "shop is slow")
    assert line.measure == "914 ms, limit 800 ms"
    assert line.since_ms == NOW - 6 * MINUTE
    assert line.told == "told slack, log"


def test_a_firing_line_shows_the_newest_value_not_the_one_it_fired_with():
    [line] = firing_lines([Firing(alert(), (), instance(1, value=1400.0))])
    assert line.measure == "1.40 s, limit 800 ms"
    assert line.told == "told nobody yet"


def test_a_firing_line_names_which_of_several_it_is_unless_its_message_does():
    of_many = {"instance": "net.http.shop"}
    [line] = firing_lines([Firing(alert(message="it is slow", **of_many), (), None)])
    assert line.instance == "net.http.shop"
    [line] = firing_lines([Firing(alert(message="net.http.shop is slow", **of_many), (), None)])
    assert line.instance == ""


def test_a_state_has_no_limit():
    down = alert(instance="net.tcp.db:5432.up", value=0.0, threshold=0.0)
    [line] = firing_lines([Firing(down, (), None)])
    assert line.measure == "down"


def test_the_worst_comes_first_and_what_was_acknowledged_last():
    shown = firing_lines(
        [
            Firing(alert(1, severity=Severity.CRITICAL, acknowledged_ms=NOW), (), None),
            Firing(alert(2, severity=Severity.INFO), (), None),
            Firing(alert(3, severity=Severity.ERROR), (), None),
            Firing(alert(4, severity=Severity.ERROR, fired_ms=NOW), (), None),
        ]
    )
    assert [line.id for line in shown] == [4, 3, 2, 1]
    assert [line.acknowledged for line in shown] == [False, False, False, True]


def test_what_was_just_acknowledged_shows_so_before_the_file_knows():
    [line] = firing_lines([Firing(alert(), (), instance(1, acknowledged=True))])
    assert line.acknowledged


def test_of_a_storm_a_few_lines_are_shown():
    assert len(firing_lines([Firing(alert(n), (), None) for n in range(100)])) == SHOWN


def test_a_message_of_a_thousand_letters_is_cut():
    [line] = firing_lines([Firing(alert(message="x" * 1000), (), None)])
    assert len(line.message) == 300
    assert line.message.endswith("…")


def test_a_card_is_marked_by_the_worst_rule_and_names_them_all():
    marks = by_symbol(
        [
            Firing(alert(1, rule="slow"), (), None),
            Firing(
                alert(2, rule="wrong", instance="net.http.shop.status", severity=Severity.CRITICAL), (), None
            ),
            Firing(alert(3, rule="db", instance=""), (), instance(3, symbol="net.tcp.db:5432.up")),
        ]
    )
    assert marks == {
        "net.http.shop": (Severity.CRITICAL, "wrong, slow"),
        "net.tcp.db:5432": (Severity.WARN, "db"),
    }


def test_the_engine_knows_the_alerts_of_its_instances():
    assert set(instances_by_alert([rule(instances=[instance(7), instance(None)])])) == {7}


def test_who_was_told_leaves_out_who_was_not():
    sent = [
        delivery("slack"),
        delivery("email", DeliveryState.FAILED),
        delivery("log", DeliveryState.QUEUED),
        delivery("slack"),
        delivery("desktop", DeliveryState.SKIPPED),
    ]
    assert told(sent) == ("slack", "log")


def test_an_alert_that_is_over_says_how_long_it_lasted():
    row = alert_row(alert(state=AlertState.RESOLVED, ended_ms=NOW - MINUTE), [delivery("log")], NOW)
    assert (row.firing, row.lasted, row.told) == (False, "5 m", "log")
    assert row.fired.endswith("UTC")


def test_an_alert_about_no_number_has_none_to_sort_by():
    assert alert_row(alert(value=None), [], NOW).number == ""


@pytest.mark.parametrize(
    ("state", "tone", "since"),
    [("firing", "warn", "6 m"), ("pending", "", "6 m"), ("ok", "", "—"), ("off", "", "—")],
)
def test_a_rule_that_fires_stands_out_from_one_that_does_not(state, tone, since):
    row = rule_row(rule(state), NOW)
    assert (row.state, row.tone, row.since) == (state, tone, since)
    assert (row.for_text, row.for_s, row.tells) == ("2 m", 120, "slack, log")


def test_a_rule_over_many_symbols_says_how_many_of_them_fire():
    both = [instance(1), instance(2)]
    assert rule_row(rule(instances=both), NOW).state == "firing 2 of 2"


def test_a_rule_without_a_hold_time_fires_at_once():
    assert rule_row(rule(for_="0s"), NOW).for_text == "at once"


def test_the_value_of_an_alert_is_that_of_the_part_its_rule_speaks_of():
    of_status = alert(instance="", value=503.0, threshold=200.0, tags={"symbol": "net.http.shop.status"})
    assert alert_row(of_status, [], NOW, "net.http.shop").value == "503"


def test_a_rule_that_cannot_be_computed_is_broken_and_not_ok():
    row = rule_row(rule("ok", trouble="There is no table 'nowhere' to read here."), NOW)
    assert (row.state, row.tone) == ("broken", "error")
    assert rule_row(rule(trouble="of one of several"), NOW).state == "firing", "it still says what it knows"


def collector(name="gw", state="ok", **given):
    about = {
        "name": name,
        "type": "ping",
        "symbols": ["net.ping.gw"],
        "state": state,
        "interval_s": 30.0,
        "last_run_ms": NOW - 4 * SECOND,
        "last_success_ms": NOW - 4 * SECOND,
        "last_error": "",
        "failing_since_ms": None,
        "next_run_ms": NOW + 26 * SECOND,
        "runs": 12,
        "failures": 1,
        "missed": 0,
        "stuck": False,
        "lateness_p50_ms": None,
        "lateness_p99_ms": None,
    }
    return CollectorStatus(**(about | given))


def test_a_collector_says_when_it_was_answered_and_when_it_asks_next():
    row = collector_row(collector(), NOW)
    assert (row.answered, row.next, row.tone) == ("4 s", "in 26 s", "")


def test_a_collector_that_hangs_is_called_stuck_and_has_no_next_run():
    row = collector_row(collector(stuck=True, next_run_ms=None, last_success_ms=None), NOW)
    assert (row.state, row.tone, row.next, row.answered) == ("stuck", "error", "—", "")


def test_a_collector_that_was_not_asked_yet_is_waiting_and_not_ok():
    assert collector_row(collector(runs=0, last_run_ms=None, last_success_ms=None), NOW).state == "waiting"
    assert collector_row(collector(state="paused", runs=0, last_run_ms=None), NOW).state == "paused"


def test_a_collector_is_told_by_its_main_symbols():
    assert collector_row(collector(symbols=["net.ping.gw", "net.ping.gw.loss"]), NOW).symbols == "net.ping.gw"


def test_a_collector_of_many_symbols_names_the_first_and_counts_the_rest():
    assert collector_row(collector(symbols=list("abcde")), NOW).symbols == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("states", "text", "tone"),
    [
        ([], "no collectors", "idle"),
        (["off", "paused"], "no collectors", "idle"),
        (["ok"], "1 collector · live", "ok"),
        (["ok", "ok", "off"], "2 collectors · live", "ok"),
        (["ok", "failing"], "2 collectors · 1 failing", "error"),
    ],
)
def test_the_pulse_says_whether_all_is_asked_and_answered(states, text, tone):
    found = pulse([collector(str(n), state) for n, state in enumerate(states)])
    assert (found.text, found.tone) == (text, tone)
