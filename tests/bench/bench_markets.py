"""500 symbols over all providers: what they cost, and how many threads they need.

Aim   under 3 % of one core on average, no more threads than the pool has

Every provider is played by a process of its own, so that its work is not counted as ours. All collectors run
under the real scheduler for a minute from their start on. Each asks at least once in that time, even those
that ask once an hour or a day, so the figure is rather too high.

How much Polymarket says: somebody who listened to the 300 busiest markets (600 tokens) for half a minute in
2026 counted 15 frames and 40 kB a second, and reckoned 250 to 500 frames for all 5000 markets that there were
(on GitHub: "Polymarket 全量市场监听测试报告"). `USUAL` is what he counted, for a third of his tokens; `BUSY`
is what all of Polymarket says, of these tokens alone.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from oculus.collectors import COLLECTORS
from oculus.collectors.prediction.messages import read_frame
from oculus.collectors.scheduler import THREADS, Scheduler
from oculus.collectors.sources.registry import Sources
from oculus.collectors.sources.settings import PolymarketSettings, SourcesSettings
from oculus.collectors.tools import Tools
from oculus.core.clock import SystemClock
from oculus.core.fields import read_special
from serving import Row

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))  # for the fakes
USUAL, BUSY = 15, 475  # frames a second
SECONDS = 60.0
MARKETS = 100  # of two outcomes each
EVENT = "everything"
ENTRIES: list[dict[str, Any]] = [
    {"type": "crypto.price", "assets": [f"coin-{n}" for n in range(150)]},
    *(
        {"type": "stock.price", "name": f"stocks{k}", "tickers": [f"T{k}X{n}" for n in range(50)]}
        for k in range(3)
    ),
    {"type": "stock.index", "indices": ["spx", "nasdaq", "dow", "hsi", "ftse", "dax", "nikkei"]},
    {"type": "stock.sector"},
    {"type": "crypto.ma", "assets": ["bitcoin"]},
    {"type": "crypto.fng"},
    {"type": "crypto.mvrv"},
    {"type": "crypto.altseason"},
]
ODDS = {"type": "polymarket", "markets": [EVENT]}
QUOTA = {"per_minute": 100_000, "per_month": 10_000_000}  # so that nobody waits: the most there can be


def main() -> list[Row]:
    rows = []
    for rate in (USUAL, BUSY):
        with world(rate) as addresses:
            found = measured([*ENTRIES, ODDS], addresses, SECONDS)
        what = f"{found.symbols} symbols over all providers, {rate} messages/s from Polymarket"
        rows += [
            (f"{what}: processor", f"{found.share:.2%} of a core", "", "under 3 %"),
            (f"{what}: threads", f"{found.threads} at most", "", f"no more than the pool: {THREADS}"),
        ]
    return [*rows, ("reading a message of Polymarket", f"{reading_us():.1f} us", "", "")]


class Measured(msgspec.Struct, frozen=True):
    share: float  # of one core
    threads: int  # the most at a time
    symbols: int  # without changes and probabilities


def measured(entries: list[dict[str, Any]], addresses: dict[str, str], seconds: float) -> Measured:
    """Run these collectors for so long."""
    seen: set[str] = set()
    scheduler = Scheduler(
        lambda batch: seen.update(metric.symbol for metric in batch), print, tools=tools(addresses)
    )
    others = set(threading.enumerate())
    cpu, begun = time.process_time(), time.perf_counter()
    scheduler.replace([settings(entry) for entry in entries])
    scheduler.start()
    most = 0
    while time.perf_counter() - begun < seconds:
        most = max(most, len(set(threading.enumerate()) - others))
        time.sleep(0.1)
    share = (time.process_time() - cpu) / (time.perf_counter() - begun)
    scheduler.stop()
    prices = [symbol for symbol in seen if ".change" not in symbol and not symbol.startswith("pred.prob")]
    return Measured(share, most, len(prices))


def settings(entry: dict[str, Any]) -> Any:
    return msgspec.convert(entry, COLLECTORS[entry["type"]].settings_class, dec_hook=read_special)


def tools(addresses: dict[str, str]) -> Tools:
    http = addresses["http"]
    given = {
        name: {"base_url": f"{http}/{name}", **QUOTA}
        for name in SourcesSettings.__struct_fields__
        if name != "polymarket"
    }
    polymarket = PolymarketSettings(
        gamma_url=f"{http}/polymarket_gamma", clob_url=f"{http}/polymarket_clob", ws_url=addresses["ws"]
    )
    sources = msgspec.convert(given, SourcesSettings, dec_hook=read_special)
    sources = msgspec.structs.replace(sources, polymarket=polymarket)
    return Tools(Sources(sources, clock=SystemClock()))


def reading_us() -> float:
    """Microseconds to read one frame, on average."""
    frames = [json.dumps(frame) for frame in itertools.islice(said(random.Random(1)), 2000)]
    begun = time.thread_time()
    for frame in frames:
        read_frame(frame)
    return (time.thread_time() - begun) / len(frames) * 1e6


# The world: every provider, in a process of its own


@contextmanager
def world(rate: float) -> Iterator[dict[str, str]]:
    """Where it is: {"http": ..., "ws": ...}. Polymarket says `rate` messages a second."""
    command = [sys.executable, __file__, "--world", str(rate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield json.loads(child.stdout.readline())
        finally:
            child.terminate()


def be_the_world(rate: float) -> None:
    from fakes.internet import DATA, Internet
    from fakes.polymarket import Socket, book, market
    from fakes.providers import market_chart, play

    def prices(asked: Any) -> Any:
        now = int(time.time())
        row = {"usd": 1.5, "usd_24h_change": 0.1, "last_updated_at": now}
        return dict.fromkeys(asked.params["ids"].split(","), row)

    internet, socket = Internet(), Socket()
    play(internet)
    internet.say("yahoo", "*", DATA / "yahoo/chart_AAPL_open.json")
    internet.say("coingecko", "/simple/price", prices)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    closes = market_chart(61, last=f"{now[:10]}T00:00:00Z", now=now)
    internet.say("coingecko", "/coins/bitcoin/market_chart", closes)
    children = [market(f"m{n}", tokens=[token(2 * n), token(2 * n + 1)]) for n in range(MARKETS)]
    internet.say("polymarket_gamma", "/markets", [])
    internet.say("polymarket_gamma", "/events", [{"slug": EVENT, "markets": children}])
    internet.say("polymarket_clob", "/midpoint", {"mid": "0.51"})
    socket.greeting = [[book(token(n)) for n in range(2 * MARKETS)]]
    sys.stdout.write(json.dumps({"http": internet.url("").rstrip("/"), "ws": socket.url}) + "\n")
    sys.stdout.flush()
    begun = time.monotonic()
    for number, frame in enumerate(said(random.Random(2)), 1):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        socket.say(frame)


def token(number: int) -> str:
    return f"{number:03d}" + "4" * 74


def said(chance: random.Random) -> Iterator[Any]:
    """Messages, in about the mix there is: mostly changes of a market's offers, seen from both its tokens."""
    from fakes.polymarket import book, new_change, touch, trade

    while True:
        number, price = chance.randrange(MARKETS), chance.randrange(10, 90) / 100
        yes, no, now = token(2 * number), token(2 * number + 1), int(time.time() * 1000)
        kind = chance.random()
        if kind < 0.7:
            change = new_change(yes, price, bid=price, ask=price + 0.01, ts_ms=now)
            other = new_change(no, 1 - price, side="SELL", bid=0.99 - price, ask=1 - price, ts_ms=now)
            change["price_changes"] += other["price_changes"]
            yield change
        elif kind < 0.9:
            yield touch(yes, price, price + 0.01, now)
        elif kind < 0.95:
            yield trade(yes, price, now)
        else:
            whole = book(yes, price, price + 0.01, now)
            for side in ("bids", "asks"):
                whole[side] += [{"price": f"{n / 100}", "size": f"{n}"} for n in range(1, 40)]
            yield whole


if __name__ == "__main__":
    if sys.argv[1:2] == ["--world"]:
        be_the_world(float(sys.argv[2]))
    else:
        for row in main():
            print(*row, sep="   ")
