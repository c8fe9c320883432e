"""Every market collector against every bad answer: nothing is made up, and it gets over it."""

from __future__ import annotations

import msgspec
import pytest

from fakes.internet import DATA, Internet
from fakes.market import Kit
from fakes.providers import play
from oculus.collectors import COLLECTORS
from oculus.collectors.job import Job
from oculus.collectors.market import MarketCollector
from oculus.core.fields import read_special

MARKETS = [name for name, kind in COLLECTORS.items() if issubclass(kind, MarketCollector)]
SETTINGS = {
    "crypto.price": {"assets": ["btc"], "fallback": []},
    "crypto.ma": {"assets": ["btc"]},
    "crypto.mvrv": {"source": "bitcoin_data"},
    "stock.price": {"tickers": ["AAPL"], "interval": "1m"},
    "stock.sector": {"sectors": ["xlk"]},
}
JSON = {"Content-Type": "application/json"}
BAD = {
    "429 with seconds": {"content": b"slow down", "status": 429, "headers": {"Retry-After": "30"}},
    "429 with a date": {
        "content": b"", "status": 429, "headers": {"Retry-After": "Wed, 25 Nov 2026 15:06:00 GMT"},
    },
    "HTML with status 200": {"content": DATA / "yahoo/consent.html"},
    "an empty object": {"content": {}},
    "an empty list": {"content": []},
    "null": {"content": None},
    "nulls in the middle": {
        "content": {"data": [None], "prices": [None], "bitcoin": None, "chart": {"result": [None]}},
    },
    "words for numbers": {
        "content": {
            "bitcoin": {"usd": "n/a"}, "prices": [["?", "?"]], "data": [{"value": "n/a", "timestamp": "?"}],
            "d": "?", "unixTs": "?", "mvrvZscore": "-",
            "chart": {"result": [{"meta": {"regularMarketPrice": "n/a", "regularMarketTime": "?"}}]},
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
    made = Kit(internet)
    made.clock.at("2026-11-25T15:04:40Z")
    yield made
    made.close()


def job(kit, name):
    kind = COLLECTORS[name].settings_class
    settings = {"type": name, "timeout": "300ms", **SETTINGS.get(name, {})}
    return Job(msgspec.convert(settings, kind, dec_hook=read_special), kit.clock, 0.0, kit.tools)


@pytest.mark.parametrize("answer", BAD)
@pytest.mark.parametrize("name", MARKETS)
def test_nothing_is_made_up_the_reason_is_told_and_it_recovers(kit, internet, name, answer):
    provider = COLLECTORS[name](job(kit, name).settings).provider()
    bad = dict(BAD[answer])
    internet.say(provider, "*", bad.pop("content"), **bad)
    collector = job(kit, name)
    outcome = collector.ask()
    assert list(outcome.metrics) == []
    assert not outcome.answered
    assert outcome.how == "could not ask its source"
    assert len(outcome.trouble) > 15
    assert "Traceback" not in outcome.trouble
    kit.clock.ahead(3700)
    internet.forget()
    play(internet)
    internet.say("yahoo", "/v8/finance/chart/XLK", DATA / "yahoo/chart_AAPL_open.json")
    again = collector.ask()
    assert again.answered, again.trouble
    assert again.metrics
    assert again.trouble == ""
