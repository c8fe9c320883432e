"""Numbers and times as providers write them. Whatever is not one becomes None, never 0."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from oculus.core.clock import to_ms

PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
EARLIEST_MS = 1_000_000_000_000  # before this (2001) a time is a mistake, or in another unit
LATEST_MS = 20_000_000_000_000


def number(given: Any) -> float | None:
    """12.5, "12.5"; not "", null, true, "N/A", "0.42%" or NaN."""
    if isinstance(given, str):
        given = float(given) if PLAIN.fullmatch(given.strip()) else None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    try:
        value = float(given)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def price(given: Any) -> float | None:
    """A number above 0: what is missing is often written as 0."""
    value = number(given)
    return value if value is not None and value > 0 else None


def percent(given: Any) -> float | None:
    """12.5, "12.5" or "12.5%"."""
    return number(given.strip().removesuffix("%") if isinstance(given, str) else given)


def ms_of_seconds(given: Any) -> int | None:
    """Seconds since 1970, as a number or as text, in ms."""
    value = number(given)
    return None if value is None else in_our_time(value * 1000)


def ms_of_ms(given: Any) -> int | None:
    """Milliseconds since 1970, as a number or as text."""
    value = number(given)
    return ms_of_seconds(value / 1000) if value is not None else None


def ms_of_iso(given: Any) -> int | None:
    """ISO 8601 in ms; without a zone it is UTC, and there may be nanoseconds."""
    if not isinstance(given, str):
        return None
    text = re.sub(r"(\.\d{6})\d+", r"\1", given.strip())
    try:
        return in_our_time(to_ms(datetime.fromisoformat(text)))
    except (ValueError, OverflowError):
        return None


def in_our_time(ms: float) -> int | None:
    """None for what is too early or too late to be the time of a number."""
    return round(ms) if EARLIEST_MS <= ms < LATEST_MS else None


def day_of(ms: int) -> date:
    """The UTC day on which a moment lies."""
    return datetime.fromtimestamp(ms / 1000, UTC).date()


def begin_of(day: date) -> int:
    """00:00 UTC of a day, in ms."""
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))
