"""Polymarket: listened to, asked where that is not enough, and told about when it ends."""

import threading

import pytest

from fakes.polymarket import NO, YES, book, market, now_ms, old_change, touch, trade
from fakes.waiting import eventually
from oculus.collectors.prediction.polymarket import OddsSettings
from oculus.collectors.prediction.stream import Pace
from oculus.core.durations import Duration
from oculus.core.errors import SourceError

GAMMA, CLOB = "polymarket_gamma", "polymarket_clob"
RAIN = "will-it-rain"


def streams():
    return [thread for thread in threading.enumerate() if thread.name == "polymarket"]


@pytest.fixture
def heard(world):
    """A collector whose stream has told about both outcomes."""
    collector = world.collector()
    world.run(collector)
    world.listening(collector)
    now = world.clock.now_ms()
    world.hears(collector, [book(YES, 0.50, 0.52, now), book(NO, 0.46, 0.48, now)])
    eventually(lambda: collector._quotes.price(NO))
    return collector


# Rows


def test_before_the_stream_has_said_anything_the_description_speaks(world):
    collector = world.collector(stream=False)
    metrics = collector.collect()
    found = {metric.symbol: metric.value for metric in metrics}
    assert found == {
        "pred.poly.will-it-rain": 0.505,
        "pred.poly.will-it-rain.yes": 0.505,
        "pred.poly.will-it-rain.no": 0.495,
        "pred.prob.will-it-rain": 0.505,
        "pred.prob.will-it-rain.yes": 0.505,
        "pred.prob.will-it-rain.no": 0.495,
    }
    assert {metric.category for metric in metrics} == {"pred.poly", "pred.prob"}
    assert all(metric.category == metric.symbol[:9] for metric in metrics)
    assert metrics[0].tags == {"source": "polymarket", "market": "open"}
    assert metrics[0].ts_ms == 1_795_607_970_123  # its own time: updatedAt


def test_the_stream_is_read_once_an_interval_however_much_it_says(world, heard):
    assert world.run(heard)["poly.will-it-rain"] == 0.51
    now = world.clock.now_ms()
    for cent in range(20):
        world.hears(heard, touch(YES, 0.30 + cent / 100, 0.32 + cent / 100, now + cent))
    found = [m for m in (world.clock.ahead(5), heard.collect())[1] if m.symbol == "pred.poly.will-it-rain"]
    assert [(m.value, m.ts_ms) for m in found] == [(0.5, now + 19)]
    assert world.run(heard) == {}, "nothing has moved since"


def test_probabilities_of_one_market_sum_to_1(world, heard):
    found = world.run(heard)
    assert found["poly.will-it-rain.yes"] + found["poly.will-it-rain.no"] == pytest.approx(0.98)
    assert found["prob.will-it-rain.yes"] + found["prob.will-it-rain.no"] == pytest.approx(1)
    assert found["prob.will-it-rain"] == pytest.approx(0.51 / 0.98)
    assert heard.said == "1 market open, 1 heard by the stream; 6 new numbers"


def test_an_outcome_without_a_price_has_no_row_and_nothing_is_called_likely(world):
    world.internet.say(GAMMA, "/markets", [market(prices=["0.5", "x"])])
    collector = world.collector(stream=False)
    assert world.run(collector) == {"poly.will-it-rain": 0.5, "poly.will-it-rain.yes": 0.5}


@pytest.mark.parametrize("prices", [["0", "0"], ["1.5", "-3"], []])
def test_no_price_is_ever_made_up(world, prices):
    world.internet.say(GAMMA, "/markets", [market(prices=prices)])
    assert world.run(world.collector(stream=False)) == {}


def test_names_of_teams_become_parts_of_symbols(world):
    world.internet.say(GAMMA, "/markets", [market(outcomes=["LA Lakers", "St. Louis / B"])])
    found = world.run(world.collector(stream=False))
    assert {"poly.will-it-rain.la-lakers", "poly.will-it-rain.st.-louis---b"} < found.keys()


