"""Functions over windows: what they come to, when they are judged, and where their numbers come from."""

import random
import statistics
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oculus.core.event import EventType
from oculus.core.windowstats import WindowStats
from oculus.rules.judging.inbox import LIMIT
from oculus.rules.language.condition import parse
from oculus.rules.language.functions import FUNCTIONS, RANKED, Samples, joined
from oculus.rules.memory.lookup import Lookup
from oculus.rules.memory.recall import Recall, Wish, pause_ms
from oculus.rules.memory.track import MOST, Track

TIMES = [10_000, 20_000, 30_000, 40_000]
VALUES = [4.0, 8.0, 2.0, 6.0]


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("avg", 5), ("min", 2), ("max", 8), ("median", 5), ("p95", 7.7), ("sum", 20), ("count", 4),
        ("stddev", statistics.stdev(VALUES)), ("last", 6), ("change", 2), ("change_pct", 50),
        ("rate", (4 + 2 + 4) / 30),
    ],
)  # fmt: skip
def test_a_function_is_computed_from_the_samples_of_its_window(function, value):
    assert FUNCTIONS[function](Samples(TIMES, VALUES)) == pytest.approx(value)


def test_a_change_is_measured_from_the_last_sample_before_the_window():
    assert FUNCTIONS["change"](Samples(TIMES, VALUES, before=1.0)) == 5
    assert FUNCTIONS["change_pct"](Samples(TIMES, VALUES, before=-3.0)) == 300
    assert FUNCTIONS["change"](Samples([], [], before=1.0)) == 0


def test_an_empty_window_has_no_samples_and_nothing_else():
    values = {name: function(Samples([], [])) for name, function in FUNCTIONS.items()}
    assert values.pop("count") == values.pop("sum") == 0
    assert set(values.values()) == {None}


def test_a_window_takes_in_its_end_and_leaves_out_its_start():
    track = Track(60_000, whole=True)
    for ts_ms, value in zip(TIMES, VALUES, strict=True):
        track.add(ts_ms, value)
    window = track.window(20_000, 40_000)
    assert (window.times, window.values, window.before) == ([30_000, 40_000], [2.0, 6.0], 8.0)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.floats(-1e6, 1e6)), max_size=60),
    st.integers(0, 10**6),
)
def test_memory_and_database_joined_come_to_what_one_window_does(samples, cut):
    by_time = dict(sorted(samples))
    old = {ts: value for ts, value in by_time.items() if ts <= cut}
    new = {ts: value for ts, value in by_time.items() if ts > cut}
    names = [*WindowStats.__struct_fields__]
    whole = Samples([*by_time], [*by_time.values()], 7.0)
    old_span = Samples([*old], [*old.values()], 7.0)
    both = joined(WindowStats(**{n: getattr(old_span, n) for n in names}), Samples([*new], [*new.values()]))
    for name in set(FUNCTIONS) - RANKED:
        expected = FUNCTIONS[name](whole)
        found = FUNCTIONS[name](both)
        assert found is expected or found == pytest.approx(expected, rel=1e-6, abs=1e-2), name


def test_samples_may_come_late_and_twice_and_old_ones_go():
    track, order = Track(100, whole=True), list(range(0, 5000, 10))
    chance = random.Random(4)
    for start in range(0, len(order), 5):  # late by a few samples, never by more than a window
        some = order[start : start + 5]
        for ts_ms in (*chance.sample(some, 5), some[0]):
            track.add(ts_ms, float(ts_ms))
    assert track.window(4880, 4990).times == order[489:]
    assert track.window(4880, 4990).before == 4880
    assert len(track.window(-1, 4990).times) < 100


def test_a_past_that_is_handed_in_fills_no_memory():
    track = Track(100, whole=True)
    for ts_ms in (10_000, 10_010, 10_020, *range(5000)):
        track.add(ts_ms, float(ts_ms))
    assert track.window(9_990, 10_020).times == [10_000, 10_010, 10_020]
    assert track.window(9_990, 10_020).before == 4999
    assert len(track.window(-1, 10_020).times) < 100


