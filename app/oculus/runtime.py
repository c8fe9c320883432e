"""Oculus without a face: collect, keep, judge, tell. The whole flow is in this file.

    collectors -> writer -> live cache, rules -> writer (events, deliveries) -> notifier

Everything is built here, in the order of the flow; nothing below knows what it is connected to.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Self

from oculus.collectors.outage import Outage
from oculus.collectors.scheduler import Scheduler
from oculus.collectors.sources.registry import Sources
from oculus.collectors.tools import Tools
from oculus.core.alert import Alert, Delivery, Verdict
from oculus.core.clock import Clock, SystemClock
from oculus.core.counters import Counters
from oculus.core.desk import Desk, Popup, somebody_at
from oculus.core.errors import StorageError
from oculus.core.event import Event, EventType, Severity
from oculus.core.feed import Feed
from oculus.core.gap import Gap
from oculus.core.logs import parse_levels, set_levels
from oculus.core.metric import Metric
from oculus.core.worker import Stoppable, stop_in_order
from oculus.gaplog import GapLog
from oculus.hints import Hints
from oculus.message_facts import message_facts
from oculus.movers import Movers
from oculus.noise import NoiseReport
from oculus.notify.notifier import Notifier
from oculus.rules.engine import Engine
from oculus.rules.life.silence import Silence
from oculus.rules.lint import Hint
from oculus.settings.reload import Reloader, told_of
from oculus.settings.schema import Settings
from oculus.snoozes import Snoozes
from oculus.storage.file.database import open_database
from oculus.storage.live import LiveCache
from oculus.storage.memory.notes import Notes
from oculus.storage.memory.remembered import DailyCloses, Remembered
from oculus.storage.reader import Reader
from oculus.storage.records import alerts, gaps
from oculus.storage.tables import Tables
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer
from oculus.vitals import Vitals, measured
from oculus.watch import Watch

log = logging.getLogger(__name__)

STATEMENTS_S = 0.5  # for statements from outside to notice that they are interrupted
STOP_S = 4.0  # for all stages together; the pages have ended before


class Oculus:
    """The running system. The desktop shell and `oculus serve` both stand on it.

    Use it in a `with` statement: it starts on the way in and stops on the way out. With `config` the
    settings file is watched and taken on when it changes; `overrides` stay above it.
    """

    def __init__(
        self,
        settings: Settings,
        data: Path,
        config: Path | None = None,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.address = ""  # where the pages are; whoever serves them says so
        self.desk: Desk | None = None  # icon, window and popups, while there are any
        self.lost = 0  # rows that could not be stored when it stopped
        self.problems: list[str] = []  # why the settings files are not what runs; shown on every page
        self.clock = clock or SystemClock()
        self.started_ms = self.clock.now_ms()
        self.counters = Counters()
        self.database = open_database(data, settings.storage, self.clock)
        self.reader = Reader(self.database, self.counters)
        self.live = LiveCache(self.clock)
        self.feed = Feed()
        heard = [self.live.update, self._judge, self.feed.metrics]
        self.writer = Writer(self.database, self.counters, self.clock, heard, [self.feed.events])
        notes = Notes(self.database, self.writer, self.clock)
        self.notifier = Notifier(
            self.writer.save_deliveries,
            self.writer.tell,
            self.counters,
            self.clock,
            reload=lambda: alerts.load_deliveries(self.database.cursor()),
            refused=lambda: alerts.refused_deliveries(self.database.cursor(), self.clock.now_ms()),
            resend=lambda deliveries: self._send(Verdict(), deliveries),
            due_ms=lambda news: self.engine.due_ms(news),
            told=lambda alert_id: alerts.told_channels(self.database.cursor(), alert_id),
            facts=message_facts(self.reader, self.live, notes, self.link, self._popup),
        )
        self.memory = Remembered(self.database, self.writer, self.clock)
        self.sources = Sources(settings.sources, self.memory, self.clock)
        tools = Tools(self.sources, self.memory, DailyCloses(self.database, self.writer), self.counters)
        self.gap_log = GapLog(self.writer, self.clock, self._skip, self.notifier.slept, self._popup)
        self.watch = Watch(self.gap_log.over, self.clock)
        self.outage = Outage(
            self.writer.put, self.gap_log.lost, self.gap_log.found, self.clock, self.counters
        )
        self.scheduler = Scheduler(self.outage.sift, self.writer.tell, self.counters, self.clock, tools=tools)
        self.silence = Silence()
        self.engine = Engine(
            record=self.record,
            tell=self.writer.tell,
            latest=self.live.latest,
            symbols=self.live.symbols,
            freshness=self.scheduler.freshness,
            counters=self.counters,
            clock=self.clock,
            history=self.reader.samples,
            aggregate=self.reader.windows,
            run_sql=self.reader.judge,
            silence=self.silence,
            present=lambda: somebody_at(self.desk),
            look=self.watch.look,
            collected=self.scheduler.collects,
        )
        self.snoozes = Snoozes(self.silence, self.database, self.writer, self.clock, self._quiet_changed)
        self.upkeep = Upkeep(self.writer, settings.storage, self.clock)
        self.tables = Tables(self.writer, data / "tables", self.clock)
        self.noise = NoiseReport(lambda: self.settings, self.reader, self.writer.tell, self.clock)
        self.movers = Movers(self.reader, self.writer, self.clock)
        readings = partial(measured, self.writer, self.scheduler, self.counters)
        self.vitals = Vitals(readings, self.writer.put, self.writer.tell, self.clock)
        self.reloader = (
            Reloader(config, self.apply, self._broken, self.clock, current=settings, overrides=overrides)
            if config
            else None
        )

    def apply(self, settings: Settings) -> None:
        """Take new settings. What did not change goes on; alert states carry over."""
        self._tell_of_restart(settings)
        self.settings = settings
        set_levels(parse_levels(settings.logging.level))
        self.upkeep.replace(settings.storage)
        self.notifier.replace(settings.channels)
        self.silence.mutes = settings.mute
        self.engine.replace(settings.rules)
        self.sources.replace(settings.sources)
        connectivity = settings.connectivity
        self.outage.replace(None if connectivity == "off" else connectivity, settings.collectors)
        self.scheduler.replace(settings.collectors)
        self.engine.prune()
        self._quiet_changed()

    def _quiet_changed(self) -> None:
        self.notifier.reconsider()

    def _popup(self) -> Callable[[Popup], None] | None:
        return self.desk.popup if self.desk else None

    def link(self, path: str) -> str:
        """The address of a page, for messages; "" while nothing serves the pages."""
        base = self.settings.server.public_url or self.address
        return f"{base.rstrip('/')}{path}" if base else ""

    def _judge(self, batch: Sequence[Metric]) -> None:
        self.engine.put(batch)  # built after the writer, which it speaks to

    def _skip(self, gap: Gap) -> None:
        self.engine.skip(gap)
        self._quiet_changed()  # the clock may have been set

    def record(self, verdict: Verdict) -> None:
        """Write what was judged, with the deliveries it makes, in one transaction; then send."""
        writing = self._send(verdict, self.notifier.address(verdict.news))
        if writing.done() and isinstance(failure := writing.exception(), StorageError):
            raise failure  # there was no room for it
        self.feed.news_after(writing, verdict.news)
        self.movers.put(verdict.news)

    def _send(self, verdict: Verdict, deliveries: Sequence[Delivery]) -> Future[list[Delivery]]:
        return self.writer.change(
            lambda cursor: alerts.record(cursor, verdict, deliveries), then=self.notifier.put, patient=True
        )

    def acknowledge(self, alert_id: int) -> Alert | None:
        """Somebody has seen it: no more reminders. None when no such alert is open."""
        alert = self.engine.acknowledge(alert_id, self.clock.now_ms())
        self.writer.settle()  # what they look at next should know of it
        return alert

    def lint(self, name: str) -> list[Hint]:
        """What looks odd in a rule; asks the stored numbers of the last week too."""
        hints = Hints(self.live, self.scheduler, self.reader)
        return [hint for rule in self.settings.rules if rule.name == name for hint in hints.of(rule)]

    def reload(self) -> list[str]:
        """Read the settings files now. The mistakes, if any; then nothing has changed."""
        return self.reloader.reload() if self.reloader else []

    def close(self) -> None:
        """Let go of the file, also when it was never started."""
        if not self.reader.close(STATEMENTS_S):
            log.warning("a statement from outside cannot be interrupted; it ends with the program")
        self.database.close()

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop()

    def _start(self) -> None:
        """Backwards along the flow, so that nobody speaks before somebody listens."""
        stored = self.database.cursor()
        self.gap_log.begin(gaps.last_sign(stored, self.clock.now_ms()))
        self.live.seed(self.reader.seeds(self.clock.now_ms()))
        self.snoozes.restore()
        self.engine.restore(alerts.load_states(stored), alerts.open_alerts(stored))
        self.apply(self.settings)
        self.notifier.put(alerts.load_deliveries(stored))
        self._quiet_changed()
        self.notifier.start()
        self.watch.start()
        self.engine.start()
        self.writer.start()
        self.upkeep.start()
        self.tables.start()
        self.movers.start()
        self.noise.start()
        self.vitals.start()
        self.outage.start()
        self.scheduler.start()
        if self.reloader:
            self.reloader.start()
        self.writer.tell(self._event("Oculus has started", EventType.SYSTEM))

    def _stop(self) -> None:
        """Along the flow, so that each stage can empty what it was given."""
        until = time.monotonic() + STOP_S
        stop_in_order(self._flow(), until - 1.0)
        self.sources.close()
        self.writer.tell(self._event("Oculus has stopped", EventType.SYSTEM))
        dropped = self.counters.get("writer.dropped")
        if not self.writer.stop(max(1.0, until - time.monotonic())):
            log.error("writer: did not end in time; %d rows are lost", self.writer.queue_length())
        self.lost = self.writer.queue_length() + round(self.counters.get("writer.dropped") - dropped)
        self.close()

    def _flow(self) -> list[Stoppable]:
        """Whatever has a thread of its own, but for the writer, which ends last."""
        first: list[Stoppable] = [self.reloader] if self.reloader else []
        first += [self.noise, self.watch, self.vitals, self.scheduler, self.outage]
        return [*first, self.tables, self.upkeep, self.engine, self.movers, self.notifier]

    def _broken(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        kind, severity = (EventType.ERROR, Severity.ERROR) if problems else (EventType.SYSTEM, Severity.INFO)
        self.writer.tell(self._event(told_of(problems), kind, severity))

    def _tell_of_restart(self, settings: Settings) -> None:
        new, old = settings.of_the_start(), self.settings.of_the_start()
        if changed := [name for name, value in new.items() if value != old[name]]:
            log.warning("settings: what changed of %s counts from the next start", ", ".join(changed))

    def _event(self, what: str, kind: EventType, severity: Severity = Severity.INFO) -> Event:
        return Event(ts_ms=self.clock.now_ms(), source="oculus", type=kind, severity=severity, message=what)
