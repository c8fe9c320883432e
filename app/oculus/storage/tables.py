"""Files in the folder `tables` of the data folder become tables of the same name, for SQL rules and queries.

They are copied into the database, part by part between other commits, and are there as a whole or not at all.
A file that changed is read again once it has been left alone for a moment; one that is gone takes its table
along.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from oculus.core.clock import Clock
from oculus.core.errors import StorageError
from oculus.core.event import Event, EventType, Severity
from oculus.core.worker import Worker
from oculus.storage.file import schema
from oculus.storage.file.connection import first_line
from oculus.storage.file.schema import UNFINISHED
from oculus.storage.table_file import READERS, Column, TableFile, Unreadable, table_name
from oculus.storage.writing.writer import Writer

log = logging.getLogger(__name__)

MOST_FILES = 100
WRITE_S = 60.0  # for one part to be written
INSERT = "INSERT INTO {table} SELECT {values}"
KNOWN = "SELECT file, name, bytes, modified_ns FROM table_files"
KEEP = """
    INSERT OR REPLACE INTO table_files (file, name, bytes, modified_ns, loaded_at)
    VALUES ($file, $name, $bytes, $modified_ns, make_timestamptz($now_us))
"""


class Stamp(NamedTuple):
    """Which state of a file it is."""

    bytes: int
    modified_ns: int


class Kept(NamedTuple):
    """A file that is a table."""

    name: str
    stamp: Stamp


class Tables(Worker):
    """Looks at the folder every two seconds."""

    pause_s = 2.0

    def __init__(self, writer: Writer, folder: Path, clock: Clock) -> None:
        super().__init__("tables")
        self._writer = writer
        self._folder = folder
        self._clock = clock
        self._before: dict[str, Stamp] = {}  # at the last look
        self._refused: dict[str, Stamp] = {}  # could not be read as they were then
        self._kept: dict[str, Kept] | None = None
        self._reading: TableFile | None = None

    def step(self) -> None:
        self._folder.mkdir(exist_ok=True)
        if self._kept is None:
            self._kept = known(self._writer.database.cursor())
            self._write(lambda cursor: cursor.execute(f"DROP TABLE IF EXISTS {UNFINISHED}") and None)
        now = self._look()
        for file in sorted(self._kept.keys() - now.keys()):
            self._drop(file)
        for file, stamp in now.items():
            settled = self._before.get(file) == stamp
            known_as = (self._stamp(file), self._refused.get(file))
            if settled and stamp not in known_as and not self.stopping.is_set():
                self._take(file, stamp)
        self._before = now
        self._refused = {file: stamp for file, stamp in self._refused.items() if file in now}

    def wake(self) -> None:
        if reading := self._reading:
            reading.interrupt()

    def _look(self) -> dict[str, Stamp]:
        found = {}
        for path in sorted(self._folder.iterdir())[: 10 * MOST_FILES]:
            if path.suffix.lower() in READERS and not path.name.startswith(".") and path.is_file():
                state = path.stat()
                found[path.name] = Stamp(state.st_size, state.st_mtime_ns)
        return dict(list(found.items())[:MOST_FILES])

    def _stamp(self, file: str) -> Stamp | None:
        kept = (self._kept or {}).get(file)
        return kept.stamp if kept else None

    def _take(self, file: str, stamp: Stamp) -> None:
        """Read a file into its table. A failure is told, and the table stays as it was.

        Raises StorageError when it is the database that cannot: then it is tried again.
        """
        new = self._stamp(file) is None
        name = table_name(self._folder / file)
        try:
            self._check_name(file, name)
            rows = self._load(file, name, stamp)
        except (Unreadable, duckdb.Error) as error:
            if self.stopping.is_set():
                return
            self._refused[file] = stamp
            self._tell(f"tables/{file} is not read: {first_line(error)}", Severity.WARN)
            return
        except StorageError:
            if self.stopping.is_set():
                return
            raise
        self._refused.pop(file, None)
        assert self._kept is not None
        self._kept[file] = Kept(name, stamp)
        log.info("tables: %s is the table %s with %d rows", file, name, rows)
        if new:
            self._tell(
                f"tables/{file} is the table {name} now ({rows} row{'s' * (rows != 1)})", Severity.INFO
            )

    def _check_name(self, file: str, name: str) -> None:
        """Raises Unreadable when the name belongs to somebody else."""
        other = next((f for f, kept in (self._kept or {}).items() if kept.name == name and f != file), None)
        if other:
            raise Unreadable(f"{other} is the table {name} already; give one of them another name")
        if name in schema.own_tables(self._writer.database.cursor()):
            raise Unreadable(f"{name} is a table of Oculus itself; give the file another name")

    def _load(self, file: str, name: str, stamp: Stamp) -> int:
        rows = 0
        self._reading = reading = TableFile(self._folder / file)
        try:
            self._write(lambda cursor: begin(cursor, reading.columns))
            for part in reading.parts():
                if self.stopping.is_set():
                    raise StorageError("Oculus stops")
                self._write(partial(insert, columns=reading.columns, part=part))
                rows += len(part[0])
            self._write(lambda cursor: finish(cursor, name, file, stamp, self._clock.now_ms()))
        finally:
            self._reading = None
            reading.close()
        return rows

    def _drop(self, file: str) -> None:
        assert self._kept is not None
        name = self._kept[file].name
        self._write(lambda cursor: drop(cursor, name, file))
        del self._kept[file]
        self._tell(f"tables/{file} is gone, and the table {name} with it", Severity.INFO)

    def _write(self, work: Callable[[duckdb.DuckDBPyConnection], Any]) -> None:
        self._writer.change(work).result(WRITE_S)

    def _tell(self, what: str, severity: Severity) -> None:
        kind = EventType.SYSTEM if severity is Severity.INFO else EventType.ERROR
        now_ms = self._clock.now_ms()
        self._writer.tell(Event(ts_ms=now_ms, source="oculus", type=kind, severity=severity, message=what))
        log.log(logging.INFO if severity is Severity.INFO else logging.WARNING, "%s", what)


def known(cursor: duckdb.DuckDBPyConnection) -> dict[str, Kept]:
    """The files that are tables."""
    return {
        file: Kept(name, Stamp(size, modified_ns))
        for file, name, size, modified_ns in cursor.execute(KNOWN).fetchall()
    }


def begin(cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS {UNFINISHED}")
    described = ", ".join(f'"{column.name}" {column.type}' for column in columns)
    cursor.execute(f"CREATE TABLE {UNFINISHED} ({described})")


def insert(
    cursor: duckdb.DuckDBPyConnection, columns: Sequence[Column], part: list[list[str | None]]
) -> None:
    values = ", ".join(
        f"CAST(unnest(${number}::VARCHAR[]) AS {column.type})" for number, column in enumerate(columns, 1)
    )
    cursor.execute(INSERT.format(table=UNFINISHED, values=values), part)


def finish(cursor: duckdb.DuckDBPyConnection, name: str, file: str, stamp: Stamp, now_ms: int) -> None:
    """The new table takes the place of the old one."""
    cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
    cursor.execute(f'ALTER TABLE {UNFINISHED} RENAME TO "{name}"')
    cursor.execute(
        KEEP,
        {
            "file": file,
            "name": name,
            "bytes": stamp.bytes,
            "modified_ns": stamp.modified_ns,
            "now_us": now_ms * 1000,
        },
    )


def drop(cursor: duckdb.DuckDBPyConnection, name: str, file: str) -> None:
    cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
    cursor.execute("DELETE FROM table_files WHERE file = $file", {"file": file})
