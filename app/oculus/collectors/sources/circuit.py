"""When a provider is left alone, and why. Pure: the time, UTC ms, is always handed in."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from oculus.core.durations import doubled

FIRST_S = 10.0  # the span of the first rest; it doubles with each failure in a row
LONGEST_S = 15 * 60.0
LONGEST_WISH_S = 3600.0  # a provider may ask for more patience than this; it is not granted
REPEATED = 3  # failures in a row that open the circuit
OPEN_S = 60.0  # an open circuit stays open at least this long


class Circuit:
    """Closed: it may be asked. After failures it rests; after repeated ones the circuit is open."""

    def __init__(
        self, saved: dict[str, Any] | None = None, random_share: Callable[[], float] = random.random
    ) -> None:
        saved = saved or {}
        self._random_share = random_share
        self.failures = int(saved.get("failures", 0))
        self.until_ms = int(saved.get("until_ms", 0))
        self.reason = str(saved.get("reason", ""))

    def saved(self) -> dict[str, Any]:
        return {"failures": self.failures, "until_ms": self.until_ms, "reason": self.reason}

    def rest_s(self, now_ms: int) -> float:
        """Seconds for which it is still to be left alone; never longer than it can have been set to."""
        return min(max(0.0, (self.until_ms - now_ms) / 1000), LONGEST_WISH_S)

    @property
    def open(self) -> bool:
        return self.failures >= REPEATED

    def failed(
        self, reason: str, now_ms: int, wish_s: float | None = None, longest_s: float = LONGEST_S
    ) -> None:
        """Note a failure. `wish_s` is how long the provider itself wants to be left alone."""
        self.failures += 1
        self.reason = reason
        span = doubled(FIRST_S, longest_s, self.failures)
        rest = max(span * self._random_share(), OPEN_S if self.open else 0.0)
        self.until_ms = now_ms + round(max(rest, min(wish_s or 0.0, LONGEST_WISH_S)) * 1000)

    def worked(self) -> None:
        self.failures, self.until_ms, self.reason = 0, 0, ""
