"""Moments as people write them: 2026-01-31, 2026-01-31T08:00:00Z, or how long ago: 15m, 7d."""

from __future__ import annotations

from datetime import datetime

from oculus.core.clock import to_ms
from oculus.core.durations import parse_duration


def parse_moment(text: str, now_ms: int) -> int:
    """Milliseconds since 1970. A time without a zone is UTC.

    Raises ValueError, worded for the person who wrote it.
    """
    try:
        return now_ms - parse_duration(text).ms
    except ValueError:
        pass  # then it is a date
    try:
        return to_ms(datetime.fromisoformat(text))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no time; write 15m, 7d, 2026-01-31 or 2026-01-31T08:00:00Z") from error
