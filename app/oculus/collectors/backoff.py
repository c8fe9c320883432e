"""How long a source is left alone after it failed."""

from __future__ import annotations

import random
from collections.abc import Callable

from oculus.core.durations import doubled

LONGEST_S = 15 * 60.0
LONGEST_WISH_S = 3600.0  # a source may ask for more patience than this; it is not granted


class Backoff:
    """Doubles with each failure in a row, with full jitter so that many do not return together."""

    def __init__(self, interval_s: float, random_share: Callable[[], float] = random.random) -> None:
        self._interval_s = interval_s
        self._random_share = random_share
        self.failures = 0

    def failed(self, wish_s: float | None = None) -> float:
        """Note a failure. Seconds to wait at least; `wish_s` is what the source itself asked for."""
        self.failures += 1
        span = doubled(2 * self._interval_s, LONGEST_S, self.failures)
        return max(span * self._random_share(), min(wish_s or 0.0, LONGEST_WISH_S))

    def worked(self) -> None:
        self.failures = 0
