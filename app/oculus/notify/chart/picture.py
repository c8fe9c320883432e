"""Which numbers a message's chart shows: the last hours of the series that the alert is about."""

from __future__ import annotations

import logging
import math

from oculus.core.alert import Alert, News
from oculus.core.errors import OculusError
from oculus.core.figures import WORDS, state_part
from oculus.core.symbols import part_of, unit_of
from oculus.notify.chart.colours import Theme
from oculus.notify.chart.plot import Plot, Points
from oculus.notify.facts import Facts
from oculus.notify.render.news import symbol_of

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000
# The first that has enough to see. The last is for a young series: long spans come in steps too large for it.
SPANS_MS = (3 * HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, HOUR_MS // 12)
ENOUGH = 12  # points
BARS = "▁▂▃▄▅▆▇█"


def picture(news: News, facts: Facts, now_ms: int, theme: Theme) -> bytes | None:
    """The chart as a PNG; None without data, or when it cannot be drawn: the words go out all the same."""
    shown = plot(news, facts, now_ms)
    if shown is None:
        return None
    try:
        from oculus.notify.chart.draw import draw  # Pillow takes 10 MB: only once there is something to draw

        return draw(shown, theme, news.alert.severity.value)
    except Exception as error:
        log.warning("the chart of %s cannot be drawn", shown.title, exc_info=error)
        return None


def plot(news: News, facts: Facts, now_ms: int) -> Plot | None:
    """The chart for `news`; None when there is nothing to draw."""
    alert, symbol = news.alert, symbol_of(news.alert)
    points = recent(symbol, facts, alert.started_ms, now_ms)
    if len(points) < 2:
        return None
    states = states_of(symbol, points)
    return Plot(
        title=symbol,
        unit=unit_of(symbol, alert.tags),
        points=points,
        until_ms=max(now_ms, points[-1][0]),
        threshold=None if states and alert.threshold in (0, 1) else limit_of(alert, points),
        started_ms=alert.started_ms,
        fired_ms=alert.fired_ms,
        ended_ms=alert.ended_ms,
        words=states,
    )


def states_of(symbol: str, points: Points) -> tuple[str, str] | None:
    """What 0 and 1 are called, where the series is a state; between them lies its mean over a while."""
    within = all(0 <= value <= 1 for _, value in points)
    return WORDS.get(part_of(symbol) or state_part(symbol, 0)) if within else None


def recent(symbol: str, facts: Facts, started_ms: int, now_ms: int) -> Points:
    """The last hours, or days for a series of few numbers, with some time from before the trouble."""
    best: list[tuple[int, float]] = []
    for span in SPANS_MS if symbol else ():
        since_ms = min(now_ms - span, started_ms - span // 4)
        try:
            asked = facts.series(symbol, since_ms, now_ms + 1)
        except OculusError as error:
            log.warning("no chart of %s: %s", symbol, error)
            return ()
        found = [(ms, value) for ms, value in asked if math.isfinite(value)]
        best = found if len(found) > len(best) else best
        if len(best) >= ENOUGH:
            break
    return best


def limit_of(alert: Alert, points: Points) -> float | None:
    """The threshold, if it is one of the series: a change in % has no place on the axis of a price."""
    if alert.value is None:
        return None
    values = [each for _, each in points]
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) or 0.01 * abs(high)
    return alert.threshold if low - margin <= alert.value <= high + margin else None


def text_line(points: Points, width: int = 28) -> str:
    """The series as a row of bars, for where no picture can go; "" without data."""
    if len(points) < 2:
        return ""
    begin, end = points[0][0], points[-1][0]
    buckets: dict[int, list[float]] = {}
    for ms, value in points:
        buckets.setdefault(min(width - 1, (ms - begin) * width // max(1, end - begin)), []).append(value)
    means = [sum(buckets[n]) / len(buckets[n]) if n in buckets else None for n in range(width)]
    low, high = min(v for _, v in points), max(v for _, v in points)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join(" " if mean is None else BARS[round((mean - low) / step)] for mean in means)
