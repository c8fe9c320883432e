"""Every market source with answers that went wrong in every way that a machine can think of.

Whatever comes, a collector ends with numbers that stand in the answer, or with the reason why there are none:
nothing else is raised, and nothing is made up.
"""

from __future__ import annotations

import contextlib
import json
import math

import msgspec
import pytest
from hypothesis import strategies as st

from fakes import providers
from fakes.fuzz import ANY_JSON, DEEP, as_bytes, fuzzed, mutated, numbers_in, scrambled
from fakes.internet import DATA
from fakes.market import Kit
from oculus.collectors import COLLECTORS
from oculus.collectors.checked import kept
from oculus.collectors.market import MarketCollector
from oculus.collectors.prediction.gamma import read_events, read_markets
from oculus.collectors.prediction.messages import read_frame
from oculus.collectors.prediction.quotes import Quotes
from oculus.collectors.prediction.watched import Watched
from oculus.collectors.sources.complaints import said
from oculus.collectors.sources.reply import Reply
from oculus.core.errors import BadAnswer, SourceError


def saved(name):
    return json.loads((DATA / name).read_bytes())


# kind, settings, the provider that is asked, an answer that is right, and its key where one is needed
WATCHED = {
    "coingecko": ("crypto.price", {"assets": ["btc"], "fallback": []}, saved("coingecko/simple_price.json")),
    "binance": ("crypto.price", {"assets": ["btc"], "source": "binance", "fallback": []},
                saved("binance/ticker_24hr_BTCUSDT.json")),
    "coinbase": ("crypto.price", {"assets": ["btc"], "source": "coinbase", "fallback": []},
                 saved("coinbase/ticker_BTC-USD.json")),
    "kraken": ("crypto.price", {"assets": ["btc"], "source": "kraken", "fallback": []},
               saved("kraken/ticker_XBTUSD.json")),
    "alternative_me": ("crypto.fng", {}, saved("alternative_me/fng.json")),
    "glassnode": ("crypto.mvrv", {"source": "glassnode"}, saved("glassnode/mvrv.json")),
    "bitcoin_data": ("crypto.mvrv", {"source": "bitcoin_data"}, saved("bitcoin_data/last.json")),
    "coinmetrics": ("crypto.mvrv", {"source": "coinmetrics"}, providers.asset_metrics(400)),
    "coingecko days": ("crypto.ma", {"assets": ["btc"], "windows": [3]}, providers.market_chart(12)),
    "coingecko markets": ("crypto.altseason", {"count": 10, "source": "coingecko"},
                          providers.markets(coins=14)),
    "coinmarketcap": ("crypto.altseason", {"count": 10, "source": "coinmarketcap"},
                      providers.listings(coins=14)),
    "yahoo": ("stock.price", {"tickers": ["AAPL"]}, saved("yahoo/chart_AAPL_open.json")),
    "yahoo pence": ("stock.price", {"tickers": ["VOD.L"]}, saved("yahoo/chart_VOD.L_pence.json")),
    "yahoo index": ("stock.index", {"indices": ["spx"]}, saved("yahoo/chart_GSPC.json")),
    "finnhub": ("stock.price", {"tickers": ["AAPL"], "source": "finnhub"}, saved("finnhub/quote_AAPL.json")),
    "alphavantage": ("stock.price", {"tickers": ["IBM"], "source": "alphavantage"},
                     saved("alphavantage/quote_IBM.json")),
}  # fmt: skip
COMPUTED = (
    "coinmetrics",
    "coingecko days",
    "coingecko markets",
    "coinmarketcap",
)  # not quoted, but worked out
NEVER_ZERO = ("crypto.price", "stock.", "crypto.ma")


class Wire:
    """In place of the network: the same bytes to every question."""

    def __init__(self, body):
        self.body = body

    def ask(self, url, question, headers, timeout_s):
        return Reply(status=200, headers={"content-type": "application/json"}, body=self.body)

    def close(self):
        """Nothing is open."""


