"""Counts and timings of what Oculus itself does: shown at /metrics and stored as `oculus.*`."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict, deque

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
RECENT = 512  # timings kept for percentiles


class Counters:
    """Named totals that only grow. Any thread may add."""

    def __init__(self) -> None:
        self._totals: dict[str, float] = defaultdict(float)
        self._timings: dict[str, Timing] = {}
        self._lock = threading.Lock()

    def add(self, name: str, amount: float = 1) -> None:
        with self._lock:
            self._totals[name] += amount

    def get(self, name: str) -> float:
        with self._lock:
            return self._totals.get(name, 0)

    def totals(self) -> dict[str, float]:
        with self._lock:
            return dict(self._totals)

    def time(self, name: str, seconds: float) -> None:
        """Note how long one thing took."""
        with self._lock:
            self._timings.setdefault(name, Timing()).note(seconds)

    def timing(self, name: str) -> Timing:
        """A copy of what was noted under `name`; empty when nothing was."""
        with self._lock:
            found = self._timings.get(name)
            return found.copy() if found else Timing()


class Timing:
    """A histogram in seconds, and the recent values for percentiles."""

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS_S) + 1)  # the last one is +Inf
        self.count = 0
        self.total_s = 0.0
        self.recent: deque[float] = deque(maxlen=RECENT)

    def note(self, seconds: float) -> None:
        self.buckets[bisect_left(BOUNDS_S, seconds)] += 1
        self.count += 1
        self.total_s += seconds
        self.recent.append(seconds)

    def percentile(self, share: float) -> float | None:
        """The value below which `share` (0 to 1) of the recent ones lie; None when there are none."""
        if not self.recent:
            return None
        ordered = sorted(self.recent)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def copy(self) -> Timing:
        twin = Timing()
        twin.buckets, twin.count, twin.total_s = list(self.buckets), self.count, self.total_s
        twin.recent.extend(self.recent)
        return twin
