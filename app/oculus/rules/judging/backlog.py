"""Verdicts on their way to the writer. What cannot be recorded stays, and is tried again."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from oculus.core.alert import Verdict
from oculus.core.counters import Counters

MOST = 1000  # verdicts kept while they cannot be recorded


class Backlog:
    """`add` belongs to whoever holds the engine's lock; `flush` may be called by any thread."""

    def __init__(self, record: Callable[[Verdict], None], counters: Counters) -> None:
        self._record = record
        self._counters = counters
        self._waiting: deque[Verdict] = deque()
        self._recording = threading.Lock()  # they are recorded in their order, whoever does it

    def add(self, verdict: Verdict | None) -> None:
        if verdict is None:
            return
        if len(self._waiting) >= MOST:
            self._waiting.popleft()
            self._counters.add("rules.lost")
        self._waiting.append(verdict)

    def flush(self) -> None:
        """Raises what recording raises."""
        with self._recording:
            while self._waiting:
                verdict = self._waiting.popleft()  # first: `add` may make room while this one is recorded
                try:
                    self._record(verdict)
                except BaseException:
                    self._waiting.appendleft(verdict)
                    raise
