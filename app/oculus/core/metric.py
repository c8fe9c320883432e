"""One number at one moment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from msgspec import Struct


class Metric(Struct, frozen=True, gc=False):
    """What a collector learned. `ts_ms` is milliseconds since 1970, UTC: when the number came to be."""

    ts_ms: int
    category: str
    symbol: str
    value: float
    tags: dict[str, str]


class Close(NamedTuple):
    """The last price of a day that is over: a row of `daily_closes`."""

    symbol: str
    day: date  # UTC
    value: float
    source: str


def finite(metrics: Sequence[Metric]) -> list[Metric]:
    """Those with a real number. NaN and infinities cannot be stored, compared or drawn."""
    return [metric for metric in metrics if math.isfinite(metric.value)]
