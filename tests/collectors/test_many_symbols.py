"""Five hundred symbols over all providers: what they cost, and how many threads they need."""

from __future__ import annotations

import threading
import time

import msgspec
import pytest

from fakes.internet import DATA, Internet
from fakes.market import Kit
from fakes.polymarket import Socket, book, market
from fakes.providers import play
from oculus.collectors import COLLECTORS
from oculus.collectors.job import Job
from oculus.collectors.prediction.polymarket import OddsSettings
from oculus.collectors.scheduler import Scheduler

CHART = DATA / "yahoo/chart_AAPL_open.json"
PER_MINUTE = {"yahoo": {"per_minute": 10_000}, "coingecko": {"per_minute": 1000}}
ENTRIES = [
    {"type": "crypto.price", "name": "coins", "assets": [f"coin-{n}" for n in range(250)]},
    *(
        {"type": "stock.price", "name": f"stocks{k}", "tickers": [f"T{k}X{n}" for n in range(46)]}
        for k in range(5)
    ),
    {"type": "stock.index", "indices": ["spx", "nasdaq", "dow", "hsi", "ftse", "dax", "nikkei"]},
    {"type": "stock.sector"},
    {"type": "crypto.ma", "assets": ["btc"]},
    {"type": "crypto.fng"},
    {"type": "crypto.mvrv"},
    {"type": "crypto.altseason"},
    {"type": "polymarket", "markets": ["everything"]},
]  # fmt: skip
TOKENS = [f"{number:03d}" + "4" * 74 for number in range(100)]


def prices(asked):
    row = {"usd": 1.5, "usd_24h_change": 0.1, "last_updated_at": 1795617511}
    return dict.fromkeys(asked.params["ids"].split(","), row)


@pytest.fixture
def kit():
    internet = Internet()
    play(internet)
    internet.say("yahoo", "*", CHART)
    internet.say("coingecko", "/simple/price", prices)
    pairs = zip(TOKENS[::2], TOKENS[1::2], strict=True)
    children = [market(f"m{number}", tokens=pair) for number, pair in enumerate(pairs)]
    internet.say("polymarket_gamma", "/markets", [])
    internet.say("polymarket_gamma", "/events", [{"slug": "everything", "markets": children}])
    socket = Socket()
    socket.greeting = [[book(token) for token in TOKENS]]
    made = Kit(internet, ws_url=socket.url, **PER_MINUTE)
    made.clock.at("2026-11-25T15:04:40Z")
    yield made
    made.close()
    socket.close()
    internet.close()


def settings():
    return [msgspec.convert(entry, COLLECTORS[entry["type"]].settings_class) for entry in ENTRIES]


def test_they_cost_less_than_three_hundredths_of_one_core(kit):
    """What their streams cost besides is measured by the benchmark `markets`."""
    share, symbols = 0.0, set()
    for each in settings():
        job = Job(each, kit.clock, 0.0, kit.tools)
        if isinstance(each, OddsSettings):  # its first time is unlike all the others
            symbols |= {metric.symbol for metric in job.ask().metrics}
        begun = time.thread_time()
        outcome = job.ask()
        share += (time.thread_time() - begun) / job.interval_s
        job.leave()
        assert outcome.trouble == ""
        symbols |= {metric.symbol for metric in outcome.metrics}
    assert len([name for name in symbols if "change" not in name]) >= 500
    assert share < 0.03


def test_they_need_no_more_threads_than_the_pool_has_and_one_for_each_stream(kit):
    before = set(threading.enumerate())
    heard = []
    scheduler = Scheduler(heard.extend, lambda event: None, clock=None, threads=3, waiting=1, tools=kit.tools)
    scheduler.replace(settings())
    scheduler.start()
    most, until = 0, time.monotonic() + 60
    while len({metric.symbol for metric in heard}) < 900 and time.monotonic() < until:
        mine = [each.name for each in set(threading.enumerate()) - before]
        most = max(most, sum(name.startswith("collector") for name in mine))
        others = [
            name for name in mine if not name.startswith(("collector", "Thread-"))
        ]  # those are the fakes'
        assert set(others) <= {"scheduler", "sources-deadlines", "polymarket"}
        assert others.count("polymarket") <= 1
        time.sleep(0.01)
    scheduler.stop()
    assert len({metric.symbol for metric in heard}) >= 900
    assert most <= 4
