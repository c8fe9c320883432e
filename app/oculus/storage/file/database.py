"""The database file of this copy of Oculus: locked, whole, at the right version, and open."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
import weakref
from pathlib import Path

import duckdb

from oculus.core.clock import Clock
from oculus.core.errors import StorageError
from oculus.core.event import Event
from oculus.core.paths import private_folder
from oculus.core.private import close_to_others
from oculus.storage.file import schema
from oculus.storage.file.connection import (
    DAMAGE,
    Damaged,
    connect,
    connect_read_only,
    copying_path,
    exporting_path,
    first_line,
)
from oculus.storage.file.copies import copy_database, remove
from oculus.storage.file.lock import Lock
from oculus.storage.file.recovery import logs_of, migration_backup, open_or_recover
from oculus.storage.settings import StorageSettings

log = logging.getLogger(__name__)

# Reads every column of every small table, and of the last hour of the large ones. A damaged block further
# back is found by the daily backup; reading a week of metrics here would take seconds.
VERIFY = "SELECT max(hash(t)) FROM {table} t"
VERIFY_NEWEST = """
    SELECT max(hash(t)) FROM {table} t WHERE ts >= (SELECT max(ts) FROM {table}) - INTERVAL 1 HOUR
"""
LARGE = frozenset(("metrics", "metrics_1m", "metrics_1m_stored", "metrics_1h", "metrics_1d"))


class Database:
    """Owns every connection to the file. `writing` belongs to the writer's thread alone.

    Any other thread asks for `cursor()`, which is its own; DuckDB refuses to share one.
    """

    def __init__(self, path: Path, settings: StorageSettings, lock: Lock) -> None:
        self.path = path
        self.notices: list[Event] = []  # what happened while opening; the writer stores them
        self._settings = settings
        self._lock = lock
        self._guard = threading.Lock()
        self._local = threading.local()
        self._cursors: weakref.WeakSet[duckdb.DuckDBPyConnection] = weakref.WeakSet()
        self._generation = 0
        self.writing = self._open()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The calling thread's own cursor for reading; the same one at every call."""
        if getattr(self._local, "generation", None) != self._generation:
            self._local.generation = self._generation
            self._local.cursor = self.fresh_cursor()
        found: duckdb.DuckDBPyConnection = self._local.cursor
        return found

    def fresh_cursor(self) -> duckdb.DuckDBPyConnection:
        """A new cursor, closed with the database at the latest. Raises StorageError when it is closed."""
        with self._guard:
            try:
                cursor = self.writing.cursor()
            except duckdb.Error as error:
                raise StorageError(f"{self.path.name} is not open: {first_line(error)}") from error
            self._cursors.add(cursor)
            return cursor

    def reopen(self) -> None:
        """Open the file afresh after a failure that DuckDB does not get over by itself.

        Only the writer calls this. Whoever holds an old cursor gets errors and asks for a new one.
        """
        with self._guard:
            self._close_connections()
            self.writing = connect(self.path, self._settings)
            self._generation += 1

    def log_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return self.path.with_name(f"{self.path.name}.wal").stat().st_size
        except OSError:
            return 0  # just checkpointed

    def file_bytes(self) -> int:
        """Size of the file; 0 when somebody has taken it away, which Linux lets them do while it is open."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def announce(self, address: str) -> None:
        """Note where this copy serves its pages, for whoever finds the file locked."""
        self._lock.announce(address)

    def close(self) -> None:
        """Fold the write-ahead log into the file, close it and let go of it. May be called twice."""
        with self._guard:
            self._close_connections()
        shutil.rmtree(f"{self.path}.tmp", ignore_errors=True)
        self._lock.release()

    def _close_connections(self) -> None:
        for cursor in [*self._cursors, self.writing]:
            with contextlib.suppress(duckdb.Error):
                cursor.interrupt()
            # A cursor whose statement ignores the interruption cannot be closed; it dies with its thread.
            with contextlib.suppress(duckdb.Error):
                cursor.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        if logs_of(self.path):
            self._rehearse()
        connection = connect(self.path, self._settings)
        for file in (self.path, *logs_of(self.path)):
            close_to_others(file)
        try:
            self._migrate(connection)
            verify(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _rehearse(self) -> None:
        """Read what a killed copy left before anything is written: DuckDB would write into a damaged file."""
        connection = connect_read_only(self.path, self._settings)
        try:
            verify(connection)
        finally:
            connection.close()

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        try:
            present = schema.version(connection)
            changes = schema.pending(present)
        except duckdb.Error as error:
            raise damage(error) from error
        if changes and present:
            kept = copy_database(connection, self.path, migration_backup(self.path, present))
            log.info("%s: kept as %s before it is brought to version %d", self.path.name, kept.name,
                     changes[-1].number)  # fmt: skip
        schema.apply(connection, changes)


def open_database(data: Path, settings: StorageSettings, clock: Clock) -> Database:
    """Lock, open, repair if need be, and bring up to date the database in the folder `data`.

    Raises LockedError when another copy holds it, StorageError when it cannot be used.
    """
    path = data / settings.path
    try:
        private_folder(path.parent)
    except OSError as error:
        raise StorageError(
            f"the folder {path.parent} cannot be made: {error.strerror or error}",
            "Choose another with --data.",
        ) from error
    lock = Lock(path)
    try:
        clear_leftovers(path)
        database, notices = open_or_recover(path, lambda: Database(path, settings, lock), clock)
    except BaseException:
        lock.release()
        raise
    database.notices += notices
    return database


def clear_leftovers(path: Path) -> None:
    """Unfinished copies and sorts of a copy of Oculus that was killed."""
    remove(copying_path(path))
    exporting_path(path).unlink(missing_ok=True)
    for part in path.parent.glob(f"{path.name}*.part"):  # of a backup on its way to its place
        part.unlink(missing_ok=True)
    shutil.rmtree(f"{path}.tmp", ignore_errors=True)


def verify(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise Damaged when what the first minute needs cannot be read."""
    try:
        for table in sorted(schema.own_tables(connection)):
            verifying = VERIFY_NEWEST if table in LARGE else VERIFY
            connection.execute(verifying.format(table=table)).fetchall()
    except duckdb.Error as error:
        raise damage(error) from error


def damage(error: duckdb.Error) -> StorageError:
    if DAMAGE.search(str(error)):
        return Damaged(first_line(error))
    return StorageError(f"the database cannot be read: {first_line(error)}")