def test_an_event_is_all_its_markets(world):
    children = [market("a-wins", tokens=["5", "6"]), market("b-wins", tokens=["7", "8"])]
    world.internet.say(GAMMA, "/markets", [])
    world.internet.say(GAMMA, "/events", [{"slug": "who-wins", "markets": children}])
    collector = world.collector(markets=["who-wins"])
    assert {"poly.a-wins", "poly.b-wins"} < world.run(collector).keys()
    eventually(lambda: world.socket.subscribed)
    assert world.socket.subscribed[0]["assets_ids"] == ["5", "6", "7", "8"]


def test_all_markets_of_an_event_are_described_at_once_and_new_ones_are_found(world):
    children = [market(f"m{n}", tokens=[f"{n}1", f"{n}2"]) for n in range(20)]
    world.internet.say(GAMMA, "/markets", [])
    world.internet.say(GAMMA, "/events", [{"slug": "who-wins", "markets": children}])
    collector = world.collector(markets=["who-wins"], stream=False)
    world.run(collector)
    children.append(market("late", tokens=["a", "b"]))
    world.internet.say(GAMMA, "/events", [{"slug": "who-wins", "markets": children}])
    asked = world.internet.count(GAMMA)
    assert "poly.late" in world.run(collector, 31)
    assert world.internet.count(GAMMA) - asked == 1


def test_an_unknown_market_is_told_and_the_others_go_on(world):
    answer = world.internet._answer

    def known(asked):
        return answer([market()] if asked.params["slug"] == RAIN else [], 200, {}, {})

    world.internet.say(GAMMA, "/markets", known)
    collector = world.collector(markets=["will-it-rian", RAIN], stream=False)
    assert world.run(collector)["poly.will-it-rain"] == 0.505
    assert collector.trouble == "there is no market or event will-it-rian"


def test_a_price_that_changed_under_an_old_time_is_of_now(world):
    collector = world.collector(stream=False)
    world.run(collector)
    world.internet.say(GAMMA, "/markets", [market(prices=["0.6", "0.4"])])
    world.clock.ahead(31)
    times = {metric.symbol: metric.ts_ms for metric in collector.collect()}
    assert times["pred.poly.will-it-rain"] == world.clock.now_ms()


@pytest.mark.parametrize("tokens", [[YES], [YES, ""], [], [YES, YES], [YES, YES, NO]])
def test_a_market_whose_tokens_are_not_all_known_is_not_listened_to(world, tokens):
    world.internet.say(GAMMA, "/markets", [market(tokens=tokens)])
    collector = world.collector()
    assert world.run(collector)["poly.will-it-rain"] == 0.505
    assert collector._streams.running == []


def test_a_restart_writes_no_row_twice(world):
    world.run(world.collector(stream=False))
    again = world.collector(stream=False)
    assert world.run(again) == {}


def test_a_restart_writes_no_row_twice_that_was_written_a_moment_before_it(world, heard):
    world.run(heard)
    now = world.clock.now_ms()
    world.hears(heard, touch(YES, 0.60, 0.62, now))
    assert world.run(heard)["poly.will-it-rain"] == 0.61
    heard.close()
    world.socket.greeting = [[book(YES, 0.60, 0.62, now), book(NO, 0.46, 0.48, 1)]]
    again = world.collector()
    assert "poly.will-it-rain" not in world.run(again)
    eventually(lambda: again._quotes.price(YES))
    assert "poly.will-it-rain" not in world.run(again)


def test_a_time_in_the_future_is_clipped_and_counted(world):
    world.internet.say(GAMMA, "/markets", [market(updatedAt="2030-01-01T00:00:00Z")])
    metrics = world.collector(stream=False).collect()
    assert {metric.ts_ms for metric in metrics} == {world.clock.now_ms()}
    assert world.kit.counters.get("collectors.clipped") == 1


def test_a_time_in_the_future_that_does_not_move_is_written_once_also_across_a_restart(world):
    world.internet.say(GAMMA, "/markets", [market(updatedAt="2030-01-01T00:00:00Z")])
    collector = world.collector(stream=False)
    assert world.run(collector)
    assert world.run(collector, 31) == {}
    collector.close()
    assert world.run(world.collector(stream=False), 31) == {}


