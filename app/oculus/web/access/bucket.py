"""A token bucket: so many at once, so many a second after that."""

from __future__ import annotations


class TokenBucket:
    """Not locked: its owner asks from one thread or holds a lock."""

    def __init__(self, per_second: float, burst: float, now: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self._tokens = burst
        self._then = now

    def take(self, now: float) -> float:
        """Take one token. 0.0 when there was one, else the seconds until there is."""
        self._tokens = min(self.burst, self._tokens + (now - self._then) * self.per_second)
        self._then = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.per_second
