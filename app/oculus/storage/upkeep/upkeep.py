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
from oculus.storage.file.caches import drop_caches
from oculus.storage.file.connection import DAMAGE, interrupt
from oculus.storage.file.copies import copy_database
from oculus.storage.file.recovery import daily_backup
from oculus.storage.settings import StorageSettings
from oculus.storage.upkeep.retention import Retention
from oculus.storage.upkeep.steady import LEAP_MS, SteadyTime, keep, recall
from oculus.storage.writing.writer import Writer

log = logging.getLogger(__name__)
T = TypeVar("T")

TIDY_AT = "04:10"  # local time: most people's machines are idle then, or off, and catch up later
LONGEST_S = 3_660  # to the next job: one runs every hour
ROOM = 1.2  # times the database's size that must be free for a backup


def gone(name: str) -> str:
    """What a person is told when the file of that name is not where it was, while Oculus runs."""
    return (
        f"{name} has been deleted or moved away. What it holds is there as long as Oculus runs: "
        f"save it with `oculus backup --to FILE` first, then stop Oculus and name that copy {name}."
    )


def leap_of(settings: StorageSettings) -> int:
    """A leap of the clock that could delete what is not old, ms."""
    return min(LEAP_MS, settings.retention.ms // 2)


class Stopped(Exception):
    """Oculus stops in the middle of it; it goes on at the next start."""


class Upkeep(Worker):
    """Cleans on start and hourly, tidies up daily."""

    def __init__(self, writer: Writer, settings: StorageSettings, clock: Clock) -> None:
        super().__init__("upkeep")
        self.damage = ""  # what the last backup found, and what to do; for every page
        self._writer = writer
        self._database = writer.database
        self._settings = self._wanted = settings
        self._clock = clock
        self._copying: duckdb.DuckDBPyConnection | None = None
        self.calendar = schedule.Scheduler()
        self._plan()
        self._started = False
        self._fits = self._there = True
        self._retention = Retention(writer, settings, self._wait, self._pause)
        known_ms = recall(self._database.cursor(), clock.now_ms())
        self._steady = SteadyTime(clock, known_ms, leap_of(settings), self._tell_of_clock)

    def replace(self, settings: StorageSettings) -> None:
        """Take new settings: they count from the next cleaning on. Any thread may call."""
        self._wanted = settings

    def step(self) -> None:
        self._take_on(self._wanted)
        try:
            self._steady.now_ms()
            self._look_for_file()
            if not self._started:
                self._started = True
                self.clean()
            if (self.calendar.idle_seconds or 0) > LONGEST_S:
                self._plan()  # the clock was set back: what was planned lies in a time to come
            self.calendar.run_pending()
        except Stopped:
            log.debug("upkeep: stopped half-way")
        except Exception:
            self._plan()  # what failed is next tried when it is due again, not every second
            raise

    def _take_on(self, settings: StorageSettings) -> None:
        if settings != self._settings:
            self._settings = self._retention.settings = settings
            self._steady.leap_ms = leap_of(settings)
            self._fits = True  # what is too large by the new size is told anew
            self._plan()

    def wake(self) -> None:
        copying = self._copying
        if copying is not None:
            interrupt(copying)

    def _plan(self) -> None:
        self.calendar.clear()
        self.calendar.every().hour.do(self.hourly)
        if self._settings.vacuum == "daily":
            self.calendar.every().day.at(TIDY_AT).do(self.tidy)

    def _look_for_file(self) -> None:
        there, name = self._database.path.exists(), self._database.path.name
        if self._there and not there:
            self._tell(gone(name), EventType.ERROR, Severity.CRITICAL)
        self._there = there

    def hourly(self) -> None:
        self.clean()
        drop_caches(self._database)

    def clean(self) -> None:
        """Delete what is older than the retention, then the oldest while the file is too large."""
        now_ms = self._steady.now_ms()
        self._writer.change(lambda cursor: keep(cursor, now_ms), hurry=False)
        self._retention.clean(now_ms)
        fits = self._retention.shrink(now_ms, self._tell_of_shrinking)
        if not fits and self._fits:
            self._tell_of_size()
        self._fits = fits

    def tidy(self) -> None:
        """Fold the log into the file, which also frees the room of deleted rows, and make the backup."""
        try:
            self._wait(self._writer.checkpoint())
        except StorageError as error:
            log.warning("upkeep: %s; the backup is made all the same", error)
        path = self._database.path
        if shutil.disk_usage(path.parent).free < ROOM * self._database.file_bytes():
            log.warning("upkeep: no backup today, the disk has no room for it")
            return
        self._copying = self._database.fresh_cursor()
        try:
            kept = copy_database(self._copying, path, daily_backup(path))
            self.damage = ""
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
        remedy = (
            f"To go back to the last good backup: {hint}." if kept.exists() else "There is no backup of it."
        )
        self.damage = f"A part of the database can no longer be read ({error.what}). {remedy}"
        self._tell(self.damage, EventType.ERROR, Severity.CRITICAL)

    def _tell_of_shrinking(self, table: str, until_ms: int) -> None:
        what = "numbers" if table == "metrics" else f"rows of {table}"
        self._tell(
            f"The database is full: {what} before {to_datetime(until_ms):%Y-%m-%d %H:%M} UTC were "
            f"deleted to keep it below storage.max_size, although storage.retention is "
            f"{short(self._settings.retention.total_seconds())}.",
            EventType.SYSTEM,
            Severity.WARN,
        )

    def _tell_of_size(self) -> None:
        self._tell(
            f"The database is larger than storage.max_size allows ({int(self._settings.max_size):,} bytes), "
            "and nothing is left that may be deleted: days, events and alerts stay. Allow it more.",
            EventType.SYSTEM,
            Severity.WARN,
        )

    def _tell_of_clock(self, message: str, severity: Severity) -> None:
        self._tell(message, EventType.SYSTEM, severity)

    def _pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopped

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
