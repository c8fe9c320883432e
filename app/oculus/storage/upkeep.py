"""Upkeep: old numbers go, the file is tidied up, and a backup of yesterday lies beside it.

Runs on its own thread; what changes the file goes through the writer in slices, so that an alert
waits for one slice at the most.
"""

from __future__ import annotations

import logging
import shutil
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import TypeVar

import duckdb
import schedule

from oculus.core.clock import Clock, to_datetime
from oculus.core.durations import short
from oculus.core.errors import StorageError
from oculus.core.event import Event, EventType, Severity
from oculus.core.worker import Worker
from oculus.storage.connection import DAMAGE, one
from oculus.storage.copies import copy_database
from oculus.storage.recovery import daily_backup
from oculus.storage.settings import StorageSettings
from oculus.storage.writer import Writer

log = logging.getLogger(__name__)
T = TypeVar("T")

SLICE_ROWS = 50_000  # deleted in one commit: some ten milliseconds
FIRST_SPAN_MS = 600_000
PAUSE_S = 0.05  # between slices
SHARE = 0.05  # of the stored time that goes at once when the file is too large
MOST_ROUNDS = 100
TIDY_AT = "04:10"  # local time: most people's machines are idle then, or off, and catch up later
ROOM = 1.2  # times the database's size that must be free for a backup

OLDEST = "SELECT epoch_ms(min(ts)), epoch_ms(max(ts)) FROM metrics"
DELETE = "DELETE FROM metrics WHERE ts < make_timestamptz(?)"
USED = "SELECT (block_size * used_blocks)::BIGINT FROM pragma_database_size()"


class Stopped(Exception):
    """Oculus stops in the middle of it; it goes on at the next start."""


class Upkeep(Worker):
    """Cleans on start and hourly, tidies up daily."""

    def __init__(self, writer: Writer, settings: StorageSettings, clock: Clock) -> None:
        super().__init__("upkeep")
        self._writer = writer
        self._database = writer.database
        self._settings = settings
        self._clock = clock
        self._copying: duckdb.DuckDBPyConnection | None = None
        self.calendar = schedule.Scheduler()
        self.calendar.every().hour.do(self.clean)
        if settings.vacuum == "daily":
            self.calendar.every().day.at(TIDY_AT).do(self.tidy)
        self._started = False
        self._span_ms = FIRST_SPAN_MS  # how much time a slice covers

    def step(self) -> None:
        try:
            if not self._started:
                self._started = True
                self.clean()
            self.calendar.run_pending()
        except Stopped:
            log.debug("upkeep: stopped half-way")

    def wake(self) -> None:
        copying = self._copying
        if copying is not None:
            copying.interrupt()

    def clean(self) -> None:
        """Delete what is older than the retention, then the oldest while the file is too large."""
        deleted = self._delete_before(self._clock.now_ms() - self._settings.retention.ms)
        if deleted:
            log.info("upkeep: %d numbers older than %s deleted", deleted, self._settings.retention)
        self._shrink()

    def tidy(self) -> None:
        """Fold the log into the file, which also frees the room of deleted rows, and make the backup."""
        self._wait(self._writer.checkpoint())
        path = self._database.path
        if shutil.disk_usage(path.parent).free < ROOM * path.stat().st_size:
            log.warning("upkeep: no backup today, the disk has no room for it")
            return
        self._copying = self._database.fresh_cursor()
        try:
            kept = copy_database(self._copying, path, daily_backup(path))
            log.info("upkeep: %s holds a backup of today", kept.name)
        except StorageError as error:
            if not self.stopping.is_set():
                self._backup_failed(error)
        finally:
            self._copying.close()
            self._copying = None

    def _backup_failed(self, error: StorageError) -> None:
        kept = daily_backup(self._database.path)
        if not DAMAGE.search(str(error)):
            self._tell(str(error), EventType.ERROR, Severity.ERROR)
            return
        hint = f"stop Oculus, rename {self._database.path.name} and copy {kept.name} to its place"
        self._tell(
            f"A part of the database can no longer be read ({error.what}). "
            + (
                f"To go back to the last good backup: {hint}."
                if kept.exists()
                else "There is no backup of it."
            ),
            EventType.ERROR,
            Severity.CRITICAL,
        )

    def _delete_before(self, end_ms: int) -> int:
        """In slices of about SLICE_ROWS. Returns how many rows went."""
        oldest, _ = self._stored()
        deleted = 0
        while oldest is not None and oldest < end_ms:
            oldest = min(oldest + self._span_ms, end_ms)
            gone = self._delete(oldest)
            deleted += gone
            if gone < SLICE_ROWS // 2:
                self._span_ms *= 2
            elif gone > SLICE_ROWS:
                self._span_ms = max(1, self._span_ms // 2)
            if gone and self.stopping.wait(PAUSE_S):
                raise Stopped
        return deleted

    def _delete(self, until_ms: int) -> int:
        def work(cursor: duckdb.DuckDBPyConnection) -> int:
            return int(one(cursor, DELETE, [until_ms * 1000])[0])

        return self._wait(self._writer.change(work))

    def _shrink(self) -> None:
        """While the file is larger than it may be, the oldest numbers go, whatever the retention is."""
        until_ms = None
        for _ in range(MOST_ROUNDS):
            oldest, newest = self._stored()
            if self._used() <= self._settings.max_size or oldest is None or newest is None:
                break
            until_ms = oldest + max(1, round((newest - oldest) * SHARE))
            self._delete_before(until_ms)
            self._wait(self._writer.checkpoint())
        if until_ms is not None:
            self._tell(
                f"The database is full: numbers before {to_datetime(until_ms):%Y-%m-%d %H:%M} UTC were "
                f"deleted to keep it below storage.max_size, although storage.retention is "
                f"{short(self._settings.retention.total_seconds())}.",
                EventType.SYSTEM,
                Severity.WARN,
            )

    def _stored(self) -> tuple[int | None, int | None]:
        """The oldest and the newest number's time."""
        oldest, newest = one(self._database.cursor(), OLDEST)
        return oldest, newest

    def _used(self) -> int:
        return int(one(self._database.cursor(), USED)[0])

    def _wait(self, future: Future[T]) -> T:
        """The future's result. Raises Stopped when Oculus stops first."""
        while not wait_for([future], timeout=0.2).done:
            if self.stopping.is_set():
                raise Stopped
        return future.result()

    def _tell(self, message: str, kind: EventType, severity: Severity) -> None:
        log.warning("upkeep: %s", message)
        now = self._clock.now_ms()
        self._writer.tell(Event(ts_ms=now, source="oculus", type=kind, severity=severity, message=message))
