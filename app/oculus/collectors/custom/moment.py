"""The moments that strangers write: ISO 8601, or seconds or milliseconds since 1970; numbers or text."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from oculus.collectors.custom.number import number
from oculus.core.clock import to_ms

Unit = Literal["auto", "s", "ms", "iso"]
IN_MS = 1e11  # a number from here on counts milliseconds; as seconds it would be the year 5138
EARLIEST_MS = 0
LATEST_MS = 253_402_300_800_000  # the year 10000, where calendars end
EXAMPLES = {
    "auto": "2026-01-31T08:00:00Z, or seconds since 1970",
    "iso": "2026-01-31T08:00:00Z",
    "s": "seconds since 1970",
    "ms": "milliseconds since 1970",
}


def moment_ms(given: Any, unit: Unit = "auto") -> int:
    """Milliseconds since 1970. A time without a zone is UTC.

    `unit` is how it is written; auto finds out by itself. Raises ValueError, worded for whoever wrote it.
    """
    found = _of_text(given) if unit == "iso" else _of_number(given, unit)
    if found is None and unit == "auto":
        found = _of_text(given)
    if found is None:
        raise ValueError(f"{given!r} is not a time; write {EXAMPLES[unit]}")
    if not EARLIEST_MS <= found < LATEST_MS:
        raise ValueError(f"{given!r} is not a time since 1970")
    return found


def _of_number(given: Any, unit: Unit) -> int | None:
    if isinstance(given, bool):
        return None
    try:
        value = number(given)
    except ValueError:
        return None
    if not EARLIEST_MS <= value < LATEST_MS:  # in either unit, and before it is made larger still
        raise ValueError(f"{given!r} is not a time since 1970")
    return round(value if unit == "ms" or (unit == "auto" and value >= IN_MS) else value * 1000)


def _of_text(given: Any) -> int | None:
    try:
        return to_ms(datetime.fromisoformat(given))
    except (TypeError, ValueError, OverflowError):
        return None
