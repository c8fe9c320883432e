"""The moment by which an answer must be there, whatever it takes to get it."""

from __future__ import annotations

import time


class Deadline:
    """Starts to run when it is made."""

    def __init__(self, seconds: float) -> None:
        self.total_s = seconds
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left, more than 0. Raises TimeoutError when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def __str__(self) -> str:
        return f"{self.total_s:g} s"
