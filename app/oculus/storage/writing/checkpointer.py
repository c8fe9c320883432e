"""Folding the write-ahead log into the file, between two commits, whoever is reading.

DuckDB refuses while somebody reads who began before the last deletion or update was committed. That is no
failure: it is tried again after every commit. The larger the log has grown, the longer the writer waits for
such readers, committing nothing meanwhile, up to more than a statement from outside may run. So the log
stays bounded while pages and queries never rest; only an export or a backup holds it up, while it lasts.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence

import duckdb

from oculus.core.counters import Counters
from oculus.core.errors import StorageError
from oculus.storage.file.connection import first_line
from oculus.storage.file.database import Database
from oculus.storage.writing.work import Checkpoint

log = logging.getLogger(__name__)

CHECKPOINT_BYTES = 16 * 2**20  # of log: a start after a crash reads that much again
MOST_BYTES = 256 * 2**20  # of log: from here on the writer waits for LONGEST_S
LONGEST_S = 6.0  # more than any statement from outside may take (query.py)
RESTS = 10  # times as long as was waited in vain, until it is tried again
CHECKPOINT_REST_S = 60.0  # after one that failed
BREATH_S = 0.005  # between two tries
WISH_S = 30.0  # a wish that was refused for so long is given up
REFUSED = re.compile(r"Cannot CHECKPOINT: there are other write transactions")


class Checkpointer:
    """The writer's part, used on its thread alone. `failed` hears why it failed, `complain` what to tell."""

    def __init__(
        self,
        database: Database,
        counters: Counters,
        stopping: threading.Event,
        failed: Callable[[duckdb.Error], None],
        complain: Callable[[str], None],
    ) -> None:
        self._database = database
        self._counters = counters
        self._stopping = stopping
        self._failed = failed
        self._complain = complain
        self._wishes: list[Checkpoint] = []
        self._not_before = 0.0
        self._long = False  # the log is too long, and somebody has been told

    def wish(self, wishes: Sequence[Checkpoint]) -> None:
        """To be answered by the next checkpoint, which is due at once."""
        if wishes:
            self._wishes += wishes
            self._not_before = 0.0

    def wished(self) -> bool:
        """Whether somebody waits for it, so that it must be tried again soon."""
        return bool(self._wishes)

    def due(self) -> bool:
        if time.monotonic() < self._not_before:
            return False
        return self.wished() or self._database.log_bytes() > CHECKPOINT_BYTES

    def checkpoint(self) -> None:
        """To be called between two commits, when it is due."""
        try:
            folded = self._insist(LONGEST_S * min(1.0, self._database.log_bytes() / MOST_BYTES) ** 2)
        except duckdb.Error as error:
            self._not_before = time.monotonic() + CHECKPOINT_REST_S
            self._failed(error)
            self._answer(StorageError(f"The database could not be tidied up: {first_line(error)}"))
            return
        if folded:
            self._long = False
            self._answer(None)
        else:
            self._refused()

    def _insist(self, patience_s: float) -> bool:
        """Try until it is done or `patience_s` are over. Whether it was done."""
        begun = time.monotonic()
        while not self._try():
            waited_s = time.monotonic() - begun
            if waited_s >= patience_s or self._stopping.wait(BREATH_S):
                self._not_before = time.monotonic() + RESTS * waited_s
                return False
        return True

    def _try(self) -> bool:
        try:
            self._database.writing.execute("CHECKPOINT")
        except duckdb.TransactionException as error:
            if not REFUSED.search(str(error)):
                raise
            self._counters.add("writer.checkpoints_refused")
            return False
        return True

    def _refused(self) -> None:
        given_up = time.monotonic() - WISH_S
        if self._wishes and self._wishes[0].asked < given_up:
            self._answer(
                StorageError("Something has been reading the database for long: a backup, an export")
            )
        if self._database.log_bytes() > MOST_BYTES and not self._long:
            self._long = True
            self._complain(
                f"{self._database.path.name}.wal grows, because something has been reading the database for "
                "long: a backup, an export or a statement. It shrinks when that has ended."
            )

    def _answer(self, failure: StorageError | None) -> None:
        for wish in self._wishes:
            wish.done(failure)
        self._wishes.clear()

    def end(self) -> None:
        """Nothing is tried any more: closing the file folds the log in."""
        self._answer(StorageError("Oculus has stopped"))