def test_a_source_whose_clock_was_put_right_has_its_own_time_again(world):
    world.internet.say(GAMMA, "/markets", [market(updatedAt="2030-01-01T00:00:00Z")])
    collector = world.collector(stream=False)
    collector.collect()
    right = market(prices=["0.6", "0.4"], updatedAt="2026-11-25T12:00:30Z")
    world.internet.say(GAMMA, "/markets", [right])
    world.clock.ahead(60)
    assert {metric.ts_ms for metric in collector.collect()} == {1_795_608_030_000}


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:01Z", "1990-01-01T00:00:00Z"])
def test_a_price_with_a_time_from_nowhere_is_of_now(world, moment):
    world.internet.say(GAMMA, "/markets", [market(updatedAt=moment)])
    metrics = world.collector(stream=False).collect()
    assert {metric.ts_ms for metric in metrics} == {world.clock.now_ms()}


def test_so_is_one_that_the_stream_gives_such_a_time(world):
    collector = world.collector()
    world.run(collector)
    world.listening(collector)
    world.hears(collector, [book(YES, 0.60, 0.62, 1_764), book(NO, 0.36, 0.38, 1_764)])
    eventually(lambda: collector._quotes.price(NO))
    assert {metric.ts_ms for metric in collector.collect()} == {world.clock.now_ms()}


# The socket


def test_it_subscribes_pings_and_takes_pong_and_text_for_no_news(world, heard):
    assert world.socket.subscribed[0] == {
        "assets_ids": [YES, NO], "type": "market", "custom_feature_enabled": True,
    }  # fmt: skip
    world.socket.say("PONG", "NO NEW ASSETS", "{", "[null]")
    pings = world.socket.pings
    eventually(lambda: world.socket.pings >= pings + 2)
    assert len(world.socket.subscribed) == 1
    assert world.run(heard)["poly.will-it-rain"] == 0.51


def test_a_dropped_socket_comes_back_by_itself(world, heard):
    world.run(heard)
    world.socket.greeting = [[book(YES, 0.60, 0.62, now_ms()), book(NO, 0.38, 0.40, now_ms())]]
    world.socket.drop()
    eventually(lambda: len(world.socket.subscribed) == 2)
    eventually(lambda: heard._quotes.price(YES) and heard._quotes.price(NO))
    assert world.run(heard)["poly.will-it-rain"] == 0.61


def test_missing_pong_makes_a_new_connection(world):
    world.socket.mute = True
    collector = world.collector(pace=Pace(ping=0.05, pong=0.3, look=0.01, shortest_wait=0.02))
    world.run(collector)
    eventually(lambda: len(world.socket.subscribed) >= 2)


def test_silence_makes_a_new_connection_although_pong_comes(world):
    collector = world.collector(pace=Pace(ping=0.05, silence=0.3, look=0.01, shortest_wait=0.02))
    world.run(collector)
    eventually(lambda: len(world.socket.subscribed) >= 2)


def test_while_the_socket_is_down_the_description_is_asked_every_half_minute(world, heard):
    world.run(heard)
    world.socket.shut = True
    world.socket.drop()
    eventually(lambda: heard._quotes.price(YES) is None)
    world.internet.say(GAMMA, "/markets", [market(prices=["0.7", "0.3"])])
    asked = world.internet.count(GAMMA)
    assert world.run(heard) == {}, "a moment of silence is no reason to ask"
    found = {}
    for _ in range(11):
        found |= world.run(heard)
    assert found["poly.will-it-rain"] == 0.7
    assert 1 <= world.internet.count(GAMMA) - asked <= 3
    eventually(lambda: "503" in heard._streams.running[0].trouble)
    heard._streams.running[0].since -= 60
    world.run(heard)
    assert "the stream is down (it was answered 503)" in heard.trouble


def the_socket_drops(world, heard):
    """After the price has moved away from that of the description."""
    world.run(heard)
    now = world.clock.now_ms()
    world.hears(heard, [touch(YES, 0.80, 0.82, now), touch(NO, 0.18, 0.20, now)])
    world.run(heard)
    world.socket.shut = True
    world.socket.drop()
    eventually(lambda: heard._quotes.price(YES) is None)


def test_old_prices_of_the_description_do_not_come_back_when_the_socket_drops(world, heard):
    the_socket_drops(world, heard)
    assert world.run(heard) == {}


def test_with_neither_socket_nor_answers_nothing_is_written(world, heard):
    the_socket_drops(world, heard)
    world.internet.say(GAMMA, "/markets", {}, status=500)
    failures = 0
    for _ in range(20):
        try:
            assert world.run(heard) == {}
        except SourceError:
            failures += 1
    assert failures > 5