def test_a_flood_of_one_symbol_fills_no_memory():
    track = Track(10**9, whole=True)
    for ts_ms in range(MOST + 500):
        track.add(ts_ms, 1.0)
    assert track.window(-1, 10**9).count == MOST
    assert track.cut == 500


def test_a_rule_on_an_average_fires_when_the_window_says_so(world, make_rule):
    world.rules(make_rule("avg(net.http.*, 1m) > 800", clear="avg(net.http.*, 1m) < 500"))
    for second, ms in enumerate((700, 900, 1000, 100, 100, 100, 100)):
        world.at(10 * second, ("net.http.shop", ms))
    assert world.told() == [(20, "FIRED", "net.http.shop"), (50, "RESOLVED", "net.http.shop")]
    [fired, _] = world.news
    assert fired.alert.value == pytest.approx(2600 / 3)
    assert fired.alert.threshold == 800
    assert fired.alert.message == "net.http.shop is 866.667 ms (avg(net.http.shop, 1m) > 800)"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("count(net.ping.gw, 1m) > 0", "net.ping.gw is 1 (count(net.ping.gw, 1m) > 0)"),
        ("change_pct(net.ping.gw, 1m) < 1", "net.ping.gw is 0 % (change_pct(net.ping.gw, 1m) < 1)"),
        ("age(net.ping.gw) < 1", "net.ping.gw is 0 s (age(net.ping.gw) < 1)"),
        ("max(net.ping.gw, 1m) > 1", "net.ping.gw is 9 ms (max(net.ping.gw, 1m) > 1)"),
    ],
)
def test_a_value_is_shown_in_the_unit_of_what_was_computed(world, make_rule, condition, message):
    world.rules(make_rule(condition))
    world.at(0, ("net.ping.gw", 9))
    [fired] = world.news
    assert fired.alert.message == message
    assert f"{fired.alert.value:g} {fired.alert.tags['unit']}".strip() in message


def test_time_alone_moves_a_window(world, make_rule):
    world.collectors["a.b"] = answered = type("Answered", (), {"answered_ms": None, "interval_s": 30.0})()
    world.rules(make_rule("max(a.b, 1m) > 5"), make_rule("count(a.b, 1m) < 1", name="silent"))
    world.at(0, ("a.b", 9))
    world.at(30, ("a.b", 1))
    while world.clock.seconds < 100:
        answered.answered_ms = world.clock.now_ms()
        world.at(world.clock.seconds + 1)
    assert [(world.seconds(n.ts_ms), str(n.kind), n.alert.rule) for n in world.news] == [
        (0, "FIRED", "r"),
        (60, "RESOLVED", "r"),
        (90, "FIRED", "silent"),
    ]


def test_every_second_of_a_window_counts_towards_for(world, make_rule):
    world.rules(make_rule("count(a.b, 1m) == 0", for_="30s", recover_for="10s"))
    world.at(0, ("a.b", 9))
    world.wait(100)
    world.at(100.5, ("a.b", 9))
    world.wait(120)
    assert [t[:2] for t in world.told()] == [(90, "FIRED"), (110.5, "RESOLVED")]


def test_an_age_is_judged_by_the_clock(world, make_rule):
    world.rules(make_rule("age(push.backup.value) > 1m", for_="0s"))
    world.at(10, ("push.backup.value", 1))
    world.wait(80)
    world.at(90, ("push.backup.value", 1))
    assert world.told() == [(71, "FIRED", ""), (90, "RESOLVED", "")]
    assert world.news[0].alert.value == 61


def test_a_stale_symbol_has_no_average_but_a_count(world, make_rule):
    world.rules(make_rule("avg(a.b, 1h) > 5"), make_rule("count(a.b, 1h) > 0", name="heard"))
    world.at(0, ("a.b", 9))
    world.wait(400, every=10)
    assert world.engine.rule("r").instances[0].stale
    assert not world.engine.rule("heard").instances[0].stale
    assert [str(news.kind) for news in world.news] == ["FIRED", "FIRED"]


