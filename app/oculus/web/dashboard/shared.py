"""What several pages ask for at about the same time is made once, for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from oculus.core.clock import Clock

LASTS_S = 0.5  # for so long what was made is given to whoever asks

Made = TypeVar("Made")


class Shared(Generic[Made]):
    """Any thread may ask; who comes while it is being made waits for it."""

    def __init__(self, make: Callable[[], Made], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._era = 0  # what was begun before something was changed is not shown after it
        self._known: tuple[int, float, Made] | None = None

    def get(self) -> Made:
        with self._lock:
            era, known = self._era, self._known
            if known is None or known[0] != era or self._clock.monotonic() - known[1] >= LASTS_S:
                made = self._make()
                known = self._known = (era, self._clock.monotonic(), made)
            return known[2]

    def forget(self) -> None:
        """Somebody changed something, and wants to see it at once."""
        self._era += 1
