"""What all days of a coin's market value add up to: mean and standard deviation, a day at a time."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from oculus.collectors.sources.numbers import begin_of

WARM_UP = 365  # days, before a standard deviation means anything


class Caps:
    """Market values so far, as sums (Welford), so that 16 years need not be kept."""

    def __init__(self) -> None:
        self.day: date | None = None  # the last one taken
        self._count = 0
        self._mean = self._squares = 0.0
        self._cap, self._ratio = 0.0, 1.0

    @classmethod
    def load(cls, saved: Any) -> Caps:
        """From what `saved` gave; anything else begins afresh."""
        caps = cls()
        try:
            caps.day = date.fromisoformat(saved["day"])
            caps._count, caps._mean, caps._squares = saved["count"], saved["mean"], saved["squares"]
            caps._cap, caps._ratio = saved["cap"], saved["ratio"]
        except (KeyError, TypeError, ValueError):
            return cls()
        return caps

    def saved(self) -> dict[str, Any]:
        return {
            "day": self.day.isoformat() if self.day else "",
            "count": self._count,
            "mean": self._mean,
            "squares": self._squares,
            "cap": self._cap,
            "ratio": self._ratio,
        }

    def add(self, day: date, cap: float, ratio: float) -> None:
        """Take one more day: its market value in dollars, and that to the realised one (MVRV)."""
        if self.day is not None and day <= self.day:
            return
        self.day, self._cap, self._ratio = day, cap, ratio
        self._count += 1
        before = cap - self._mean
        self._mean += before / self._count
        self._squares += before * (cap - self._mean)

    def z(self) -> float | None:
        """(market - realised) / standard deviation of the market value; None while there are too few days."""
        if self._count < WARM_UP or self._squares <= 0:
            return None
        return (self._cap - self._cap / self._ratio) / math.sqrt(self._squares / self._count)

    def ts_ms(self) -> int:
        """00:00 UTC of the last day, as the source dates it."""
        return begin_of(self.day) if self.day else 0
