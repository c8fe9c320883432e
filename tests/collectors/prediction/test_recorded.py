"""What Polymarket was recorded to say, played back; skipped where the recordings are missing."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from oculus.collectors.prediction.gamma import read_events, read_markets
from oculus.collectors.prediction.messages import Resolved, Tick, read_frame
from oculus.collectors.prediction.odds import Written, rows
from oculus.collectors.prediction.quotes import Price, Quotes
from oculus.core.errors import BadAnswer
from oculus.core.metric import Metric

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "polymarket"
FILES = sorted(path.name for path in RECORDED.glob("*")) if RECORDED.exists() else []
pytestmark = pytest.mark.skipif(not FILES, reason="the recordings are not here")
DESCRIPTIONS = [name for name in FILES if name.startswith("gamma_market_")]


def recorded(name):
    return json.loads((RECORDED / name).read_text("utf-8"))


def price(*names, token=None):
    quotes = Quotes()
    for name in names:
        quotes.take(read_frame((RECORDED / name).read_text("utf-8")))
    found = quotes.price(token or recorded(names[0])["asset_id"])
    return found and tuple(found)


@pytest.mark.parametrize("name", FILES)
def test_whatever_was_recorded_is_read_or_refused_in_words(name):
    text = (RECORDED / name).read_text("utf-8")
    read_frame(text)
    if name.endswith(".json"):
        for reader in (read_markets, read_events):
            with contextlib.suppress(BadAnswer):
                reader(json.loads(text))


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_markets_prices_and_result_are_those_in_the_file(name):
    given = recorded(name)
    [market] = read_markets(given)
    prices = [float(each) for each in json.loads(given["outcomePrices"])]
    assert (market.slug, market.closed) == (given["slug"], given["closed"])
    assert list(market.outcomes) == json.loads(given["outcomes"])
    assert list(market.tokens) == json.loads(given["clobTokenIds"])
    assert list(market.prices) == (prices if any(prices) else [None, None])
    assert market.winner == (prices.index(1.0) if given["closed"] and 1.0 in prices else None)


def test_rows_of_a_recorded_market_hold_its_prices():
    [market] = read_markets(recorded("gamma_market_btc_updown_5m.json"))
    prices = [Price(value, market.updated_ms) for value in market.prices]

    def make(symbol, value, ts_ms, **tags):
        return Metric(ts_ms, "pred.poly", symbol, value, tags)

    made = rows(market, prices, Written(), make, market.updated_ms)
    slug = "btc-updown-5m-1773307200"
    assert {metric.symbol: metric.value for metric in made} == {
        f"pred.poly.{slug}": 0.505, f"pred.poly.{slug}.up": 0.505, f"pred.poly.{slug}.down": 0.495,
        f"pred.prob.{slug}": 0.505, f"pred.prob.{slug}.up": 0.505, f"pred.prob.{slug}.down": 0.495,
    }  # fmt: skip


def test_an_event_is_all_the_markets_in_the_file():
    given = recorded("gamma_events_negrisk_2028_nominee.json")
    event = given[0] if isinstance(given, list) else given
    assert [market.slug for market in read_events(given)] == [each["slug"] for each in event["markets"]]


def test_the_books_middle_is_the_price():
    assert price("ws_book_real.json") == (0.5125, int(recorded("ws_book_real.json")["timestamp"]))
    wrapped = recorded("ws_book_wrapped_in_list.json")[0]["asset_id"]
    assert price("ws_book_wrapped_in_list.json", token=wrapped)[0] == 0.5125


def test_changes_move_the_price():
    assert price("ws_book_real.json", "ws_price_change_old_shape.json")[0] == 0.5125
    changed = recorded("ws_price_change_new_shape.json")["price_changes"][0]["asset_id"]
    assert price("ws_price_change_new_shape.json", token=changed)[0] == 0.65
    assert price("ws_best_bid_ask.json")[0] == 0.75
    assert price("ws_last_trade_price.json") == (0.491, 1_724_564_136_087)


def test_ends_and_ticks_are_understood():
    [end] = read_frame((RECORDED / "ws_market_resolved.json").read_text())
    given = recorded("ws_market_resolved.json")
    assert end == Resolved(tuple(given["assets_ids"]), given["winning_asset_id"])
    [tick] = read_frame((RECORDED / "ws_tick_size_change.json").read_text())
    assert isinstance(tick, Tick)
    assert tick.size == 0.001
