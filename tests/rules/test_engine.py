"""What the engine does with what was collected: who is woken, in which order, and what is said."""

import threading
import time

from oculus.core.alert import AlertState, NewsKind
from oculus.core.clock import SystemClock
from oculus.core.event import EventType, Severity
from oculus.core.metric import Metric
from oculus.rules.engine import Engine
from oculus.rules.judging.inbox import LIMIT
from oculus.rules.settings import NoData


def test_a_rule_fires_and_resolves_as_its_symbol_moves(world, make_rule):
    world.rules(make_rule("net.http.shop.status != 200"))
    world.at(10, ("net.http.shop.status", 200))
    world.at(20, ("net.http.shop.status", 503))
    world.at(30, ("net.http.shop.status", 503))
    world.at(40, ("net.http.shop.status", 200))
    assert world.told() == [(20, "FIRED", ""), (40, "RESOLVED", "")]


def test_an_alert_says_all_that_is_known(world, make_rule):
    world.rules(
        make_rule(
            "crypto.price.btc_usd > 100k",
            name="btc",
            for_="30s",
            severity=Severity.CRITICAL,
            channels=("mail", "log"),
            mention=("@here",),
        )
    )
    world.at(0, ("crypto.price.btc_usd", 101_000, None, {"currency": "usd"}))
    world.at(30, ("crypto.price.btc_usd", 103_000, None, {"currency": "usd"}))
    world.at(60, ("crypto.price.btc_usd", 99_000, None, {"currency": "usd"}))
    fired, resolved = world.news
    assert fired.channels == ("mail", "log")
    assert fired.mention == ("@here",)
    alert = fired.alert
    assert (alert.rule, alert.severity, alert.state) == ("btc", Severity.CRITICAL, AlertState.FIRING)
    assert (alert.value, alert.threshold, alert.worst) == (103_000, 100_000, 103_000)
    assert (world.seconds(alert.started_ms), world.seconds(alert.fired_ms), alert.ended_ms) == (0, 30, None)
    assert alert.tags == {"currency": "usd", "symbol": "crypto.price.btc_usd"}
    assert alert.message == "crypto.price.btc_usd is 103000 USD (crypto.price.btc_usd > 100k for 30s)"
    end = resolved.alert
    assert (end.id, end.state, world.seconds(end.ended_ms)) == (alert.id, AlertState.RESOLVED, 60)
    assert (end.value, end.worst) == (99_000, 103_000)
    assert end.message.startswith("crypto.price.btc_usd is 99000 USD, was 103000 USD (crypto")


def test_an_alert_says_why_its_host_is_down(world, make_rule):
    world.rules(make_rule("net.tcp.db.up == 0", repeat="60s"))
    for at, error in ((0, "refused the connection"), (60, "no answer within 5 s")):
        world.at(at, ("net.tcp.db.up", 0, None, {"error": error}))
    world.at(70, ("net.tcp.db.up", 1))
    fired, reminder, _ = [news.alert for news in world.news]
    assert fired.message == "net.tcp.db.up is 0: refused the connection (net.tcp.db.up == 0)"
    assert reminder.message == "net.tcp.db.up is 0: no answer within 5 s (net.tcp.db.up == 0)"
    assert [each.tags["error"] for each in (fired, reminder)] == [
        "refused the connection",
        "no answer within 5 s",
    ]


def test_a_message_is_made_from_its_template(world, make_rule):
    text = "{{ rule }}: {{ symbol }} = {{ value }} over {{ threshold }} for {{ duration }} "
    text += "({{ tags.host }}, {{ severity }})"
    world.rules(make_rule("a.b > 5", name="hot", for_="60s", message=text))
    world.at(0, ("a.b", 7, None, {"host": "h1"}))
    world.at(60, ("a.b", 8, None, {"host": "h1"}))
    assert world.news[0].alert.message == "hot: a.b = 8 over 5 for 1 m (h1, warn)"


def test_a_message_that_cannot_be_made_is_replaced_by_a_plain_one_and_told_once(world, make_rule):
    world.rules(make_rule("a.b > 5", name="odd", message="{{ value / (value - 7) }}"))
    for second in range(6):
        world.at(second, ("a.b", 7 if second % 2 else 0))
    assert [news.alert.message for news in world.news] == ["a.b is 7 (a.b > 5)"] * 5
    world.rules(make_rule("a.b > 5", name="odd", message="{{ value / (value - 7) }}", cooldown="1s"))
    world.at(8, ("a.b", 0))
    world.at(9, ("a.b", 7))
    [event] = world.events
    assert (event.source, event.type) == ("rule.odd", EventType.ERROR)
    assert "The message of odd cannot be made: float division by zero" in event.message


