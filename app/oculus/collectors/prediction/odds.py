"""From prices to rows: the symbols of a market, its probabilities, and what has been written already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from oculus.collectors.prediction.gamma import Market
from oculus.collectors.prediction.quotes import Price
from oculus.collectors.sources.numbers import EARLIEST_MS
from oculus.core.metric import Metric
from oculus.core.symbols import clean

POLY, PROB = "pred.poly", "pred.prob"
NEVER = (EARLIEST_MS, -1.0, EARLIEST_MS)
Make = Callable[..., Metric]  # Collector.metric


@lru_cache(maxsize=4096)
def main_symbols(slug: str) -> tuple[str, str]:
    return (f"{POLY}.{clean(slug)}", f"{PROB}.{clean(slug)}")


def probabilities(prices: Sequence[Price | None]) -> list[float] | None:
    """Shares that sum to 1; None unless every price is known and not all are 0."""
    known = [price.value for price in prices if price is not None]
    total = sum(known)
    return [value / total for value in known] if len(known) == len(prices) and total > 0 else None


class Written:
    """The newest row of each symbol, so that nothing is written twice, be it after a restart.

    A row is its time, its value, and the time that its source gave, which may have been ahead of now.
    """

    def __init__(self, saved: Any = None) -> None:
        pairs = saved.items() if isinstance(saved, dict) else ()
        self._rows = {str(symbol): kept(row) for symbol, row in pairs}

    def saved(self) -> dict[str, list[float]]:
        """May be asked by any thread."""
        return {symbol: list(row) for symbol, row in list(self._rows.items())}

    def newest_ms(self, market: Market) -> int:
        """The time of the newest row of a market; a time long ago when there is none."""
        poly, _ = main_symbols(market.slug)
        return max(self._rows.get(f"{poly}.{key}", NEVER)[0] for key in market.keys)

    def time_for(self, symbol: str, price: Price, now_ms: int) -> int | None:
        """The time under which `price` is to be written; None: it is nothing new.

        A value that changed under an old time is of now: that time was not the price's own.
        """
        ts_ms, (known_ms, known, given_ms) = min(price.ts_ms, now_ms), self._rows.get(symbol, NEVER)
        if price.value == known and (ts_ms <= known_ms or price.ts_ms == given_ms):
            return None
        if ts_ms <= known_ms:
            ts_ms = now_ms
        self._rows[symbol] = (ts_ms, price.value, price.ts_ms)
        return ts_ms


def kept(row: Sequence[float]) -> tuple[int, float, int]:
    """A row as it was saved; once there were only two numbers."""
    ts_ms, value, *given_ms = row
    return int(ts_ms), float(value), int(given_ms[0] if given_ms else ts_ms)


def rows(
    market: Market, prices: Sequence[Price | None], written: Written, make: Make, now_ms: int
) -> list[Metric]:
    """What is new: each outcome under its own name, the first one under the market's name too."""
    tags = {"source": "polymarket", "market": "closed" if market.closed else "open"}
    poly, prob = main_symbols(market.slug)
    found: list[Metric] = []
    for number, (key, price) in enumerate(zip(market.keys, prices, strict=True)):
        ts_ms = written.time_for(f"{poly}.{key}", price, now_ms) if price else None
        if price and ts_ms is not None:
            names = [poly, f"{poly}.{key}"] if number == 0 else [f"{poly}.{key}"]
            found += [make(name, price.value, ts_ms, **tags) for name in names]
    shares = probabilities(prices) if found else None
    if shares:
        newest = max(metric.ts_ms for metric in found)
        pairs = [(prob, shares[0]), *((f"{prob}.{k}", v) for k, v in zip(market.keys, shares, strict=True))]
        made = [make(name, share, newest, **tags) for name, share in pairs]
        found += [
            Metric(m.ts_ms, PROB if m.category == POLY else m.category, m.symbol, m.value, m.tags)
            for m in made
        ]
    return found