@pytest.mark.parametrize("away", [0, 3600])
def test_crossing_holds_for_the_one_sample_that_crosses(world, make_rule, away):
    world.rules(
        make_rule("crypto.price.btc_usd crosses_above 100", name="up"),
        make_rule("crypto.price.btc_usd crosses_below 100", name="down"),
    )
    for number, price in enumerate((150, 100, 90, 100, 101, 102, 99, 98)):
        world.at((1 + away) * number, ("crypto.price.btc_usd", price))
        world.wait(world.clock.seconds + 3 if not away else 0)
    fired = [(n.alert.value, n.alert.rule) for n in world.news if n.kind == "FIRED"]
    assert fired == [(90, "down"), (101, "up"), (99, "down")]
    assert len([n for n in world.news if n.kind == "RESOLVED"]) == 3


def test_two_series_cross_whichever_of_them_moves(world, make_rule):
    world.rules(make_rule("crypto.ma.btc_30d crosses_above crypto.ma.btc_60d"))
    world.at(0, ("crypto.ma.btc_30d", 10), ("crypto.ma.btc_60d", 12))
    world.at(10, ("crypto.ma.btc_60d", 11))
    world.at(20, ("crypto.ma.btc_60d", 9))
    world.at(30, ("crypto.ma.btc_30d", 11))
    world.at(40, ("crypto.ma.btc_30d", 8))
    world.at(50, ("crypto.ma.btc_30d", 10), ("crypto.ma.btc_60d", 9))
    assert [t[:2] for t in world.told()] == [(20, "FIRED"), (30, "RESOLVED"), (50, "FIRED")]


def test_a_crossing_is_seen_though_a_newer_sample_of_the_other_series_came_first(world, make_rule):
    world.rules(make_rule("crypto.ma.btc_30d crosses_above crypto.ma.btc_60d"))
    world.at(0, ("crypto.ma.btc_30d", 10), ("crypto.ma.btc_60d", 12))
    world.at(12, ("crypto.ma.btc_60d", 12))
    world.at(13, ("crypto.ma.btc_30d", 13, 10))
    assert [t[1] for t in world.told()] == ["FIRED"]


def test_an_average_can_cross(world, make_rule):
    world.rules(make_rule("a.b crosses_above avg(a.b, 1m)"))
    for number, value in enumerate((5, 4, 3, 9, 9, 9)):
        world.at(10 * number, ("a.b", value))
    assert [t[:2] for t in world.told()] == [(30, "FIRED"), (40, "RESOLVED")]


def test_a_change_in_percent_of_nothing_is_told_once_and_harms_no_other_rule(world, make_rule):
    world.rules(make_rule("change_pct(a.b, 1m) > 50"), make_rule("a.b > 5", name="other"))
    for number in range(20):
        world.at(number, ("a.b", 10 * (number % 2)))
    [event] = world.events
    assert (event.source, event.type) == ("rule.r", EventType.ERROR)
    assert "in percent cannot be said of what was 0" in event.message
    assert len([news for news in world.news if news.alert.rule == "other"]) == 19
    assert world.engine.rule("r").trouble


class Stored:
    """A database in which one sample a minute of a.b is 100, before the engine began to listen."""

    def __init__(self):
        self.asked = []
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.fails = 0

    def history(self, symbols, since_ms):
        self.may_answer.wait(60)
        self.asked.append(("history", tuple(symbols)))
        if self.fails:
            self.fails -= 1
            raise OSError("the disk is gone")
        return [("a.b", NOON_MS - minute * 60_000, 100.0) for minute in range(1, 120)]

    def aggregate(self, symbols, since_ms, until_ms, functions):
        self.asked.append(("aggregate", tuple(symbols), until_ms - since_ms, functions))
        return {"a.b": WindowStats(count=1000, total=100_000.0, low=100.0, high=100.0, median=100.0)}


NOON_MS = 1_767_268_800_000


@pytest.fixture
def stored():
    return Stored()


