"""What waits for the writer: a queue with an end that gathers small things into one commit."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """Many threads put, one takes. Sizes are counted in rows, not in items."""

    def __init__(self, limit: int, reserve: int) -> None:
        self.limit = limit  # rows that any item may fill
        self.reserve = reserve  # rows above that, for what must not be lost: alerts and deliveries
        self._items: deque[tuple[T, int]] = deque()
        self._rows = 0
        self._hurry = False  # somebody waits for what lies here
        self._woken = False
        self._changed = threading.Condition()

    def put(self, item: T, rows: int, *, urgent: bool = False, reserved: bool = False) -> bool:
        """Never waits. False when there is no room for all of `rows`; nothing was taken then."""
        with self._changed:
            if self._rows + rows > self.limit + (self.reserve if reserved else 0):
                return False
            self._items.append((item, rows))
            self._rows += rows
            self._hurry |= urgent
            self._changed.notify()
            return True

    def take(self, most: int, linger_s: float, idle_s: float | None = None) -> list[T]:
        """Wait for an item, then up to `linger_s` for more, until `most` rows or something urgent came.

        Empty when nothing came for `idle_s` or before `wake` was called. May exceed `most` by one item's
        rows.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._items or self._woken, idle_s):
                return []
            until = time.monotonic() + linger_s
            while not (self._hurry or self._woken or self._rows >= most):
                left = until - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            return self._gather(most)

    def _gather(self, most: int) -> list[T]:
        taken: list[T] = []
        rows = 0
        while self._items and rows < most:
            item, size = self._items.popleft()
            taken.append(item)
            rows += size
        self._rows -= rows
        self._hurry = self._hurry and bool(self._items)
        self._woken = False
        return taken

    def wake(self) -> None:
        """End a wait in `take`."""
        with self._changed:
            self._woken = True
            self._changed.notify()

    def drain(self) -> list[T]:
        """Take everything at once, without waiting."""
        with self._changed:
            taken = [item for item, _ in self._items]
            self._items.clear()
            self._rows = 0
            return taken

    def empty(self) -> bool:
        return not self._items

    def rows(self) -> int:
        """How many rows wait."""
        return self._rows