class Nowhere:
    """An internet that nobody has to reach."""

    def url(self, provider):
        return f"http://{provider}.invalid"


def asked(name, body):
    """The metrics of one run, or None with its reason; whatever else is raised is a mistake of ours."""
    kind_name, settings, _ = WATCHED[name]
    kit = Kit(Nowhere(), **{each: {"api_key": "k" * 8} for each in ("glassnode", "coinmarketcap", "finnhub",
                                                                     "alphavantage")})  # fmt: skip
    kit.clock.at("2026-11-25T15:04:40Z")
    collector = kit.collector(COLLECTORS[kind_name], **settings)
    try:
        for client in {each: kit.sources.get(each) for each in CLIENTS}.values():
            client._transport.close()
            client._transport = Wire(body)
        return collector.collect(), kit
    except SourceError:
        return None, kit
    finally:
        kit.close()


CLIENTS = ("coingecko", "binance", "coinbase", "kraken", "alternative_me", "glassnode", "bitcoin_data",
           "coinmetrics", "coinmarketcap", "yahoo", "finnhub", "alphavantage")  # fmt: skip


def test_every_market_collector_and_every_provider_is_fuzzed():
    markets = {name for name, kind in COLLECTORS.items() if issubclass(kind, MarketCollector)}
    assert markets - {"stock.sector"} == {kind for kind, _, _ in WATCHED.values()}  # a sector is a stock
    assert {name.split()[0] for name in WATCHED} == set(CLIENTS)


@pytest.mark.parametrize("name", WATCHED)
def test_the_right_answer_gives_numbers(name):
    metrics, _ = asked(name, json.dumps(WATCHED[name][2]).encode())
    assert metrics


@pytest.mark.parametrize("name", WATCHED)
def test_a_broken_answer_gives_what_stands_in_it_or_a_reason(name):
    @fuzzed(as_bytes(mutated(WATCHED[name][2])), examples=30)
    def holds(body):
        metrics, kit = asked(name, body)
        for metric in metrics or ():
            assert math.isfinite(metric.value)
            assert 0 < metric.ts_ms <= kit.clock.now_ms()
            if name not in COMPUTED:
                assert stands_in(body, metric), (metric, body)
            if metric.symbol.startswith(NEVER_ZERO) and not metric.symbol.endswith(
                (".change", ".change_24h")
            ):
                assert metric.value > 0
            if metric.category == "crypto.sentiment":
                assert 0 <= metric.value <= 100

    holds()


def stands_in(body, metric):
    """A number is quoted, or reckoned from two that are quoted: pence as pounds, a change in per cent."""
    quoted = list(numbers_in(json.loads(body)))
    if metric.value in quoted or any(math.isclose(metric.value, each / 100) for each in quoted):
        return True
    changes = ((a - b) / b * 100 for a in quoted for b in quoted if b not in (0, math.inf, -math.inf))
    return metric.symbol.endswith(".change") and any(
        math.isclose(metric.value, each, abs_tol=1e-9) for each in changes if math.isfinite(each)
    )


@pytest.mark.parametrize("body", DEEP, ids=["open lists", "open objects", "lists"])
def test_an_answer_as_deep_as_the_sea_is_no_answer(body):
    metrics, _ = asked("coingecko", body)
    assert metrics is None


@fuzzed(ANY_JSON)
def test_whatever_an_error_says_is_short_text(body):
    told = said(body)
    assert isinstance(told, str)
    assert len(told) <= 200


@fuzzed(st.binary(max_size=200), st.text(max_size=40))
def test_any_body_and_any_kind_of_content_can_be_looked_at(body, kind):
    reply = Reply(status=500, headers={"content-type": kind}, body=body)
    assert isinstance(reply.text(), str)
    assert isinstance(reply.message(), str)


# Polymarket

