"""The writer: the only thread that changes oculus.db.

Whatever is handed over waits in the inbox and goes into the file in groups: a little wait gathers
what comes close together, ended at once when somebody waits for the commit (`change`). A group that
cannot be written because of the disk is kept and tried again until it can; one that holds something
the tables refuse is taken apart until only that is dropped. Listeners hear of numbers after their
commit: a page or a rule never knows a number that the file does not.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import duckdb

from oculus.core.alert import Delivery
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.errors import OculusError, StorageError
from oculus.core.event import Event, EventType, Severity
from oculus.core.metric import Metric, finite
from oculus.core.worker import Worker
from oculus.storage.alerts import save_deliveries
from oculus.storage.batch import insert_events, insert_metrics
from oculus.storage.connection import first_line
from oculus.storage.database import Database
from oculus.storage.folding import Folding
from oculus.storage.handed import Change, Checkpoint, Writable, describe, halves
from oculus.storage.inbox import Inbox
from oculus.storage.rollups import Rollups
from oculus.storage.trouble import Backoff, attempt, is_general, must_reopen, remedy

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[duckdb.DuckDBPyConnection], T]
Told = Sequence[Callable[[Any], None]]  # called with what was committed

QUEUE_LIMIT = 200_000  # rows, about 100 MB
QUEUE_RESERVE = 20_000  # more, for alerts and events, which must not be lost behind numbers
MOST_ROWS = 5_000  # in one commit
LINGER_S = (0.020, 0.250)  # the least and the longest wait for more; as long as a commit in between
IDLE_S = 1.0  # while a checkpoint waits for readers to end
OWN_TRIES = 3  # of a change whose work fails as a full disk would make it fail
LAST_TRIES_S = 2.0  # for what cannot be written when Oculus stops


class Writer(Worker):
    """Takes what was handed over, commits it, then tells whoever listens."""

    pause_s = 0

    def __init__(
        self, database: Database, counters: Counters, clock: Clock, on_commit: Told = (), on_events: Told = ()
    ) -> None:
        super().__init__("writer")
        self.database = database
        self._counters = counters
        self._clock = clock
        self._on_commit = list(on_commit)
        self._on_events = list(on_events)
        self._inbox: Inbox[Writable | Checkpoint] = Inbox(QUEUE_LIMIT, QUEUE_RESERVE)
        self._backoff = Backoff(self.stopping, LAST_TRIES_S)
        self._rollups = Rollups(clock)
        self._commit_s = 0.002  # how long a commit takes lately
        self._overflowing = False
        self._trouble = ""  # why nothing can be written just now
        self._told = ""  # the last complaint, so that the same one is not an event every second
        self._folding = Folding(database, counters, self.stopping, self._unfolded, self._complain)
        for event in database.notices:
            self.tell(event)

    def put(self, metrics: Sequence[Metric]) -> None:
        """Hand over numbers. Never waits; NaN is refused, what finds no room is dropped: both counted."""
        good = finite(metrics)
        if len(good) < len(metrics):
            self._counters.add("writer.refused", len(metrics) - len(good))
        if not good or self._inbox.put(good, len(good)):
            return
        self._counters.add("writer.dropped", len(good))
        if not self._overflowing:
            self._overflowing = True
            self._complain(
                f"{self.queue_length()} numbers wait to be written; new ones are dropped until there is room."
            )

    def tell(self, event: Event) -> None:
        """Hand over an event. Never waits."""
        if not self._inbox.put(event, 1, reserved=True):
            self._counters.add("writer.dropped")
            log.error("writer: no room for an event: %s", event.message)

    def change(self, work: Work[T], then: Callable[[T], None] | None = None, hurry: bool = True) -> Future[T]:
        """Have `work` done in the next transaction, at once in a `hurry`; `then` gets its result afterwards.

        Both run on the writer's thread and must be quick; `work` may run twice. The future holds the
        result once it is committed, or what `work` raised (then nothing of it is written).
        """
        item = Change(work, then)
        if not self._inbox.put(item, 1, urgent=hurry, reserved=True):
            self._counters.add("writer.dropped")
            item.future.set_exception(StorageError("The database is too slow: too much waits to be written"))
        else:
            self._refuse_rest()
        return item.future

    def save_deliveries(self, deliveries: Sequence[Delivery], timeout_s: float = 30.0) -> None:
        """Write the rows as they are now and wait for the commit. Raises StorageError."""
        kept = list(deliveries)
        if threading.current_thread() is self._thread:
            raise StorageError("The writer cannot wait for itself")
        try:
            self.change(lambda cursor: save_deliveries(cursor, kept)).result(timeout_s)
        except TimeoutError as error:
            raise StorageError(f"The deliveries were not written within {timeout_s:g} s") from error
        except duckdb.Error as error:
            raise StorageError(f"The deliveries were not written: {first_line(error)}") from error

    def checkpoint(self) -> Future[None]:
        """Have the write-ahead log folded into the file, between two commits."""
        wish = Checkpoint()
        self._inbox.put(wish, 0, urgent=True, reserved=True)
        self._refuse_rest()
        return wish.future

    def queue_length(self) -> int:
        """Rows that wait."""
        return self._inbox.rows()

    def healthy(self) -> bool:
        """Whether what is handed over gets into the file."""
        return self.alive() and not self._trouble

    def wake(self) -> None:
        self._inbox.wake()

    def step(self) -> None:
        shortest, longest = LINGER_S
        linger_s = 0.0 if self.stopping.is_set() else min(max(self._commit_s, shortest), longest)
        self._serve(self._inbox.take(MOST_ROWS, linger_s, IDLE_S if self._folding.wished() else None))
        if self._overflowing and self.queue_length() < QUEUE_LIMIT // 2:
            self._overflowing = False
        if self._folding.due():
            self._serve(self._inbox.take(MOST_ROWS, 0.0, 0.0))  # who waited for a commit waits for no fold
            self._folding.fold()
        if not self.stopping.is_set() and self._rollups.keep_up(self.database.writing):
            self.wake()  # the next slice follows what came meanwhile

    def _serve(self, taken: Sequence[Writable | Checkpoint]) -> None:
        self._folding.wish([item for item in taken if isinstance(item, Checkpoint)])
        self._write([item for item in taken if not isinstance(item, Checkpoint)])

    def finish(self) -> None:
        """What was handed over before the stop is still written."""
        while not self._inbox.empty():
            self.step()
        self._folding.end()

    def _write(self, items: list[Writable]) -> None:
        """Go on until `items` are in the file, or it is known which of them never will be."""
        while items:
            try:
                self._commit(items)
                self._recovered()
                return
            except Exception as error:  # a change's work may raise anything
                self._counters.add("writer.failed")
                items = self._blame(items, error)
            if self._trouble and not self._backoff.wait():
                self._abandon(items)
                return

    def _commit(self, items: Sequence[Writable]) -> None:
        begun = time.perf_counter()
        metrics = [metric for item in items if isinstance(item, list) for metric in item]
        events = [item for item in items if isinstance(item, Event)]
        changes = [item for item in items if isinstance(item, Change)]
        cursor = self.database.writing
        cursor.begin()
        try:
            insert_metrics(cursor, metrics)
            self._rollups.enter(cursor, metrics)
            insert_events(cursor, events)
            for change in changes:
                change.run(cursor)
            cursor.commit()
        except BaseException:
            # After a failed commit there is nothing left to roll back, which DuckDB calls an error.
            with contextlib.suppress(duckdb.Error):
                cursor.rollback()
            raise
        self._count(len(metrics), time.perf_counter() - begun)
        self._spread(metrics, events, changes)

    def _count(self, rows: int, seconds: float) -> None:
        self._commit_s += (seconds - self._commit_s) / 8
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
        if must_reopen(error) or (general and not (failed and self._backoff.tries >= OWN_TRIES)):
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
                self._write(part)
        return []

    def _drop(self, item: Writable, error: Exception) -> None:
        self._counters.add("writer.dropped")
        tell = log.error if isinstance(item, Event) else self._complain  # an event of it is refused, too
        tell(f"The database refused {describe(item)}: {first_line(error)}")
        if isinstance(item, Change):
            item.future.set_exception(error)

    def _stuck(self, error: Exception) -> None:
        if not self._trouble:
            self._trouble = first_line(error)
            hint = remedy(self._trouble)
            self._complain(f"The database cannot be written ({self._trouble}). New numbers wait; {hint}.")
        if must_reopen(error):
            self._reopen()

    def _recovered(self) -> None:
        self._backoff.reset()
        if self._trouble:
            self._trouble = ""
            self._told = ""
            self.tell(self._event("The database can be written again.", Severity.INFO))

    def _reopen(self) -> None:
        try:
            self.database.reopen()
        except OculusError as error:  # LockedError, too: another program may have it open by now
            log.error("writer: %s", error)

    def _abandon(self, items: Sequence[Writable]) -> None:
        rows = sum(len(item) if isinstance(item, list) else 1 for item in items)
        self._counters.add("writer.dropped", rows)
        log.error("writer: stopped with %d rows that could not be written: %s", rows, self._trouble)
        for item in items:
            if isinstance(item, Change):
                item.future.set_exception(StorageError(f"The database cannot be written: {self._trouble}"))

    def _unfolded(self, error: duckdb.Error) -> None:
        self._complain(f"The database could not be tidied up: {first_line(error)}.")
        if must_reopen(error):
            self._reopen()

    def _complain(self, message: str) -> None:
        if message != self._told:
            log.error("writer: %s", message)
            self._told = message
            self.tell(self._event(message, Severity.ERROR))

    def _event(self, message: str, severity: Severity) -> Event:
        kind = EventType.ERROR if severity is Severity.ERROR else EventType.SYSTEM
        now = self._clock.now_ms()
        return Event(ts_ms=now, source="oculus", type=kind, severity=severity, message=message)

    def _refuse_rest(self) -> None:
        """Once nobody takes from the inbox any more, let nobody wait for it."""
        if self.alive() or not self.stopping.is_set():
            return
        for item in self._inbox.drain():
            if isinstance(item, Change | Checkpoint):
                item.future.set_exception(StorageError("Oculus has stopped; nothing more is written"))
