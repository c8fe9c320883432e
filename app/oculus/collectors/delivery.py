"""What becomes of a run: its numbers go on to be kept, and what is news is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from oculus.collectors.health import Outcome, Turn, said
from oculus.collectors.job import Job
from oculus.collectors.words import of_crash
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.event import Event, EventType, Severity
from oculus.core.metric import Metric, finite

log = logging.getLogger(__name__)


class Delivery:
    """Used on the pool's threads. Whoever takes the numbers or the news may fail: that ends no run."""

    def __init__(
        self,
        sink: Callable[[Sequence[Metric]], None],
        tell: Callable[[Event], None],
        counters: Counters,
        clock: Clock,
    ) -> None:
        self._sink = sink
        self._tell = tell
        self._counters = counters
        self._clock = clock
        self._lock = threading.Lock()
        self._undelivered = 0  # numbers since the sink broke

    def deliver(self, job: Job, outcome: Outcome, turn: Turn | None) -> None:
        """`turn` is the turn for the worse or the better that this run was, if it was one."""
        if metrics := self._real(job, outcome.metrics):
            self._pass_on(metrics)
        if turn:
            log.log(logging.INFO if turn.well else logging.WARNING, "%s: %s", job.label, turn.what)
            self._say(turn.event(job.label, job.type, job.symbols()))
        for what in outcome.news:
            log.info("%s: %s", job.label, what)
            self._say(said(what, job.label, job.type, self._clock.now_ms()))

    def _real(self, job: Job, given: Sequence[Metric]) -> list[Metric]:
        metrics = finite(given)
        if refused := len(given) - len(metrics):
            self._counters.add("collectors.refused", refused)
            log.warning("%s: %d of its numbers were no numbers", job.label, refused)
        return metrics

    def _pass_on(self, metrics: Sequence[Metric]) -> None:
        try:
            self._sink(metrics)
        except Exception as error:
            self._counters.add("collectors.undelivered", len(metrics))
            with self._lock:
                first, self._undelivered = not self._undelivered, self._undelivered + len(metrics)
            if first:
                log.exception("what collectors measure cannot be kept")
                what = f"What collectors measure cannot be kept: {of_crash(error)}"
                self._say(self._event(what, EventType.ERROR, Severity.ERROR))
        else:
            if self._undelivered:
                self._sink_works_again()

    def _sink_works_again(self) -> None:
        with self._lock:
            lost, self._undelivered = self._undelivered, 0
        if lost:
            what = f"What collectors measure is kept again; {lost} numbers are lost"
            self._say(self._event(what, EventType.SYSTEM, Severity.INFO))

    def _say(self, event: Event) -> None:
        try:
            self._tell(event)
        except Exception:
            log.exception("not told: %s", event.message)

    def _event(self, what: str, kind: EventType, severity: Severity) -> Event:
        now_ms = self._clock.now_ms()
        return Event(ts_ms=now_ms, source="collectors", type=kind, severity=severity, message=what)