MARKET = {
    "slug": "will-it-rain", "outcomes": '["Yes", "No"]', "outcomePrices": '["0.62", "0.38"]',
    "clobTokenIds": '["111", "222"]', "closed": False, "updatedAt": "2026-11-25T11:58:00Z",
}  # fmt: skip
FRAMES = [
    {"event_type": "book", "asset_id": "111", "timestamp": "1764072000000",
     "bids": [{"price": "0.6", "size": "10"}], "asks": [{"price": "0.64", "size": "10"}]},
    {"event_type": "price_change", "timestamp": "1764072000001", "price_changes": [
        {"asset_id": "111", "price": "0.61", "size": "5", "side": "BUY",
         "best_bid": "0.61", "best_ask": "0.64"}]},
    {"event_type": "best_bid_ask", "asset_id": "111", "best_bid": "0.6", "best_ask": "",
     "timestamp": "1764072000002"},
    {"event_type": "last_trade_price", "asset_id": "111", "price": "0.6", "timestamp": "1764072000003"},
    {"event_type": "tick_size_change", "asset_id": "111", "new_tick_size": "0.001"},
    {"event_type": "market_resolved", "assets_ids": ["111", "222"], "winning_asset_id": "111"},
]  # fmt: skip


@fuzzed(mutated([MARKET]), examples=150)
def test_a_description_of_a_market_holds_prices_between_0_and_1_or_none(answer):
    try:
        markets = read_markets(answer)
    except BadAnswer:
        return
    for market in markets:
        assert len(market.keys) == len(set(market.keys)) == len(market.prices) == len(market.outcomes)
        quoted = set(numbers_in(answer)) | {1.0, 0.0}
        assert all(price is None or (0 <= price <= 1 and price in quoted) for price in market.prices)
        Watched(market, "").describe(market, 1.0, 1_764_072_000_000)


@fuzzed(mutated([{"markets": [MARKET]}]), examples=60)
def test_an_event_is_markets_or_no_answer(answer):
    try:
        markets = read_events(answer)
    except BadAnswer:
        return
    assert all(market.outcomes for market in markets)


@fuzzed(as_bytes(mutated([{**MARKET, "markets": [MARKET, {**MARKET, "slug": "m2"}]}])), examples=60)
def test_whatever_is_said_of_a_market_its_rows_are_odds_of_now_or_before_or_there_is_a_reason(body):
    kit = Kit(Nowhere())
    collector = kit.collector(COLLECTORS["polymarket"], markets=["will-it-rain", "m2"], stream=False)
    found = []
    try:
        for name in ("polymarket_gamma", "polymarket_clob"):
            kit.sources.get(name)._transport.close()
            kit.sources.get(name)._transport = Wire(body)
        for _ in range(3):
            with contextlib.suppress(SourceError):
                found += collector.collect()
            kit.clock.ahead(31)
        kept(found, (), kit.clock.now_ms())
    finally:
        collector.close()
        kit.close()
    for metric in found:
        assert 0 <= metric.value <= 1
        assert metric.ts_ms <= kit.clock.now_ms()


@fuzzed(st.lists(as_bytes(mutated(FRAMES)), min_size=1, max_size=4), examples=150)
def test_frames_of_the_stream_give_prices_between_0_and_1_or_nothing(frames):
    quotes = Quotes()
    for frame in frames:
        quotes.take(read_frame(frame))
    for token in ("111", "222"):
        price = quotes.price(token)
        assert price is None or 0 <= price.value <= 1


@pytest.mark.parametrize("frame", DEEP, ids=["open lists", "open objects", "lists"])
def test_a_frame_as_deep_as_the_sea_says_nothing(frame):
    assert read_frame(frame) == []


@fuzzed(scrambled(json.dumps(FRAMES)), examples=100)
def test_a_frame_of_text_says_something_or_nothing(frame):
    assert isinstance(read_frame(frame), list)


def test_a_description_that_holds_a_well_of_brackets_is_no_answer():
    with pytest.raises(BadAnswer):
        read_markets([{**MARKET, "outcomes": "[" * 100_000}])
    assert msgspec.json.encode(MARKET)
