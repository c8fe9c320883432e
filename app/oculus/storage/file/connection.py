"""Opening the file: the only place that knows DuckDB's settings and what its complaints mean.

The settings are fixed here for good (`lock_configuration`), but for `memory_limit` (caches.py), because
statements from outside run in the same process: no file but the database can be reached, no extension
loaded, no Python variable read. Two files beside the database stay open to COPY and ATTACH, since that
door cannot be opened again later: `<name>.copying` for backups and `<name>.exporting` for exports; they
hold nothing but the database's own rows, and the guard lets no statement from outside name them.

The database never checkpoints by itself. A checkpoint that fails (full disk) in the middle of a
commit leaves it unusable and the commit in doubt; without it a failed commit is plainly not done,
and the writer checkpoints between commits.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import duckdb

from oculus.core.errors import LockedError, StorageError
from oculus.storage.settings import StorageSettings

NEVER = "1TB"  # a write-ahead log that large is never reached: the writer checkpoints long before
TEMPORARY_LIMIT = "1GB"  # of disk, for sorts that do not fit into memory
THREADS = 2  # the caller's own and one helper; more would only take processor time from the collectors

DAMAGE = re.compile(
    r"not a valid DuckDB database file|Could not read enough bytes|Corrupt|checksum|does not match database"
    r"|Failure while replaying WAL|deserializ|Serialization Error|INTERNAL Error",
    re.IGNORECASE,
)
NO_DAMAGE = re.compile(r"No space left|File too large|Permission denied|Out of Memory|Too many open files")
OTHER_HOLDER = re.compile(
    r"Conflicting lock is held.*?\(PID (\d+)\)|being used by another process", re.DOTALL
)
NEWER = re.compile(r"version number|newer version of DuckDB", re.IGNORECASE)


class Damaged(StorageError):
    """The file cannot be read any more. `what` is the reason in one line."""


def connect(path: Path, settings: StorageSettings) -> duckdb.DuckDBPyConnection:
    """Open the file, making it if need be; every cursor of the connection has the same settings.

    Raises Damaged, LockedError or StorageError.
    """
    try:
        connection = duckdb.connect(str(path), config=config(path, settings))
        for name, value in lockdown(path).items():
            connection.execute(f"SET GLOBAL {name} = {value}")
    except duckdb.Error as error:
        raise translated(error, path) from error
    return connection


def connect_read_only(path: Path, settings: StorageSettings) -> duckdb.DuckDBPyConnection:
    """Open the file without changing a byte of it. Raises Damaged, LockedError or StorageError."""
    try:
        return duckdb.connect(str(path), read_only=True, config=config(path, settings))
    except duckdb.Error as error:
        raise translated(error, path) from error


def config(path: Path, settings: StorageSettings) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": THREADS,
        # What a statement has freed goes back to the system some seconds later; else not until the next one.
        "allocator_background_threads": True,
        "async_threads": 1,  # as many as are needed; the default of 8 are only stacks lying about
        "memory_limit": f"{int(settings.memory_limit)}B",
        "temp_directory": f"{path}.tmp",
        "max_temp_directory_size": TEMPORARY_LIMIT,
        "checkpoint_threshold": NEVER,
        "auto_checkpoint_skip_wal_threshold": 2**40,
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }


def lockdown(path: Path) -> dict[str, str]:
    """Settings in the order in which they must be made; the last one forbids every other."""
    doors = [copying_path(path), exporting_path(path)]
    doors += [Path(f"{doors[0]}.wal{end}") for end in ("", ".checkpoint", ".recovery")]
    return {
        "TimeZone": "'UTC'",
        "python_enable_replacements": "false",
        "allowed_paths": "[" + ", ".join(literal(str(door)) for door in doors) + "]",
        "enable_external_access": "false",
        "allowed_configs": "['memory_limit']",
        "lock_configuration": "true",
    }


def copying_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.copying")


def exporting_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.exporting")


def literal(text: str) -> str:
    """`text` as SQL writes it, where a parameter is not allowed."""
    return "'" + text.replace("'", "''") + "'"


def one(cursor: duckdb.DuckDBPyConnection, sql: str, given: object = None) -> tuple[Any, ...]:
    """The only row of the answer.

    `fetchone` would leave the answer, and with it a transaction, open until the cursor is used again;
    while the oldest of these lasts, the room of deleted rows is not freed.
    """
    rows: list[tuple[Any, ...]] = cursor.execute(sql, given).fetchall()
    return rows[0]


def first_line(error: BaseException) -> str:
    """What DuckDB says without its advice for developers; what the system says without its number."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return said.strip().split("\n", 1)[0]


def translated(error: duckdb.Error, path: Path) -> StorageError | LockedError:
    """Our own error for what DuckDB said while opening `path`."""
    said = str(error)
    holder = OTHER_HOLDER.search(said)
    if holder:
        pid = int(holder[1] or 0)
        return LockedError(
            f"{path.name} is open in another program{f' (process {pid})' if pid else ''}",
            "Close that program, then start again.",
            pid=pid,
        )
    if NEWER.search(said):
        return StorageError(
            f"{path.name} was written by a newer version of DuckDB",
            "Update Oculus, or give this one its own folder with --data.",
        )
    if DAMAGE.search(said) and not NO_DAMAGE.search(said):
        return Damaged(first_line(error))
    return StorageError(
        f"{path.name} cannot be opened: {first_line(error)}",
        "Check that the disk is not full and that the data folder belongs to you.",
    )


def interrupt(connection: duckdb.DuckDBPyConnection) -> None:
    """End its statement; any thread may call. One that was closed this moment has ended by itself."""
    with contextlib.suppress(duckdb.ConnectionException):
        connection.interrupt()
