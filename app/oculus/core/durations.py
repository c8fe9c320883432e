"""Lengths of time as people write them: 500ms, 45s, 2m, 1h, 7d, 2y."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0, "y": 365 * 86400.0}
LONGEST_S = 100 * UNITS["y"]
PATTERN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y)\s*")


class Duration(timedelta):
    """A length of time that prints as a person would write it."""

    def __str__(self) -> str:
        return short(self.total_seconds())

    @property
    def ms(self) -> int:
        return round(self.total_seconds() * 1000)


def parse_duration(text: str) -> Duration:
    """Read "500ms", "45s", "2m", "1h", "7d", "2w" or "2y" (365 days).

    Raises ValueError, worded for the person who wrote it.
    """
    match = PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a length of time; write 500ms, 30s, 2m, 1h or 7d")
    seconds = float(match[1]) * UNITS[match[2]]
    if seconds > LONGEST_S:
        raise ValueError(f"{text!r} is longer than 100 years; write 500ms, 30s, 2m, 1h or 7d")
    return Duration(seconds=seconds)


def doubled(first_s: float, longest_s: float, failures: int) -> float:
    """Seconds to wait after so many failures in a row (1 or more), each time twice as long."""
    # Beyond 2 ** 1023 there is no float: what fails for days must go on being waited for.
    return min(longest_s, first_s * 2.0 ** min(failures - 1, 60))


def short(seconds: float) -> str:
    """The one unit that says it without a fraction: 90 is "90s", 120 is "2m", 0.25 is "250ms"."""
    for unit in ("d", "h", "m", "s"):
        amount = seconds / UNITS[unit]
        if amount >= 1 and amount == int(amount):
            return f"{int(amount)}{unit}"
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms" if seconds else "0s"
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def spoken(seconds: float) -> str:
    """For sentences, two units at most: "41 s", "6 m", "2 h 5 m", "3 d 4 h"."""
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    return f"{minutes} m" if minutes else f"{whole} s"