@pytest.fixture
def remembering(new_world, stored, monkeypatch):
    """A world with that database, whose questions are answered at once on the calling thread."""

    def ask(lookup, wish):
        lookup._give(lookup._answer(wish))

    monkeypatch.setattr(Lookup, "ask", ask)
    return new_world(history=stored.history, aggregate=stored.aggregate)


def test_a_short_window_knows_what_was_stored_before_it_began(remembering, make_rule):
    remembering.rules(make_rule("avg(a.b, 5m) > 90"), make_rule("a.b crosses_below 50", name="fell"))
    remembering.at(1, ("a.b", 40))
    assert sorted(n.alert.rule for n in remembering.news) == ["fell"]  # the average is (4 * 100 + 40) / 5
    remembering.at(2, ("a.b", 400))
    [fired] = [n for n in remembering.news if n.alert.rule == "r"]
    assert fired.alert.value == pytest.approx((4 * 100 + 40 + 400) / 6)


def test_a_long_window_joins_the_database_with_what_came_since(remembering, stored, make_rule):
    remembering.rules(make_rule("max(a.b, 1d) > 500"), make_rule("avg(a.b, 7d) < 50", name="low"))
    remembering.at(1, ("a.b", 400))
    assert remembering.news == []
    remembering.at(2, ("a.b", 501))
    assert remembering.kinds() == ["FIRED"]
    assert {entry[2:] for entry in stored.asked if entry[0] == "aggregate"} == {
        (86_400_000 - 10_000, ("max",)),
        (7 * 86_400_000 - 10_000, ("avg",)),
    }


def test_a_long_window_is_asked_for_anew_now_and_then(remembering, stored, make_rule):
    remembering.rules(make_rule("median(a.b, 1d) > 500"))
    remembering.wait(600, every=1)
    asked = [entry for entry in stored.asked if entry[0] == "aggregate"]
    assert len(asked) == 1 + 600_000 // pause_ms(86_400_000)
    assert asked[0][3] == ("median",)


def test_until_the_past_is_looked_up_a_window_has_no_value():
    wishes = []
    recall = Recall(wishes.append)
    recall.follow([parse("avg(a.b, 5m) > 5"), parse("max(a.b, 2h) > 5")])
    recall.look_up(1_000_000)
    assert [wish.window_ms for wish in wishes] == [0, 7_200_000]
    assert recall.value("avg", "a.b", 300_000, 1_000_000) is None
    recall.samples(wishes[0], [("a.b", 990_000, 3.0)], 1_000_000)
    assert recall.value("avg", "a.b", 300_000, 1_000_000) == 3
    assert recall.value("max", "a.b", 7_200_000, 1_000_000) is None
    recall.answer(wishes[1], {}, 1_000_000)
    assert recall.value("max", "a.b", 7_200_000, 1_000_000) is None  # nothing is stored, then one comes
    assert recall.value("count", "a.b", 7_200_000, 1_000_000) == 0


def test_new_rules_keep_what_is_remembered_and_nothing_is_asked_twice():
    wishes = []
    recall = Recall(wishes.append)
    recall.follow([parse("avg(a.b, 5m) > max(a.b, 2h)"), parse("sum(c.d, 5m) > 1")])
    recall.look_up(1_000_000)
    recall.samples(wishes[0], [("a.b", 990_000, 3.0)], 1_000_000)
    recall.answer(wishes[1], {}, 1_000_000)
    recall.renew()
    recall.follow([parse("min(a.b, 5m) > max(a.b, 2h)")])
    recall.settled()
    recall.look_up(1_000_001)
    assert len(wishes) == 2
    assert recall.value("min", "a.b", 300_000, 1_000_000) == 3
    assert recall.value("sum", "c.d", 300_000, 1_000_000) is None


