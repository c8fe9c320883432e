"""What a chart is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Plot:
    """All that a chart needs. Times are UTC ms."""

    title: str
    unit: str
    points: Points  # oldest first, at least two
    until_ms: int  # the right edge
    threshold: float | None  # None when it is no value of this series
    started_ms: int
    fired_ms: int
    ended_ms: int | None
    words: tuple[str, str] | None = None  # what 0 and 1 mean, for a state: down, up
