"""Numbers that name alerts and deliveries before a database has seen them.

Milliseconds times 1000 plus a counter: they sort by time, stay unique across restarts, and fit
into the 53 bits that JSON readers keep exact until the year 2255.
"""

from __future__ import annotations

import threading


class Ids:
    """Hands out ids; any thread may ask."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next(self, now_ms: int) -> int:
        with self._lock:
            self._last = max(self._last + 1, now_ms * 1000)
            return self._last

    def above(self, known: int) -> None:
        """Those to come are larger than `known`, of an earlier start whose clock may have been ahead."""
        with self._lock:
            self._last = max(self._last, known)
