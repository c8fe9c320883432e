"""Time as an argument: whoever needs it is handed a Clock, so a test can hold it still."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now_ms(self) -> int:
        """Wall clock: milliseconds since 1970, UTC. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow, for measuring and for slots."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


def to_datetime(ms: int) -> datetime:
    """The same moment as a UTC datetime."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def to_iso(ms: int) -> str:
    """The same moment as ISO 8601 in UTC, to the millisecond: 2026-11-25T18:19:28.123Z."""
    return to_datetime(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970. A datetime without a zone is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
