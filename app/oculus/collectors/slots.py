"""Fixed slots: first, first + interval, first + 2 intervals, ... Pure: the time is always handed in."""

from __future__ import annotations

import math

SPREAD_S = 10.0  # what starts together is spread over this long at most
APART_S = 0.2  # and over no more than this for each, so that a few collectors answer at once
GOLDEN = (math.sqrt(5) - 1) / 2


class Slots:
    """When one collector is due. Times are seconds of the monotonic clock."""

    def __init__(self, first: float, interval_s: float) -> None:
        self.first = first
        self.interval_s = interval_s
        self._index = 0

    @property
    def due(self) -> float:
        """The next slot."""
        return self.first + self._index * self.interval_s

    def take(self, now: float) -> tuple[float, int]:
        """Use the newest slot that has come, and move on to the next.

        Returns that slot and how many before it went by unused: they are counted, never made up for.
        """
        newest = max(self._index, math.floor((now - self.first) / self.interval_s))
        missed = newest - self._index
        self._index = newest + 1
        return self.first + newest * self.interval_s, missed

    def skip_until(self, moment: float) -> None:
        """Leave out, on purpose, the slots before `moment`."""
        wanted = math.ceil((moment - self.first) / self.interval_s)
        self._index = max(self._index, wanted)


def phase(number: int, together: int, interval_s: float) -> float:
    """How many seconds the `number`-th of `together` starters waits for its first slot.

    Steps of the golden ratio fill the span evenly however many there are and whoever comes later.
    """
    span = min(interval_s, SPREAD_S, together * APART_S)
    return span * (number * GOLDEN % 1)
