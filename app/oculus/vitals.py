"""Oculus watches itself: `oculus.queue`, `oculus.query_p95` and their like, stored every 30 s."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from oculus.core.clock import Clock
from oculus.core.metric import Metric
from oculus.core.worker import Worker

INTERVAL_S = 30.0

Readings = Callable[[], Mapping[str, float | None]]


class Vitals(Worker):
    """Turns what the stages count into metrics of the category `oculus`."""

    pause_s = INTERVAL_S

    def __init__(self, read: Readings, sink: Callable[[Sequence[Metric]], None], clock: Clock) -> None:
        super().__init__("vitals")
        self._read = read
        self._sink = sink
        self._clock = clock

    def step(self) -> None:
        now_ms = self._clock.now_ms()
        self._sink(
            [
                Metric(now_ms, "oculus", f"oculus.{name}", float(value), {})
                for name, value in self._read().items()
                if value is not None  # nothing was measured: no row, rather than a made-up zero
            ]
        )
