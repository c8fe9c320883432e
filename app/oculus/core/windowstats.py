"""What the samples of one symbol come to over a while: asked of the database, used by the rules."""

from __future__ import annotations

from msgspec import Struct


class WindowStats(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A window of one symbol. What there is not enough for is None; times are UTC ms."""

    count: int = 0
    total: float = 0.0
    spread: float = 0.0  # the sum of the squared distances from the average
    low: float | None = None
    high: float | None = None
    first: float | None = None
    last: float | None = None
    first_ms: int = 0
    last_ms: int = 0
    before: float | None = None  # the last one at or before the window's start
    median: float | None = None
    p95: float | None = None
    risen: float = 0.0  # by how much a counter grew; a fall is one that began again at 0