def test_looking_up_never_holds_up_judging_and_is_tried_again(new_world, stored, make_rule, monkeypatch):
    monkeypatch.setattr("oculus.rules.memory.lookup.AGAIN_S", 0.01)
    stored.may_answer.clear()
    stored.fails = 1
    world = new_world(history=stored.history, aggregate=stored.aggregate)
    lookup = world.engine._lookup
    lookup.start()
    world.rules(make_rule("avg(a.b, 5m) > 90"), make_rule("a.b > 5", name="plain"))
    world.at(1, ("a.b", 100))
    assert [news.alert.rule for news in world.news] == ["plain"]  # the other one does not know yet
    stored.may_answer.set()
    deadline = 200
    while len(world.news) < 2 and deadline:
        threading.Event().wait(0.01)
        world.at(world.clock.seconds + 1)
        deadline -= 1
    assert [news.alert.rule for news in world.news] == ["plain", "r"]
    assert lookup.stop()


def test_a_past_that_cannot_be_looked_up_is_told_once_and_tried_ever_less_often(monkeypatch):
    waited, said = [], []

    def broken(*_):
        raise OSError("the disk is gone")

    lookup = Lookup(broken, broken, lambda _: None, lambda what, well: said.append((what, well)))
    monkeypatch.setattr(lookup.stopping, "wait", waited.append)
    lookup.ask(Wish(("a.b",), 0))
    for _ in range(10):
        with pytest.raises(OSError, match="gone"):
            lookup.step()
    assert waited == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert said == [
        ("Rules cannot look into the past, so their windows have no value: the disk is gone", False)
    ]
    lookup._history = lambda *_: []
    lookup.step()
    assert said[1:] == [("Rules can look into the past again", True)]


def test_a_question_says_how_far_back_the_longest_window_goes():
    wishes = []
    recall = Recall(wishes.append)
    recall.follow([parse("avg(a.b, 5m) > 5"), parse("avg(a.b, 10m) > avg(c.d, 1m)")])
    recall.look_up(1_000_000)
    assert wishes == [Wish(("a.b", "c.d"), 1_000_000 - 600_000)]


@pytest.fixture
def lasting(new_world, monkeypatch):
    """A world whose database has kept every sample; questions are answered at once."""

    def make():
        kept = []

        def history(symbols, since_ms):
            return [sample for sample in kept if sample[0] in symbols]

        world = new_world(history=history, aggregate=lambda *_: {})
        collect = world.collect

        def collect_and_keep(*samples):
            kept.extend((name, world.clock.now_ms(), float(value)) for name, value in samples)
            collect(*samples)

        world.collect = collect_and_keep
        return world

    monkeypatch.setattr(Lookup, "ask", lambda lookup, wish: lookup._give(lookup._answer(wish)))
    return make


def test_samples_that_found_no_room_are_looked_up(lasting, make_rule):
    world = lasting()
    world.rules(make_rule("count(a.b, 1h) > 2100"))
    world.at(1, ("a.b", 1))
    world.at(2)
    for number in range(LIMIT + 200):
        world.clock.seconds = 3 + number / 10
        world.collect(("a.b", 1))
    while not world.engine._inbox.empty():
        world.step()
    world.step()
    world.at(world.clock.seconds + 2)
    assert world.counters.get("rules.dropped") == 200
    [fired] = world.news
    assert fired.alert.value == LIMIT + 201


@pytest.mark.parametrize("restart_at", range(5, 60, 6))
def test_a_restart_changes_nothing_people_hear_of_windows_and_crossings(lasting, make_rule, restart_at):
    rules = [
        make_rule("avg(a.b, 10s) > 5", name="average"),
        make_rule("change(a.b, 8s) > 2", name="change", for_="3s"),
        make_rule("a.b crosses_above 5", name="cross"),
        make_rule("count(a.b, 4s) == 0", name="silent"),
    ]

    def run(restarts):
        world, chance = lasting(), random.Random(5)
        world.rules(*rules)
        for second in range(1, 70):
            comes = second % 2 == 0 and not 30 < second < 40
            world.at(second, *([("a.b", chance.uniform(0, 10))] if comes else []))
            if second in restarts:
                world.restart()
                world.step()
        return [(world.seconds(n.ts_ms), str(n.kind), n.alert.rule) for n in world.news if not n.held]

    assert run({restart_at}) == run(set())
    assert len(run(set())) > 12
