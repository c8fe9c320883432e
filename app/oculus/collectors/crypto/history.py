"""Daily closes from CoinGecko and Coinbase. A close belongs to the UTC day that it ends.

Every `parse_...` raises BadAnswer for what is no such answer, and leaves out the day that still runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from oculus.collectors.sources.numbers import day_of, ms_of_ms, ms_of_seconds, price
from oculus.core.errors import BadAnswer

DAY_MS = 86_400_000
ONE_DAY = timedelta(days=1)
Days = dict[date, float]


def parse_market_chart(answer: Any, now_ms: int) -> Days:
    """CoinGecko's points at midnight, each the close of the day before. The last one is "now": dropped."""
    points = answer.get("prices") if isinstance(answer, dict) else None
    if not isinstance(points, list):
        raise BadAnswer("CoinGecko", "answered without daily prices")
    days: Days = {}
    for point in points:
        ms, value = pair(point, 0, 1)
        moment = ms_of_ms(ms)
        if moment is None or value is None or moment % DAY_MS or moment > now_ms:
            continue
        days[day_of(moment) - ONE_DAY] = value
    return days


def parse_candles(answer: Any, now_ms: int) -> Days:
    """Coinbase's candles of a day: [begin in s, low, high, open, close, volume], newest first."""
    if not isinstance(answer, list):
        raise BadAnswer("Coinbase", "answered without candles")
    read = (pair(row, 0, 4) for row in answer)
    begun = ((ms_of_seconds(begin), close) for begin, close in read)
    return over(begun, now_ms)


def over(candles: Any, now_ms: int) -> Days:
    """The closes of those days that are over."""
    return {
        day_of(begin): close
        for begin, close in candles
        if begin is not None and close is not None and begin + DAY_MS <= now_ms
    }


def pair(row: Any, first: int, second: int) -> tuple[Any, float | None]:
    """Two places of a row, the second as a price; (None, None) for what is no such row."""
    if not isinstance(row, Sequence) or isinstance(row, str) or len(row) <= max(first, second):
        return None, None
    return row[first], price(row[second])
