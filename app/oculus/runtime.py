"""Oculus without a face: collect, keep, judge, tell. The whole flow is in this file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from oculus.collectors.scheduler import Scheduler
from oculus.core.alert import Verdict
from oculus.core.clock import Clock, SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.notify.notifier import Notifier
from oculus.rules.engine import Engine
from oculus.settings.schema import Settings
from oculus.storage import alerts
from oculus.storage.database import open_database
from oculus.storage.live import LiveCache
from oculus.storage.reader import Reader
from oculus.storage.upkeep import Upkeep
from oculus.storage.writer import Writer


class Oculus:
    """The running system. The desktop shell and `oculus serve` both stand on it.

    Use it in a `with` statement: it starts on the way in and stops on the way out.
    """

    def __init__(self, settings: Settings, data: Path, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.counters = Counters()
        self.database = open_database(data, settings.storage, self.clock)
        self.reader = Reader(self.database, self.counters)
        self.live = LiveCache(self.clock)
        self.writer = Writer(
            self.database, self.counters, self.clock, on_commit=[self.live.update, self._judge]
        )
        self.notifier = Notifier(self.writer.save_deliveries, self.writer.tell, self.counters, self.clock)
        self.scheduler = Scheduler(self.writer.put, self.writer.tell, self.counters, self.clock)
        self.engine = Engine(
            record=self.record,
            tell=self.writer.tell,
            latest=self.live.latest,
            symbols=self.live.symbols,
            freshness=self.scheduler.freshness,
            counters=self.counters,
            clock=self.clock,
        )
        self.upkeep = Upkeep(self.writer, settings.storage, self.clock)
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Take new settings. What did not change goes on; alert states carry over."""
        self.settings = settings
        self.notifier.replace(settings.channels)
        self.engine.replace(settings.rules)
        self.scheduler.replace(settings.collectors)

    def _judge(self, batch: Sequence[Metric]) -> None:
        self.engine.put(batch)

    def record(self, verdict: Verdict) -> None:
        """Write what was judged, with the deliveries it makes, in one transaction; then send."""
        deliveries = self.notifier.address(verdict.news)
        self.writer.change(
            lambda cursor: alerts.record(cursor, verdict, deliveries),
            then=self.notifier.put,
        )

    def __enter__(self) -> Self: ...
    def __exit__(self, *failure: object) -> None: ...
