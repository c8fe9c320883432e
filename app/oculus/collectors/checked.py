"""What a collector returned, and says of itself, held against what can be kept: it may be anybody's code."""

from __future__ import annotations

import math
from collections.abc import Container

from msgspec import structs

from oculus.collectors.custom.moment import EARLIEST_MS, LATEST_MS
from oculus.core.metric import Metric
from oculus.core.symbols import VALID

LONGEST = 2000  # characters


def kept(given: object, known: Container[str], now_ms: int) -> list[Metric]:
    """The metrics, none of them ahead of now. `known` are symbols that need no second look.

    Raises TypeError or ValueError, worded for whoever wrote the collector.
    """
    if not isinstance(given, list):
        raise TypeError(f"collect() returned {type(given).__name__} instead of a list of metrics")
    return [_one(metric, known, now_ms) for metric in given]


def _one(metric: object, known: Container[str], now_ms: int) -> Metric:
    if not isinstance(metric, Metric):
        raise TypeError(f"collect() returned a {type(metric).__name__} among its metrics")
    math.isfinite(metric.value)  # text is no number, though float would take it
    value, ts_ms = float(metric.value), moment(metric.ts_ms, now_ms)
    _look_at_the_text(metric, known)
    if type(metric.value) is float and ts_ms == metric.ts_ms:
        return metric
    return structs.replace(metric, value=value, ts_ms=ts_ms)


def _look_at_the_text(metric: Metric, known: Container[str]) -> None:
    symbol, category, tags = metric.symbol, metric.category, metric.tags
    if symbol not in known and not VALID.fullmatch(symbol):
        raise ValueError(f"symbol {symbol!r} may only have a-z, 0-9 and . _ - : /")
    if not isinstance(category, str):
        raise ValueError(f"category {category!r} of {symbol} should be text")
    if not isinstance(tags, dict) or not all(isinstance(each, str) for pair in tags.items() for each in pair):
        raise ValueError(f"tags of {symbol} should be text")


def moment(given: object, now_ms: int) -> int:
    """A time in ms, never ahead of now. Raises ValueError."""
    if not isinstance(given, int | float) or not EARLIEST_MS <= given < LATEST_MS:
        raise ValueError(f"{given!r} is not milliseconds since 1970")
    return min(int(given), now_ms)


def text(given: object) -> str:
    """What it says in words; "" for nothing."""
    return str(given or "")[:LONGEST]


def seconds(given: float) -> float:
    """A time to wait. Raises TypeError or ValueError."""
    if not 0 <= given < math.inf:
        raise ValueError(f"{given} is no number of seconds")
    return float(given)
