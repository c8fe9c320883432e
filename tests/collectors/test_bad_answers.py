"""Every collector that asks a provider, against every bad answer: nothing is made up, and it gets over it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import pytest

from fakes.internet import DATA, Internet
from fakes.market import Kit
from fakes.polymarket import market
from fakes.providers import play
from oculus.collectors import COLLECTORS
from oculus.collectors.job import Job
from oculus.collectors.market import MarketCollector
from oculus.collectors.scheduler import Scheduler
from oculus.core.errors import OculusError
from oculus.core.fields import read_special


class Case(NamedTuple):
    """One collector that asks one provider."""

    provider: str
    type: str
    settings: dict


COINS, SHARES = {"assets": ["btc"], "fallback": []}, {"tickers": ["AAPL"], "interval": "1m", "fallback": []}
CASES = [
    Case("coingecko", "crypto.price", COINS),
    Case("binance", "crypto.price", {**COINS, "source": "binance"}),
    Case("coinbase", "crypto.price", {**COINS, "source": "coinbase"}),
    Case("kraken", "crypto.price", {**COINS, "source": "kraken"}),
    Case("coingecko", "crypto.ma", {"assets": ["btc"]}),
    Case("alternative_me", "crypto.fng", {}),
    Case("glassnode", "crypto.mvrv", {"source": "glassnode"}),
    Case("bitcoin_data", "crypto.mvrv", {"source": "bitcoin_data"}),
    Case("coinmetrics", "crypto.mvrv", {"source": "coinmetrics"}),
    Case("coingecko", "crypto.altseason", {"source": "coingecko"}),
    Case("coinmarketcap", "crypto.altseason", {"source": "coinmarketcap"}),
    Case("yahoo", "stock.price", SHARES),
    Case("finnhub", "stock.price", {**SHARES, "source": "finnhub"}),
    Case("alphavantage", "stock.price", {**SHARES, "source": "alphavantage"}),
    Case("yahoo", "stock.index", {}),
    Case("yahoo", "stock.sector", {"sectors": ["xlk"]}),
    Case("polymarket_gamma", "polymarket", {"markets": ["will-it-rain"], "stream": False}),
    Case("shop", "http_json", {"name": "shop", "metrics": {"orders": "data.total"}}),
]
KEYS = {name: {"api_key": "a-long-key"} for name in ("alphavantage", "coinmarketcap", "finnhub", "glassnode")}
JSON = {"Content-Type": "application/json"}
BAD = {
    "429 with seconds": {"content": b"slow down", "status": 429, "headers": {"Retry-After": "30"}},
    "429 with a date": {
        "content": b"", "status": 429, "headers": {"Retry-After": "Wed, 25 Nov 2026 15:06:00 GMT"},
    },
    "429 without a time": {"content": {"error": "slow down"}, "status": 429},
    "304 without a question": {"content": b"", "status": 304},
    "a way to another host": {
        "content": b"", "status": 302, "headers": {"Location": "https://consent.example/"},
    },
    "brackets without end": {"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}},
    "HTML with status 200": {"content": DATA / "yahoo/consent.html"},
    "an empty object": {"content": {}},
    "an empty list": {"content": []},
    "null": {"content": None},
    "nulls in the middle": {
        "content": {
            "data": [None], "prices": [None], "bitcoin": None, "chart": {"result": [None]}, "symbol": None,
            "lastPrice": None, "price": None, "result": {"XXBTZUSD": None},
            "Global Quote": {"05. price": None}, "c": None, "t": None, "d": None, "mvrvZscore": None,
            "slug": "will-it-rain", "outcomes": None,
        },
    },
    "words for numbers": {
        "content": {
            "bitcoin": {"usd": "n/a"}, "prices": [["?", "?"]], "data": [{"value": "n/a", "timestamp": "?"}],
            "d": "?", "unixTs": "?", "mvrvZscore": "-",
            "chart": {"result": [{"meta": {"regularMarketPrice": "n/a", "regularMarketTime": "?"}}]},
            "symbol": "?", "lastPrice": "n/a", "price": "?", "c": "?", "t": "?",
            "result": {"XXBTZUSD": {"c": ["?"]}}, "Global Quote": {"05. price": "n/a"},
            "slug": "will-it-rain", "outcomes": "?",
        },
    },
    "a number": {"content": 5},
    "451": {"content": {"code": 0}, "status": 451},
    "401 with a page": {"content": b"<html>", "status": 401, "headers": {"Content-Type": "text/html"}},
    "500": {"content": b"", "status": 500},
    "a body that drips": {"content": b'{"a": 1}' + b" " * 60, "pieces": 60, "pause_s": 0.1},
    "JSON cut short": {"content": b'{"bitcoin": {"usd": 1', "headers": JSON},
    "a body shorter than promised": {"content": b'{"bitcoin": {}}', "declared": 1000, "headers": JSON},
    "another kind of content": {"content": b"\x89PNG", "headers": {"Content-Type": "image/png"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def internet():
    server = Internet()
    yield server
    server.close()


@pytest.fixture
def kit(internet):
    internet.forget()
    made = Kit(internet, **KEYS)
    made.clock.at("2026-11-25T15:04:40Z")
    yield made
    made.close()


PATIENT = {"polymarket": "5s"}  # its interval; the others are asked more seldom


def settings(kit, case, answer=""):
    """Patient on a busy machine, except where time must run out."""
    timeout = "600ms" if answer == "a body that drips" else PATIENT.get(case.type, "30s")
    more = {"url": f"{kit.internet.url('shop')}/stats"} if case.type == "http_json" else {}
    given = {"type": case.type, "timeout": timeout, **case.settings, **more}
    return msgspec.convert(given, COLLECTORS[case.type].settings_class, dec_hook=read_special)


def go_wrong(internet, provider, answer):
    bad = dict(BAD[answer])
    internet.say(provider, "*", bad.pop("content"), **bad)


def go_well(internet):
    internet.forget()
    play(internet)
    internet.say("yahoo", "/v8/finance/chart/XLK", DATA / "yahoo/chart_AAPL_open.json")
    internet.say("polymarket_gamma", "/markets", [market()])
    internet.say("shop", "/stats", {"data": {"total": 42}})


def test_every_collector_of_markets_is_tried():
    markets = {name for name, kind in COLLECTORS.items() if issubclass(kind, MarketCollector)}
    assert markets < {case.type for case in CASES}


@pytest.mark.parametrize("answer", BAD)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.type} by {case.provider}")
def test_nothing_is_made_up_the_reason_is_told_and_it_recovers(kit, internet, case, answer):
    go_wrong(internet, case.provider, answer)
    collector = Job(settings(kit, case, answer), kit.clock, 0.0, kit.tools)
    outcome = collector.ask()
    assert list(outcome.metrics) == []
    if (case.type, answer) == ("polymarket", "an empty list"):  # is how it says that there is no such market
        assert outcome.trouble == "there is no market or event will-it-rain"
    else:
        assert not outcome.answered
        assert outcome.how == "could not ask its source"
    assert len(outcome.trouble) > 15
    assert "Traceback" not in outcome.trouble
    kit.clock.ahead(3700)
    go_well(internet)
    collector._collector.settings = settings(kit, case)
    again = collector.ask()
    assert again.answered, again.trouble
    assert again.metrics
    assert again.trouble == ""


@pytest.mark.parametrize("answer", BAD)
def test_who_asks_by_hand_is_told_the_reason_too(kit, internet, answer):
    go_wrong(internet, "coingecko", answer)
    scheduler = Scheduler(lambda batch: None, lambda event: None, clock=kit.clock, tools=kit.tools)
    scheduler.replace([settings(kit, CASES[0], answer)])
    with pytest.raises(
        OculusError, match=r"crypto.price could not ask its source: CoinGecko: \w+"
    ) as failure:
        scheduler.run_now("crypto.price")
    assert failure.value.what.endswith(scheduler.status()[0].last_error)
    scheduler.stop()
