"""A group of rows and changes into the file: in one transaction, again and again until it is there.

A group that cannot be written because of the disk is kept and tried again until it can; one that holds
something the tables refuse is taken apart until only that is dropped. Listeners hear of it after the commit.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from oculus.core.counters import Counters
from oculus.core.errors import OculusError, StorageError
from oculus.core.event import Event
from oculus.core.metric import Metric
from oculus.storage.file.batch import insert_events, insert_metrics
from oculus.storage.file.connection import first_line
from oculus.storage.file.database import Database
from oculus.storage.file.transaction import transaction
from oculus.storage.file.trouble import Backoff, attempt, is_general, must_reopen, remedy
from oculus.storage.rollups.rollup import Rollups
from oculus.storage.writing.complaints import Complaints
from oculus.storage.writing.work import Change, Writable, describe, halves

log = logging.getLogger(__name__)

Listeners = Sequence[Callable[[Any], None]]  # called with what was committed

LAST_TRIES_S = 2.0  # for what cannot be written when Oculus stops


class Committer:
    """Used on the writer's thread alone."""

    def __init__(
        self,
        database: Database,
        counters: Counters,
        rollups: Rollups,
        complaints: Complaints,
        stopping: threading.Event,
        on_commit: Listeners,
        on_events: Listeners,
    ) -> None:
        self.trouble = ""  # why nothing can be written just now
        self.commit_s = 0.002  # how long a commit takes lately
        self._database = database
        self._counters = counters
        self._rollups = rollups
        self._complaints = complaints
        self._on_commit = list(on_commit)
        self._on_events = list(on_events)
        self._backoff = Backoff(stopping, LAST_TRIES_S)

    def write(self, items: list[Writable]) -> None:
        """Go on until `items` are in the file, or it is known which of them never will be."""
        while items:
            try:
                self._commit(items)
                self._recovered()
                return
            except Exception as error:  # a change's work may raise anything
                self._counters.add("writer.failed")
                items = self._blame(items, error)
            if self.trouble and not self._backoff.wait():
                self._abandon(items)
                return

    def _commit(self, items: Sequence[Writable]) -> None:
        begun = time.perf_counter()
        metrics = [metric for item in items if isinstance(item, list) for metric in item]
        events = [item for item in items if isinstance(item, Event)]
        changes = [item for item in items if isinstance(item, Change)]
        with transaction(cursor := self._database.writing):
            insert_metrics(cursor, metrics)
            self._rollups.enter(cursor, metrics)
            insert_events(cursor, events)
            for change in changes:
                change.run(cursor)
        self._count(len(metrics), time.perf_counter() - begun)
        self._spread(metrics, events, changes)

    def _count(self, rows: int, seconds: float) -> None:
        self.commit_s += (seconds - self.commit_s) / 8
        self._counters.time("writer.commit", seconds)
        self._counters.add("writer.commits")
        self._counters.add("writer.rows", rows)

    def _spread(self, metrics: Sequence[Metric], events: Sequence[Event], changes: Sequence[Change]) -> None:
        """Tell of what is committed."""
        for listener in self._on_commit if metrics else ():
            attempt("a listener", listener, metrics)
        for hearer in self._on_events if events else ():
            attempt("a listener", hearer, events)
        for change in changes:
            attempt("what follows a change", change.done)

    def _blame(self, items: list[Writable], error: Exception) -> list[Writable]:
        """Find out why `items` could not be written. Returns those still to be tried."""
        failed = next((item for item in items if isinstance(item, Change) and item.failed), None)
        general = is_general(error)
        # What looks like the disk may be something else if it comes from a change's own work.
        if must_reopen(error) or (general and not (failed and self._backoff.tries >= failed.tries)):
            self._stuck(error)
            return items
        if failed:
            self._drop(failed, error)
            return [item for item in items if item is not failed]
        parts = halves(items)
        if len(parts) == 1:
            self._drop(items[0], error)
        else:
            for part in parts:
                self.write(part)
        return []

    def _drop(self, item: Writable, error: Exception) -> None:
        self._counters.add("writer.dropped")
        # An event that says that an event was refused would be refused, too.
        tell = log.error if isinstance(item, Event) else self._complaints.add
        tell(f"The database refused {describe(item)}: {first_line(error)}")
        if isinstance(item, Change):
            item.future.set_exception(error)

    def _stuck(self, error: Exception) -> None:
        if not self.trouble:
            self.trouble = first_line(error)
            what = f"The database cannot be written ({self.trouble})."
            self._complaints.add(f"{what} New numbers wait; {remedy(self.trouble)}.")
        if must_reopen(error):
            self.reopen()

    def _recovered(self) -> None:
        self._backoff.reset()
        if self.trouble:
            self.trouble = ""
            self._complaints.over("The database can be written again.")

    def reopen(self) -> None:
        try:
            self._database.reopen()
        except OculusError as error:  # LockedError, too: another program may have it open by now
            log.error("writer: %s", error)

    def _abandon(self, items: Sequence[Writable]) -> None:
        rows = sum(len(item) if isinstance(item, list) else 1 for item in items)
        self._counters.add("writer.dropped", rows)
        log.error("writer: stopped with %d rows that could not be written: %s", rows, self.trouble)
        for item in items:
            if isinstance(item, Change):
                item.future.set_exception(StorageError(f"The database cannot be written: {self.trouble}"))