def test_a_frozen_stream_is_found_out_by_asking(world, heard, caplog):
    world.run(heard)
    world.internet.say(CLOB, "/midpoint", {"mid": "0.70"})
    world.run(heard, 60)
    assert len(world.socket.subscribed) == 1, "once may be chance"
    world.run(heard, 10)
    eventually(lambda: len(world.socket.subscribed) == 2)
    assert world.kit.counters.get("polymarket.frozen") == 1
    assert "the stream stood still while will-it-rain moved" in caplog.text
    world.internet.say(GAMMA, "/markets", [market(prices=["0.7", "0.3"])])
    world.run(heard)
    assert world.run(heard, 30)["poly.will-it-rain"] == 0.7


def test_a_lively_stream_is_not_called_frozen(world, heard):
    world.internet.say(CLOB, "/midpoint", {"mid": "0.70"})
    for turn in range(3):
        world.hears(heard, touch(YES, 0.50, 0.53 - turn / 100, world.clock.now_ms() + turn))
        world.run(heard, 61)
    assert len(world.socket.subscribed) == 1


@pytest.mark.parametrize("answer", [{}, {"mid": None}, {"mid": "x"}, []])
def test_a_comparison_without_a_number_proves_nothing(world, heard, answer):
    world.internet.say(CLOB, "/midpoint", answer)
    for _ in range(3):
        world.run(heard, 61)
    assert len(world.socket.subscribed) == 1
    assert heard.trouble == ""


def test_a_market_that_is_not_traded_yet_is_asked_for_every_half_minute_and_then_listened_to(world):
    world.internet.say(GAMMA, "/markets", [market(tokens=[], prices=["0.4", "0.6"])])
    collector = world.collector()
    assert world.run(collector)["poly.will-it-rain"] == 0.4
    assert collector._streams.running == []
    later = market(tokens=[], prices=["0.41", "0.59"], updatedAt="2026-11-25T12:00:20Z")
    world.internet.say(GAMMA, "/markets", [later])
    asked = world.internet.count(GAMMA)
    found = {}
    for _ in range(12):
        found |= world.run(collector)
    assert found["poly.will-it-rain"] == 0.41
    assert world.internet.count(GAMMA) - asked == 2
    world.internet.say(GAMMA, "/markets", [market()])
    world.run(collector, 31)
    eventually(lambda: world.socket.subscribed)


# Ends


def test_a_resolved_market_ends_with_its_result_and_one_event(world, heard):
    world.run(heard)
    said = {"event_type": "market_resolved", "assets_ids": [YES, NO], "winning_asset_id": NO}
    world.hears(heard, said)
    found = world.run(heard)
    assert (found["poly.will-it-rain.yes"], found["poly.will-it-rain.no"]) == (0.0, 1.0)
    assert heard.news == ["the market will-it-rain is closed; the result is No"]
    assert world.run(heard) == {}
    assert len(heard.news) == 1
    eventually(lambda: not streams())


def test_a_market_that_closes_unheard_is_noticed_by_asking(world, heard):
    world.run(heard)
    world.internet.say(GAMMA, "/markets", [market(prices=["1", "0"], closed=True)])
    found = world.run(heard, 601)
    assert found["poly.will-it-rain"] == 1.0
    assert heard.news == ["the market will-it-rain is closed; the result is Yes"]


@pytest.mark.parametrize("prices", [["0", "0"], ["0.5", "0.5"], ["0.4", "0"], ["1", "1"]])
def test_a_closed_market_without_a_result_gets_no_last_price(world, prices):
    world.internet.say(GAMMA, "/markets", [market(prices=prices, closed=True)])
    collector = world.collector()
    assert world.run(collector) == {}
    assert collector.news == ["the market will-it-rain is closed; its result is not known yet"]
    assert collector.rest_s > 60


def test_a_market_that_is_only_found_among_the_closed_is_told(world):
    answer = world.internet._answer

    def known(asked):
        return answer(
            [market(closed=True, prices=["1", "0"])] if "closed" in asked.params else [], 200, {}, {}
        )

    world.internet.say(GAMMA, "/markets", known)
    collector = world.collector()
    assert world.run(collector)["poly.will-it-rain"] == 1.0
    assert collector.news == ["the market will-it-rain is closed; the result is Yes"]


