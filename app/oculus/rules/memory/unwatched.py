"""The times of late in which nobody watched: silence then says nothing of a source."""

from __future__ import annotations

from collections import deque

from msgspec.structs import replace

from oculus.core.gap import Gap

KEPT = 500  # gaps
SHARE = 0.1  # of a window: with more of it unwatched, what did not come says nothing


class Unwatched:
    """Belongs to the engine's thread."""

    def __init__(self) -> None:
        self._gaps: deque[Gap] = deque(maxlen=KEPT)

    def note(self, gap: Gap) -> None:
        """One that is over takes the place of the same while it lasted."""
        if gap.back:
            self._set_back(gap.from_ms)
            return  # that time came twice
        if self._gaps and self._gaps[-1].to_ms is None:
            self._gaps.pop()
        self._gaps.append(gap)

    def _set_back(self, now_ms: int) -> None:
        """What lies ahead of the clock will be watched."""
        known = [gap for gap in self._gaps if gap.from_ms <= now_ms or gap.to_ms is None]
        self._gaps.clear()
        for gap in known:
            to_ms = None if gap.to_ms is None else min(gap.to_ms, now_ms)
            self._gaps.append(replace(gap, from_ms=min(gap.from_ms, now_ms), to_ms=to_ms))

    def since(self, moment_ms: int, now_ms: int) -> int:
        """How many ms since a moment at which something was heard.

        What is heard while a gap lasts (this machine is offline, and a part of it spoke) is not concerned.
        """
        gaps = (gap for gap in self._gaps if gap.from_ms >= moment_ms)
        return sum(max(0, (now_ms if gap.to_ms is None else gap.to_ms) - gap.from_ms) for gap in gaps)

    def much_of(self, since_ms: int, until_ms: int) -> bool:
        """Whether a good part of a window was not watched."""
        ends = ((gap.from_ms, until_ms if gap.to_ms is None else gap.to_ms) for gap in self._gaps)
        missed = sum(max(0, min(to_ms, until_ms) - max(from_ms, since_ms)) for from_ms, to_ms in ends)
        return missed > SHARE * (until_ms - since_ms)
