"""A time line of firings: a lane for each instance or rule, a bar for each time it fired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oculus.core.alert import Alert
from oculus.core.clock import to_datetime
from oculus.core.durations import spoken

WIDTH = 1000  # of the drawing, in its own units
NARROWEST = 3
MOST = 12  # lanes; the ones that fired last


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` in the units of the drawing."""

    x: int
    width: int
    severity: str
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class TimeLine:
    """From `since_ms` to `until_ms`; `more` lanes are left out."""

    lanes: tuple[Lane, ...]
    more: int
    since_ms: int
    until_ms: int


def time_line(
    alerts: Sequence[Alert], since_ms: int, until_ms: int, name: Callable[[Alert], str]
) -> TimeLine:
    """`alerts`, newest first, by what `name` calls them. Those outside of the span have no bar."""
    by_name: dict[str, list[Bar]] = {}
    for alert in alerts:
        if (alert.ended_ms or until_ms) >= since_ms and alert.fired_ms <= until_ms:
            by_name.setdefault(name(alert), []).append(bar(alert, since_ms, until_ms))
    lanes = [Lane(each, tuple(reversed(bars))) for each, bars in by_name.items()]
    return TimeLine(tuple(lanes[:MOST]), max(0, len(lanes) - MOST), since_ms, until_ms)


def bar(alert: Alert, since_ms: int, until_ms: int) -> Bar:
    end_ms = alert.ended_ms or until_ms
    scale = WIDTH / (until_ms - since_ms)
    left = round((max(alert.fired_ms, since_ms) - since_ms) * scale)
    width = max(NARROWEST, round((end_ms - since_ms) * scale) - left)
    lasted = spoken((end_ms - alert.started_ms) / 1000)
    title = f"{alert.severity}, {to_datetime(alert.fired_ms):%Y-%m-%d %H:%M} UTC, {lasted}"
    return Bar(min(left, WIDTH - NARROWEST), width, alert.severity, title)
