"""Keeps a channel within what its service allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from oculus.notify.channel import Limit


class RateLimiter:
    """Remembers the last sends. Times are monotonic seconds; not locked."""

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        self._limits = limits
        self._sends: deque[float] = deque(maxlen=max((limit.messages for limit in limits), default=1))

    def note(self, now: float) -> None:
        """A message goes out."""
        self._sends.append(now)

    def free_at(self) -> float:
        """The earliest moment at which another message keeps every limit."""
        return max((self._free_under(limit) for limit in self._limits), default=0.0)

    def _free_under(self, limit: Limit) -> float:
        full = len(self._sends) >= limit.messages
        return self._sends[-limit.messages] + limit.seconds if full else 0.0
