"""The moments that strangers write: ISO 8601, or seconds or milliseconds since 1970."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from oculus.core.clock import to_ms

IN_MS = 1e11  # a number from here on counts milliseconds; as seconds it would be the year 5138
EARLIEST_MS = 0
LATEST_MS = 253_402_300_800_000  # the year 10000, where calendars end


def moment_ms(given: Any) -> int:
    """Milliseconds since 1970. A time without a zone is UTC.

    Raises ValueError, worded for whoever wrote it.
    """
    found = _of_number(given) if _is_number(given) else _of_text(given)
    if not EARLIEST_MS <= found < LATEST_MS:
        raise ValueError(f"{given!r} is not a time since 1970")
    return found


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _of_number(given: float) -> int:
    if not math.isfinite(given):
        raise ValueError(f"{given!r} is not a time since 1970")
    return round(given if given >= IN_MS else given * 1000)


def _of_text(given: Any) -> int:
    try:
        return to_ms(datetime.fromisoformat(given))
    except (TypeError, ValueError, OverflowError) as error:
        hint = "write 2026-01-31T08:00:00Z, or seconds since 1970"
        raise ValueError(f"{given!r} is not a time; {hint}") from error
