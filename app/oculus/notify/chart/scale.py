"""The axes of a chart: round numbers and round times."""

from __future__ import annotations

import math
from datetime import timedelta

from oculus.core.clock import to_datetime

MINUTE_MS = 60_000
STEPS_MS = tuple(
    MINUTE_MS * minutes
    for minutes in (
        *(1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720),
        *(1440 * days for days in (1, 2, 7, 14, 30, 60, 180, 365)),
    )
)
DAY_MS = 1440 * MINUTE_MS


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, at most about `most`."""
    step = nice((high - low) / most)
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def nice(rough: float) -> float:
    """The next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))


def spread(values: list[float]) -> tuple[float, float]:
    """The ends of the axis: all values with a little air, and never below zero without need."""
    low, high = min(values), max(values)
    air = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    return (max(0.0, low - air) if low >= 0 else low - air), high + air


def label(value: float, step: float) -> str:
    """A tick's number: 100k, 1.2M, 0.25, 503."""
    if value == 0 or abs(value) < step * 1e-6:
        return "0"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            unit = 1e3 if letter == "k" else size
            return f"{value / unit:.{digits(step / unit)}f}{letter}"
    return f"{value:,.{digits(step)}f}" if step >= 1e-6 else f"{value:.3g}"


def digits(step: float) -> int:
    """Decimals that tell one tick from the next."""
    return max(0, -math.floor(math.log10(step) + 1e-9) + (1 if nice_has_half(step) else 0))


def nice_has_half(step: float) -> bool:
    """Steps of 2.5 need a digit more."""
    power = 10.0 ** math.floor(math.log10(step) + 1e-9)
    return round(step / power, 3) == 2.5


def moments(begin_ms: int, end_ms: int, most: int = 7) -> list[tuple[int, str]]:
    """Round local times within the span, with what to write below them."""
    span = end_ms - begin_ms
    step = next((step for step in STEPS_MS if span / step <= most), STEPS_MS[-1])
    form = "%H:%M" if step < DAY_MS else "%d %b"
    first = to_datetime(begin_ms).astimezone()
    offset_ms = round((first.utcoffset() or timedelta()).total_seconds() * 1000)
    begun = -(-(begin_ms + offset_ms) // step) * step - offset_ms
    return [(ms, to_datetime(ms).astimezone().strftime(form)) for ms in range(begun, end_ms + 1, step)]
