"""What several pages ask for at about the same time is made once, for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from oculus.core.clock import Clock

LASTS_S = 0.5  # for so long what was made is given to whoever asks
MOST = 8  # views are remembered

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Shared(Generic[Key, Made]):
    """Makes things by their key. Any thread may ask; who comes while one is being made waits for it."""

    def __init__(self, make: Callable[[Key], Made], clock: Clock) -> None:
        self._make = make
        self._clock = clock
        self._lock = threading.Lock()
        self._era = 0  # what was begun before something was changed is not shown after it
        self._made: dict[Key, tuple[int, float, Made]] = {}

    def get(self, key: Key) -> Made:
        with self._lock:
            era, known = self._era, self._made.pop(key, None)
            if known is None or known[0] != era or self._clock.monotonic() - known[1] >= LASTS_S:
                made = self._make(key)
                known = (era, self._clock.monotonic(), made)
            self._made[key] = known
            if len(self._made) > MOST:
                del self._made[next(iter(self._made))]
            return known[2]

    def forget(self) -> None:
        """Somebody changed something, and wants to see it at once."""
        self._era += 1