def test_a_market_without_an_order_book_is_described_at_once_for_it_may_be_over(world, heard):
    world.run(heard)
    world.internet.say(GAMMA, "/markets", [market(prices=["1", "0"], closed=True)])
    world.internet.say(CLOB, "/midpoint", {"error": "No orderbook exists"}, status=404)
    world.run(heard, 61)
    assert world.run(heard)["poly.will-it-rain"] == 1.0


def test_a_restart_does_not_tell_again_of_a_market_that_has_ended(world):
    world.internet.say(GAMMA, "/markets", [market(prices=["1", "0"], closed=True)])
    world.run(world.collector())
    again = world.collector()
    assert world.run(again) == {}
    assert again.news == []


# Failures


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"content": {}}, "has no slug"),
        ({"content": None}, "has no slug"),
        ({"content": [market() | {"outcomes": "[broken"}]}, "outcomes that cannot be read"),
        ({"content": [market() | {"outcomes": "[]"}]}, "has no outcomes"),
        ({"content": b'[{"slug": "will'}, "is cut short"),
        ({"content": b"<html>", "headers": {"Content-Type": "text/html"}}, "text/html instead of JSON"),
        ({"content": {"error": "slow down"}, "status": 429, "headers": {"Retry-After": "7"}}, "too often"),
        ({"content": {}, "status": 451}, "does not serve this country"),
        ({"content": {}, "status": 500}, "answered 500"),
    ],
)
def test_an_answer_of_no_use_is_told_until_a_good_one_comes(world, how, words):
    world.internet.say(GAMMA, "/markets", how.pop("content"), **how)
    collector = world.collector(stream=False)
    with pytest.raises(SourceError, match=words):
        world.run(collector)
    with pytest.raises(SourceError, match=words):
        world.run(collector, 1)
    world.internet.say(GAMMA, "/markets", [market()])
    assert world.run(collector, 3600)["poly.will-it-rain"] == 0.505
    assert collector.trouble == ""


def test_a_slow_answer_ends_in_time(world):
    world.internet.say(GAMMA, "/markets", [market()], pause_s=0.2, pieces=20)
    collector = world.collector(stream=False, timeout="400ms")
    with pytest.raises(SourceError, match="did not answer within"):
        world.run(collector)


def test_its_thread_ends_with_it(world, heard):
    assert len(streams()) == 1
    heard.close()
    eventually(lambda: not streams())
    world.run(heard)
    assert streams() == []


def test_many_tokens_share_few_sockets(world):
    children = [market(f"m{n}", tokens=[f"{n}1", f"{n}2"]) for n in range(150)]
    world.internet.say(GAMMA, "/markets", [])
    world.internet.say(GAMMA, "/events", [{"slug": "big", "markets": children}])
    collector = world.collector(markets=["big"])
    world.run(collector)
    eventually(lambda: len(world.socket.subscribed) == 2)
    assert sorted(len(each["assets_ids"]) for each in world.socket.subscribed) == [100, 200]


def test_a_row_more_often_than_every_5_s_is_a_mistake():
    with pytest.raises(ValueError, match="interval 2s is too short; write 5s or more"):
        OddsSettings(markets=["a"], interval=Duration(seconds=2), timeout=Duration(seconds=1))


def test_the_old_shape_of_changes_moves_the_price(world, heard):
    world.run(heard)
    world.hears(heard, old_change(YES, 0.51, 10, "BUY", world.clock.now_ms()))
    assert world.run(heard)["poly.will-it-rain"] == 0.515


def test_offers_far_apart_count_by_the_last_trade(world, heard):
    world.run(heard)
    world.hears(heard, touch(YES, 0.20, 0.60, world.clock.now_ms()), trade(YES, 0.33, world.clock.now_ms()))
    eventually(lambda: heard._quotes.price(YES) and heard._quotes.price(YES).value == 0.33)
    assert world.run(heard)["poly.will-it-rain"] == 0.33


def test_what_an_older_oculus_has_kept_is_understood(world):
    world.memory.save("polymarket.polymarket", {"pred.poly.will-it-rain.yes": [1_795_607_970_123, 0.505]})
    assert "poly.will-it-rain.yes" not in world.run(world.collector(stream=False))
