"""Whole copies of the database, made while it runs: backups, and the copy before a migration.

DuckDB itself copies one consistent snapshot into a second file (`COPY FROM DATABASE`), so the writer
goes on meanwhile. Copying the bytes would mean holding the writer, for seconds where the file is large.
The copy has no holes, and making it reads every block: a damaged one is found, and the last good
backup is replaced only by a whole new one.
"""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import duckdb

from oculus.core.errors import StorageError
from oculus.storage.file.connection import copying_path, first_line, literal, one

ALIAS = "oculus_copying"
ONE_AT_A_TIME = threading.Lock()  # all copies of a database go through the same file


def copy_database(cursor: duckdb.DuckDBPyConnection, path: Path, target: Path) -> Path:
    """Write a copy of the database at `path`, which `cursor` is open on, to `target`; return `target`.

    `target` is replaced in one step when the copy is whole. Raises StorageError.
    """
    if target.resolve() == path.resolve():
        raise StorageError(f"{target} is the database itself", "Choose another name for the backup.")
    working = copying_path(path)
    with ONE_AT_A_TIME:
        remove(working)
        try:
            fill(cursor, working)
            move(working, target)
        except (duckdb.Error, OSError) as error:
            raise StorageError(
                f"The backup to {target} failed: {first_line(error)}",
                "Check that the folder exists, is yours and has room.",
            ) from error
        finally:
            remove(working)
    return target


def fill(cursor: duckdb.DuckDBPyConnection, working: Path) -> None:
    cursor.execute(f"ATTACH {literal(str(working))} AS {ALIAS}")
    try:
        cursor.execute(f"COPY FROM DATABASE {current(cursor)} TO {ALIAS}")
    finally:
        cursor.execute(f"DETACH {ALIAS}")


def current(cursor: duckdb.DuckDBPyConnection) -> str:
    """The name that DuckDB gave the open file, quoted."""
    name = str(one(cursor, "SELECT current_database()")[0])
    return '"' + name.replace('"', '""') + '"'


def move(working: Path, target: Path) -> None:
    """Put a finished file in its place in one step, also on another disk, and onto the disk."""
    near = target.with_name(f"{target.name}.part")
    try:
        shutil.move(working, near)
        near.chmod(0o600)
        with near.open("rb+") as file:
            os.fsync(file.fileno())
        near.replace(target)
    finally:
        near.unlink(missing_ok=True)


def remove(working: Path) -> None:
    for file in (working, *working.parent.glob(f"{working.name}.wal*")):
        file.unlink(missing_ok=True)
