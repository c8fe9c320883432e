"""The live cache: the latest value and the last hour's trail of every symbol.

Filled by the writer after each commit and, at the start, from the file; read by the pages every two
seconds and by the rules, so that neither costs a query. About 20 kB a symbol at most.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from oculus.core.clock import Clock
from oculus.core.metric import Metric

HOUR_MS = 3_600_000
STEP_MS = 30_000  # a trail's points lie at least this far apart, its last one excepted: 120 an hour
AHEAD_MS = 60_000  # what is further ahead of the clock is not the latest: the clock was set back
FORGET_MS = 7 * 24 * HOUR_MS  # a symbol not heard of for so long is gone


class Trail(Struct, frozen=True):
    """A symbol's last hour: (ms since 1970, value), newest last. At least two points, if there are two."""

    symbol: str
    category: str
    tags: dict[str, str]
    points: list[tuple[int, float]]


class Series:
    """One symbol's latest metric and its points."""

    __slots__ = ("_trail", "latest", "points")

    def __init__(self, first: Metric) -> None:
        self.latest = first
        self.points: deque[tuple[int, float]] = deque([(first.ts_ms, first.value)])
        self._trail: Trail | None = None

    def add(self, metric: Metric) -> None:
        """What is older than the latest changes nothing: it is in the file, for who asks for it."""
        if metric.ts_ms < self.latest.ts_ms:
            return
        points = self.points
        self.latest = metric
        self._trail = None
        # The last point gives way to the next as long as it lies too close to the one before it.
        passing = len(points) > 1 and points[-1][0] - points[-2][0] < STEP_MS
        if passing or metric.ts_ms == points[-1][0]:
            points.pop()
        points.append((metric.ts_ms, metric.value))
        while len(points) > 2 and points[0][0] < metric.ts_ms - HOUR_MS:
            points.popleft()

    def turn_back(self, metric: Metric) -> None:
        """Go on with `metric`: what seems to be newer came while the clock was wrong."""
        self.latest = metric
        self._trail = None
        earlier = [point for point in self.points if point[0] < metric.ts_ms]
        self.points = deque([*earlier, (metric.ts_ms, metric.value)])

    def trail(self) -> Trail:
        """The same object until something is added."""
        if self._trail is None:
            latest = self.latest
            self._trail = Trail(latest.symbol, latest.category, latest.tags, list(self.points))
        return self._trail


class LiveCache:
    """Any thread may ask; the writer's thread updates."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._series: dict[str, Series] = {}
        self._in_order: list[Series] | None = None  # by symbol; None after one came or went
        self._lock = threading.Lock()
        self._forgot_ms = clock.now_ms()

    def update(self, batch: Sequence[Metric]) -> None:
        now_ms = self._clock.now_ms()
        future_ms = now_ms + AHEAD_MS
        with self._lock:
            if abs(now_ms - self._forgot_ms) >= HOUR_MS:  # also where nobody ever looks at a page
                self._forgot_ms = now_ms
                self._forget(now_ms - FORGET_MS)
            for metric in batch:
                known = self._series.get(metric.symbol)
                if known is None:
                    self._series[metric.symbol] = Series(metric)
                    self._in_order = None
                elif known.latest.ts_ms > future_ms >= metric.ts_ms:
                    known.turn_back(metric)
                else:
                    known.add(metric)

    def seed(self, metrics: Sequence[Metric]) -> None:
        """Fill it from the file, in any order, before anything new comes. Of equal times the last counts."""
        self.update(sorted(metrics, key=lambda metric: metric.ts_ms))

    def latest(self, symbol: str) -> Metric | None:
        known = self._series.get(symbol)
        return known.latest if known else None

    def trail(self, symbol: str) -> Trail | None:
        with self._lock:
            known = self._series.get(symbol)
            return known.trail() if known else None

    def symbols(self) -> list[str]:
        """In alphabetical order."""
        with self._lock:
            return sorted(self._series)

    def snapshot(self) -> list[Trail]:
        """Every symbol's trail, in alphabetical order. Not to be changed: the next caller gets the same."""
        with self._lock:
            self._forget(self._clock.now_ms() - FORGET_MS)
            if self._in_order is None:
                self._in_order = [self._series[symbol] for symbol in sorted(self._series)]
            return [series.trail() for series in self._in_order]

    def _forget(self, before_ms: int) -> None:
        for symbol in [name for name, known in self._series.items() if known.latest.ts_ms < before_ms]:
            del self._series[symbol]
            self._in_order = None
