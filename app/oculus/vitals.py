"""Oculus watches itself: `oculus.queue`, `oculus.threads` and their like, stored every 30 s.

Threads are counted more often: a plugin that starts them and never ends them takes the whole program down
one day, and is told of long before.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from oculus.collectors.scheduler import Scheduler
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.event import Event, EventType, Severity
from oculus.core.metric import Metric
from oculus.core.worker import Worker
from oculus.storage.writing.writer import Writer

log = logging.getLogger(__name__)

MANY_THREADS = 500  # Oculus itself has 200 at the very most, but for
POOLED = ("collector-", "resolver-")  # these have a limit of their own, and many may wait at once
COUNT_S = 2.0
INTERVAL_S = 30.0

Readings = Callable[[], Mapping[str, float | None]]


class Vitals(Worker):
    """Turns what the stages count into metrics of the category `oculus`."""

    pause_s = COUNT_S

    def __init__(
        self,
        read: Readings,
        sink: Callable[[Sequence[Metric]], None],
        tell: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        super().__init__("vitals")
        self._read = read
        self._sink = sink
        self._tell = tell
        self._clock = clock
        self._next = 0.0  # when the others are read again
        self._crowded = False

    def step(self) -> None:
        self._count_threads()
        if self._clock.monotonic() >= self._next:
            self._next = self._clock.monotonic() + INTERVAL_S - COUNT_S / 2
            self._sink(self._metrics({**self._read(), "threads": threading.active_count()}))

    def _metrics(self, readings: Mapping[str, float | None]) -> list[Metric]:
        now_ms = self._clock.now_ms()
        return [
            Metric(now_ms, "oculus", f"oculus.{name}", float(value), {})
            for name, value in readings.items()
            if value is not None  # nothing was measured: no row, rather than a made-up zero
        ]

    def _count_threads(self) -> None:
        names = [each.name for each in threading.enumerate() if not each.name.startswith(POOLED)]
        crowded = len(names) > MANY_THREADS
        if crowded and not self._crowded:
            message = f"{len(names)} threads run. {crowd(names)}: a plugin may start them and never end them."
            log.warning("vitals: %s", message)
            self._tell(
                Event(
                    ts_ms=self._clock.now_ms(),
                    source="oculus",
                    type=EventType.ERROR,
                    severity=Severity.WARN,
                    message=message,
                )
            )
        self._crowded = crowded


def measured(writer: Writer, scheduler: Scheduler, counters: Counters) -> dict[str, float | None]:
    """What the stages know of their health, by the last part of the symbol; None: nothing was measured."""
    p95 = counters.timing("reader.query").percentile(0.95)
    return {
        "queue": writer.queue_length(),
        "insert_failures": counters.get("writer.failed"),
        "dropped": counters.get("writer.dropped"),
        "query_p95": None if p95 is None else p95 * 1000,
        "collectors_failing": sum(each.state == "failing" for each in scheduler.status()),
        "database_bytes": writer.database.file_bytes(),
    }


def crowd(names: Iterable[str]) -> str:
    """What most threads are called, without their numbers."""
    [(name, count)] = Counter(re.sub(r"[-\d]+", "", name).strip() for name in names).most_common(1)
    return f"{count} of them are called {name!r}"
