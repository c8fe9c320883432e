"""What a collector returned, and says of itself, held against what can be kept: it may be anybody's code."""

from __future__ import annotations

import math
from collections.abc import Container

from msgspec import structs

from oculus.collectors.custom.moment import EARLIEST_MS, LATEST_MS
from oculus.core.metric import Metric
from oculus.core.symbols import VALID


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
    math.isfinite(metric.value)
    if metric.symbol not in known and not VALID.fullmatch(metric.symbol):
        raise ValueError(f"symbol {metric.symbol!r} may only have a-z, 0-9 and . _ - : /")
    ts_ms = moment(metric.ts_ms, now_ms)
    return metric if ts_ms == metric.ts_ms else structs.replace(metric, ts_ms=ts_ms)


def moment(given: object, now_ms: int) -> int:
    """A time in ms, never ahead of now. Raises ValueError."""
    if not isinstance(given, int | float) or not EARLIEST_MS <= given < LATEST_MS:
        raise ValueError(f"{given!r} is not milliseconds since 1970")
    return min(int(given), now_ms)


def seconds(given: float) -> float:
    """A time to wait. Raises TypeError or ValueError."""
    if not 0 <= given < math.inf:
        raise ValueError(f"{given} is no number of seconds")
    return float(given)