def test_only_the_rules_that_name_a_symbol_are_woken(world, make_rule):
    world.rules(*[make_rule(f"a.s{n} > 5", name=f"r{n}") for n in range(100)])
    world.at(10, ("a.s7", 1), ("b.none", 1))
    assert world.counters.get("rules.judged") == 1


def test_nothing_is_recorded_when_nothing_changed(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    for second in range(50):
        world.at(second, ("a.b", 1))
    assert world.verdicts == []


def test_a_glob_makes_one_instance_for_each_main_symbol(world, make_rule):
    world.rules(make_rule("net.http.* > 800"))
    world.at(10, ("net.http.shop", 900), ("net.http.shop.status", 900), ("net.http.blog", 100))
    world.at(20, ("net.http.new", 900))
    assert world.told() == [(10, "FIRED", "net.http.shop"), (20, "FIRED", "net.http.new")]
    assert [each.instance for each in world.engine.rule("r").instances] == [
        "net.http.new",
        "net.http.shop",
        "net.http.blog",
    ]


def test_every_glob_of_a_condition_must_match_the_same_name(world, make_rule):
    world.rules(make_rule("net.http.* > 800 and net.ping.*.loss > 5"))
    world.at(10, ("net.http.a", 900), ("net.http.b", 900), ("net.ping.b.loss", 50), ("net.ping.c.loss", 50))
    assert world.told() == [(10, "FIRED", "net.http.b")]
    world.at(20, ("net.ping.a.loss", 50))
    assert world.told()[1:] == [(20, "FIRED", "net.http.a")]
    assert len(world.engine.rule("r").instances) == 2


def test_a_glob_can_be_joined_with_a_symbol_that_all_share(world, make_rule):
    world.rules(make_rule("net.http.* > 800 and net.ping.gw < 100"))
    world.at(10, ("net.http.a", 900), ("net.http.b", 900))
    assert world.told() == []
    world.at(20, ("net.ping.gw", 5))
    assert world.told() == [(20, "FIRED", "net.http.a"), (20, "FIRED", "net.http.b")]


def test_a_batch_is_judged_in_the_order_of_its_samples_own_times(world, make_rule):
    world.rules(make_rule("a.b > 5", for_="60s"))
    world.at(100, ("a.b", 9, 90), ("a.b", 9, 30), ("a.b", 1, 20), ("a.b", 9, 60))
    assert world.told() == [(90, "FIRED", "")]


def test_two_symbols_are_compared_as_they_were_at_the_time(world, make_rule):
    """The other symbol's newest value, later in the same batch, must not be taken for its earlier one."""
    world.rules(make_rule("a.b > 5 and c.d > 5"))
    world.at(0, ("a.b", 1), ("c.d", 9))
    world.at(30, ("c.d", 1, 10), ("a.b", 9, 20), ("c.d", 1, 25))
    assert world.told() == []


def test_samples_of_one_moment_count_together_whatever_their_order(world, make_rule):
    for order in (1, -1):
        world.verdicts.clear()
        world.rules(make_rule("a.b > 5 and c.d < 5", name=f"r{order}"))
        world.at(world.clock.seconds + 10, *[("a.b", 9), ("c.d", 9)][::order])
        assert world.told() == []


def test_a_sample_older_than_what_is_known_is_left_out(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    world.at(30, ("a.b", 1))
    world.at(40, ("a.b", 9, 20))
    assert world.told() == []


def test_an_old_number_that_comes_late_lets_nothing_hold_since_then(world, make_rule):
    """A daily index of this morning, beside a host asked every half minute: it holds since the newer one."""
    world.rules(make_rule("stock.index.spx < 5 and net.ping.gw > 100", for_="5m"))
    world.at(0, ("net.ping.gw", 150))
    world.at(61, ("stock.index.spx", 3, -36_000))
    for seconds in range(90, 360, 30):
        world.at(seconds, ("net.ping.gw", 150))
    assert world.told() == [(300, "FIRED", "")]
    assert world.seconds(world.news[0].alert.started_ms) == 0


def test_what_comes_late_is_judged_by_the_windows_of_now(world, make_rule):
    world.rules(make_rule("stock.index.spx < 5 and count(net.ping.gw, 5m) < 1"))
    world.at(0, ("net.ping.gw", 150))
    world.at(1, ("stock.index.spx", 3, -36_000))
    assert world.told() == []


def test_a_new_rule_is_judged_by_what_is_known_already(world, make_rule):
    world.at(0, ("a.b", 9))
    world.at(5)
    world.rules(make_rule("a.b > 5"))
    assert world.told() == [(0, "FIRED", "")]


def test_a_dependency_is_judged_first_and_holds_the_other_back(world, make_rule):
    world.rules(
        make_rule("net.tcp.shop.up == 0", name="shop", depends_on=("gateway",)),
        make_rule("net.ping.gw.up == 0", name="gateway"),
    )
    world.at(10, ("net.tcp.shop.up", 0), ("net.ping.gw.up", 0))
    assert [(news.alert.rule, news.held) for news in world.news] == [
        ("gateway", ""),
        ("shop", "gateway fires, on which this depends"),
    ]
    world.at(20, ("net.ping.gw.up", 1))
    world.wait(49)
    assert len(world.news) == 3
    world.wait(55)
    [told] = world.news[3:]
    assert (told.kind, told.alert.rule, told.held) == (NewsKind.FIRED, "shop", "")
    assert told.alert.id == world.news[1].alert.id
    assert 50 <= world.seconds(told.ts_ms) <= 52


def test_a_dependency_is_looked_at_first_when_only_time_passes_too(world, make_rule):
    shops = [make_rule("age(net.ping.gw) > 40", f"shop{n}", depends_on=("gateway",)) for n in range(9)]
    world.rules(*shops, make_rule("age(net.ping.gw) > 40", "gateway"))
    world.at(0, ("net.ping.gw", 1))
    world.wait(60)
    assert [(news.alert.rule, news.held) for news in world.news] == [
        ("gateway", ""),
        *[(shop.name, "gateway fires, on which this depends") for shop in shops],
    ]


def test_reminders_and_the_end_of_a_cooldown_need_no_sample(world, make_rule):
    world.rules(make_rule("a.b > 5", repeat="60s", cooldown="100s", no_data_for="1h"))
    world.at(0, ("a.b", 9))
    world.at(10, ("a.b", 1))
    world.at(20, ("a.b", 9))
    world.wait(170)
    assert world.told() == [(0, "FIRED", ""), (10, "RESOLVED", ""), (100, "FIRED", ""), (160, "REMINDER", "")]
    assert [news.held for news in world.news if news.held] == ["cooldown"]


def test_acknowledging_stops_the_reminders_and_is_recorded(world, make_rule):
    world.rules(make_rule("a.b > 5", repeat="60s", no_data_for="1h"))
    world.at(0, ("a.b", 9))
    [alert] = world.open_alerts()
    answer = world.engine.acknowledge(alert.id, world.clock.now_ms())
    assert answer.acknowledged_ms == world.clock.now_ms()
    world.wait(200)
    assert world.kinds() == ["FIRED"]
    assert [alert.acknowledged_ms for alert in world.open_alerts()] == [answer.acknowledged_ms]
    assert world.engine.rule("r").instances[0].acknowledged
    assert world.engine.acknowledge(alert.id + 1, world.clock.now_ms()) is None
    assert world.engine.acknowledge(alert.id, 0) == answer


def test_an_alert_of_missing_data_can_be_acknowledged_too(world, make_rule):
    world.rules(make_rule("a.b > 5", no_data=NoData.ALERT, no_data_for="60s"))
    world.at(0, ("a.b", 1))
    world.wait(70)
    [alert] = world.open_alerts()
    assert world.engine.acknowledge(alert.id, world.clock.now_ms()).acknowledged_ms == world.clock.now_ms()
    world.at(80, ("a.b", 1))
    assert world.kinds() == ["NO_DATA", "RESOLVED"]
    assert world.news[-1].alert.acknowledged_ms is not None


def test_the_status_shows_the_worst_instance_first(world, make_rule):
    world.rules(
        make_rule("net.ping.* > 100", name="slow", for_="30s", cooldown="15m"),
        make_rule("a.b > 1", name="off", enabled=False),
    )
    world.at(0, ("net.ping.a", 10), ("net.ping.b", 200), ("net.ping.c", 300))
    world.at(30, ("net.ping.c", 400))
    slow, off = world.engine.status()
    assert (slow.name, slow.kind, slow.for_, slow.cooldown, slow.channels) == (
        "slow",
        "simple",
        "30s",
        "15m",
        ("log",),
    )
    assert (slow.state, slow.value, world.seconds(slow.since_ms), world.seconds(slow.last_fired_ms)) == (
        "firing",
        400,
        30,
        30,
    )
    assert [(each.instance, str(each.state)) for each in slow.instances] == [
        ("net.ping.c", "firing"),
        ("net.ping.b", "pending"),
        ("net.ping.a", "ok"),
    ]
    assert (off.state, off.enabled, off.instances) == ("off", False, [])
    assert world.engine.rule("none") is None


def test_counters_tell_what_was_judged_and_fired(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    world.at(0, ("a.b", 9))
    world.at(1, ("a.b", 1))
    assert (world.counters.get("rules.judged"), world.counters.get("rules.fired")) == (2, 1)
    assert world.counters.timing("rules.judge").count == 2


# A rule that fails


def break_rule(world, symbol):
    """A rule that asks after `symbol` meets an error, until the returned function is called."""
    original = world.freshness

    def freshness(asked):
        if asked == symbol:
            raise ZeroDivisionError("division by zero")
        return original(asked)

    world.freshness = freshness
    world.engine = world.new_engine()

    def mend():
        world.freshness = original
        world.engine._sight._freshness = original

    return mend


def test_a_rule_that_fails_is_told_once_after_three_times_and_harms_nobody(world, make_rule):
    mend = break_rule(world, "bad.one")
    world.rules(make_rule("a.b > 5 and bad.one > 1", name="broken"), make_rule("a.b > 5", name="sound"))
    world.at(0, ("bad.one", 3))
    world.at(400, ("a.b", 1))  # by now one has to ask whether bad.one is still fresh
    for second in range(401, 420):
        world.at(second, ("a.b", 9))
        assert len(world.events) == (second >= 403), second
    [event] = world.events
    assert (event.source, event.type) == ("rule.broken", EventType.ERROR)
    assert event.message == "The rule broken cannot be judged: division by zero"
    assert world.engine.rule("broken").trouble == "division by zero"
    assert [news.alert.rule for news in world.news] == ["sound"]
    assert world.counters.get("rules.errors") >= 3
    mend()
    world.at(420, ("a.b", 9), ("bad.one", 3))
    assert [news.alert.rule for news in world.news] == ["sound", "broken"]
    assert world.events[1].message == "The rule broken can be judged again"
    assert world.engine.rule("broken").trouble == ""


# More than can be judged


def test_what_finds_no_room_is_counted_told_once_and_made_good_from_the_newest_values(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    for number in range(LIMIT):
        world.collect(("a.b", 1, number / 1000))
    world.collect(("a.b", 9, 10), ("c.d", 1, 10))
    world.collect(("a.b", 9, 11))
    assert world.counters.get("rules.dropped") == 3
    world.at(12)
    assert world.told() == [(11, "FIRED", "")]
    [event] = world.events
    assert event.type is EventType.ERROR
    assert "More numbers came than the rules could be judged by" in event.message
    while not world.engine._inbox.empty():
        world.at(world.clock.seconds + 1)
    assert world.told() == [(11, "FIRED", "")]
    assert len(world.events) == 1


def test_a_second_flood_is_told_again(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    for _ in range(2):
        for _ in range(LIMIT + 1):
            world.collect(("a.b", 1))
        while not world.engine._inbox.empty():
            world.at(world.clock.seconds + 1)
        world.at(world.clock.seconds + 1)
    assert len(world.events) == 2


# What cannot be recorded


def test_a_verdict_that_could_not_be_recorded_is_recorded_later(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    fail = [True]
    original = world.record

    def record(verdict):
        if fail[0]:
            raise OSError("disk full")
        original(verdict)

    world.engine._backlog._record = record
    for second, value in [(0, 9), (1, 1)]:
        try:
            world.at(second, ("a.b", value))
        except OSError:
            continue
    assert world.verdicts == []
    fail[0] = False
    world.at(2)
    assert world.kinds() == ["FIRED", "RESOLVED"]


# The thread


def test_the_thread_judges_what_is_put_and_stops_at_once(world, make_rule):
    recorded = threading.Event()
    engine = Engine(
        record=lambda verdict: recorded.set(),
        tell=world.events.append,
        latest=world.values.get,
        symbols=list,
        freshness=lambda _: None,
        counters=world.counters,
        clock=SystemClock(),
    )
    engine.replace([make_rule("a.b > 5")])
    engine.start()
    assert engine.name == "rules"
    engine.put([Metric(SystemClock().now_ms(), "a.b", "a.b", 9.0, {})])
    assert recorded.wait(30)
    begun = time.monotonic()
    assert engine.stop()
    assert time.monotonic() - begun < 30
    assert not engine.alive()


def test_what_was_handed_over_before_the_stop_is_still_judged(world, make_rule):
    world.rules(make_rule("a.b > 5"))
    world.collect(("a.b", 9))
    world.engine.finish()
    assert world.kinds() == ["FIRED"]
