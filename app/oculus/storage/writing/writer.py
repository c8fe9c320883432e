"""The writer: the only thread that changes oculus.db.

Whatever is handed over waits in the inbox and goes into the file in groups: a little wait gathers what comes
close together, ended at once when somebody waits for the commit (`change`). Listeners hear of numbers after
their commit: a page or a rule never knows a number that the file does not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

import duckdb

from oculus.core.alert import Delivery
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.errors import StorageError
from oculus.core.event import Event
from oculus.core.metric import Metric, finite
from oculus.core.worker import Worker
from oculus.storage.file.connection import first_line
from oculus.storage.file.database import Database
from oculus.storage.file.trouble import must_reopen
from oculus.storage.records.alerts import save_deliveries
from oculus.storage.rollups.rollup import Rollups
from oculus.storage.writing.checkpointer import Checkpointer
from oculus.storage.writing.committer import Committer, Listeners
from oculus.storage.writing.complaints import Complaints
from oculus.storage.writing.inbox import Inbox
from oculus.storage.writing.work import Change, Checkpoint, Writable

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[duckdb.DuckDBPyConnection], T]

QUEUE_LIMIT = 200_000  # rows, about 100 MB
QUEUE_RESERVE = 20_000  # more, for alerts and events, which must not be lost behind numbers
MOST_ROWS = 5_000  # in one commit
LINGER_S = (0.020, 0.250)  # the least and the longest wait for more; as long as a commit in between
SEEN_S = 1.0  # for what somebody did by hand to be in the file, before they are answered
IDLE_S = 1.0  # while a checkpoint waits for readers to end


class Writer(Worker):
    """Takes what was handed over, commits it, then tells whoever listens."""

    pause_s = 0

    def __init__(
        self,
        database: Database,
        counters: Counters,
        clock: Clock,
        on_commit: Listeners = (),
        on_events: Listeners = (),
    ) -> None:
        super().__init__("writer")
        self.database = database
        self._counters = counters
        self._inbox: Inbox[Writable | Checkpoint] = Inbox(QUEUE_LIMIT, QUEUE_RESERVE)
        self._overflowing = False
        self._rollups = Rollups(clock)
        self._complaints = Complaints(self.tell, clock)
        self._committer = Committer(
            database, counters, self._rollups, self._complaints, self.stopping, on_commit, on_events
        )
        self._checkpointer = Checkpointer(
            database, counters, self.stopping, self._checkpoint_failed, self._complaints.add
        )
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
            self._complaints.add(
                f"{self.queue_length()} numbers wait to be written; new ones are dropped until there is room."
            )

    def tell(self, event: Event) -> None:
        """Hand over an event. Never waits."""
        if not self._inbox.put(event, 1, reserved=True):
            self._counters.add("writer.dropped")
            log.error("writer: no room for an event: %s", event.message)

    def change(
        self,
        work: Work[T],
        then: Callable[[T], None] | None = None,
        hurry: bool = True,
        patient: bool = False,
    ) -> Future[T]:
        """Have `work` done in the next transaction, at once in a `hurry`; `then` gets its result afterwards.

        Both run on the writer's thread and must be quick; `work` may run several times: one that is
        `patient` is tried for half a minute while disk or memory are short, another for half a second.
        The future holds the result once it is committed, or what `work` raised (then nothing is written).
        """
        item = Change(work, then, patient)
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

    def settle(self, timeout_s: float = SEEN_S) -> None:
        """Wait until all that was handed over is in the file; on a slow disk it follows later."""
        with suppress(StorageError, TimeoutError):
            self.change(lambda _cursor: None).result(timeout_s)

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
        return self.alive() and not self._committer.trouble

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Write what was handed over, and end. True if that was done in time."""
        ended = super().stop(timeout_s)
        self._refuse_rest()
        return ended

    def wake(self) -> None:
        self._inbox.wake()

    def step(self) -> None:
        shortest, longest = LINGER_S
        linger_s = 0.0 if self.stopping.is_set() else min(max(self._committer.commit_s, shortest), longest)
        self._serve(self._inbox.take(MOST_ROWS, linger_s, IDLE_S if self._checkpointer.wished() else None))
        if self._overflowing and self.queue_length() < QUEUE_LIMIT // 2:
            self._overflowing = False
        if self._checkpointer.due():
            self._serve(self._inbox.take(MOST_ROWS, 0.0, 0.0))  # who waited for a commit waits no longer
            self._checkpointer.checkpoint()
        if not self.stopping.is_set() and self._rollups.keep_up(self.database.writing):
            self.wake()  # the next slice follows what came meanwhile

    def _serve(self, taken: Sequence[Writable | Checkpoint]) -> None:
        self._checkpointer.wish([item for item in taken if isinstance(item, Checkpoint)])
        self._committer.write([item for item in taken if not isinstance(item, Checkpoint)])

    def finish(self) -> None:
        """What was handed over before the stop is still written."""
        while not self._inbox.empty():
            self.step()
        self._checkpointer.end()

    def _checkpoint_failed(self, error: duckdb.Error) -> None:
        self._complaints.add(f"The database could not be tidied up: {first_line(error)}.")
        if must_reopen(error):
            self._committer.reopen()

    def _refuse_rest(self) -> None:
        """Once nobody takes from the inbox any more, let nobody wait for it."""
        if self.alive() or not self.stopping.is_set():
            return
        self._counters.add("writer.dropped", self.queue_length())
        for item in self._inbox.drain():
            if isinstance(item, Change | Checkpoint):
                item.future.set_exception(StorageError("Oculus has stopped; nothing more is written"))
