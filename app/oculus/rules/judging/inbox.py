"""The line in which batches wait to be judged. It has an end: what finds no room is counted."""

from __future__ import annotations

import queue
from collections.abc import Sequence

from oculus.core.counters import Counters
from oculus.core.event import Event, EventType, Severity
from oculus.core.metric import Metric

LIMIT = 2000  # batches; minutes of ordinary work
AT_ONCE = 200  # batches that one verdict may cover

Batch = Sequence[Metric]


class Inbox:
    """`put` may be called by one thread, `wake` by any, the rest by the engine's."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._queue: queue.Queue[Batch] = queue.Queue(LIMIT)
        self._dropped = self._dropped_before = 0  # samples; the first is put's, the second the engine's

    def put(self, batch: Batch) -> None:
        """Never waits."""
        try:
            self._queue.put_nowait(batch)
        except queue.Full:
            self._dropped += len(batch)
            self._counters.add("rules.dropped", len(batch))

    def wake(self) -> None:
        """End a wait for batches."""
        try:
            self._queue.put_nowait(())
        except queue.Full:
            return  # then nobody waits

    def take(self, wait_s: float) -> list[Batch]:
        """What is waiting, or what comes within that time."""
        try:
            first = self._queue.get(timeout=max(wait_s, 0.0))
        except queue.Empty:
            return []
        return [first, *self.waiting()]

    def waiting(self) -> list[Batch]:
        batches: list[Batch] = []
        while len(batches) < AT_ONCE and not self._queue.empty():
            batches.append(self._queue.get_nowait())  # the engine alone takes from it
        return batches

    def empty(self) -> bool:
        return self._queue.empty()

    def lost(self) -> int:
        """Samples that found no room since this was last asked."""
        lost, self._dropped_before = self._dropped - self._dropped_before, self._dropped
        return lost


def overrun(dropped: int, now_ms: int) -> Event:
    """What a person hears when there was no room."""
    return Event(
        ts_ms=now_ms,
        source="oculus",
        type=EventType.ERROR,
        severity=Severity.WARN,
        message="More numbers came than the rules could be judged by. Some were skipped for newer ones",
        payload={"dropped": dropped},
    )
