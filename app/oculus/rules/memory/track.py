"""The samples of one symbol that windows and crossings need, in memory. Belongs to the engine's thread."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from oculus.rules.language.functions import Samples

MOST = 36_000  # samples of one symbol: an hour of ten a second
SPARE = 64  # samples that may lie there too long, so that not every one that comes moves the rest


class Track:
    """Samples in the order of their times, one of each moment."""

    __slots__ = ("_most", "_times", "_values", "cut", "keep_ms", "known_ms", "whole")

    def __init__(self, keep_ms: int, whole: bool, most: int = MOST) -> None:
        self.keep_ms = keep_ms
        self._most = most
        self.whole = whole  # what there was before it began is in it too
        self.known_ms = 0  # when that came
        self.cut = 0  # samples that had to go although a window wants them
        self._times: list[int] = []
        self._values: list[float] = []

    def add(self, ts_ms: int, value: float) -> None:
        """Of two values of one moment the higher counts."""
        times = self._times
        if not times or ts_ms > times[-1]:
            times.append(ts_ms)
            self._values.append(value)
            self._trim()
            return
        at = bisect_left(times, ts_ms)
        if times[at] == ts_ms:
            self._values[at] = max(value, self._values[at])
        else:
            times.insert(at, ts_ms)
            self._values.insert(at, value)
            self._trim()

    def seed(self, samples: Iterable[tuple[int, float]], now_ms: int) -> None:
        """Take what there was before, in any order."""
        both: dict[int, float] = {}
        for ts_ms, value in (*samples, *zip(self._times, self._values, strict=True)):
            both[ts_ms] = max(value, both.get(ts_ms, value))
        self._times = sorted(both)
        self._values = [both[ts_ms] for ts_ms in self._times]
        self.whole, self.known_ms = True, now_ms
        self._trim()

    def window(self, since_ms: int, until_ms: int) -> Samples:
        """The samples after `since_ms` up to and with `until_ms`."""
        first, end = bisect_right(self._times, since_ms), bisect_right(self._times, until_ms)
        before = self._values[first - 1] if first else None
        return Samples(self._times[first:end], self._values[first:end], before)

    def at(self, moment_ms: int) -> tuple[int, float] | None:
        """The newest sample at or before a moment."""
        place = bisect_right(self._times, moment_ms)
        return (self._times[place - 1], self._values[place - 1]) if place else None

    def any_within(self, after_ms: int, until_ms: int) -> bool:
        return bisect_right(self._times, after_ms) < bisect_right(self._times, until_ms)

    def _trim(self) -> None:
        """Keep the window as it was at the sample before the newest, and one sample before that."""
        times = self._times
        if len(times) < 3:
            return
        start_ms = times[-2] - self.keep_ms
        if len(times) <= self._most and times[min(SPARE, len(times) - 2)] > start_ms:
            return
        old = min(bisect_right(times, start_ms) - 1, len(times) - 2)
        excess = max(0, len(times) - self._most)
        self.cut += max(0, excess - max(old, 0))
        gone = max(old, excess, 0)
        del times[:gone], self._values[:gone]
