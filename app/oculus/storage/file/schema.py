"""Which tables a file has, of which version it is, and how it is brought to ours."""

from __future__ import annotations

import duckdb

from oculus.core.errors import StorageError
from oculus.storage.file.connection import one
from oculus.storage.file.migrations import MIGRATIONS, Migration
from oculus.storage.file.transaction import transaction

VERSIONS = """
    CREATE TABLE IF NOT EXISTS schema_version (
        version INTEGER PRIMARY KEY, says VARCHAR NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
    )
"""
UNFINISHED = "oculus_unfinished_table"  # of a file that is being read
TABLES = """
    SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary
    UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary
"""


def tables(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The names of all tables and views."""
    return frozenset(name for (name,) in cursor.execute(TABLES).fetchall())


def own_tables(cursor: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The names of those that do not come from somebody's files (tables.py)."""
    names = tables(cursor)
    return names - set(from_files(cursor)) - {UNFINISHED} if "table_files" in names else names


def from_files(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    return [str(name) for (name,) in cursor.execute("SELECT name FROM table_files").fetchall()]


def drop_tables_from_files(cursor: duckdb.DuckDBPyConnection) -> None:
    """They might stand in the way of new tables of ours. They are read again from their files."""
    if "table_files" in tables(cursor):
        for name in from_files(cursor):
            cursor.execute(f'DROP TABLE IF EXISTS "{name}"')
        cursor.execute("DELETE FROM table_files")


def version(cursor: duckdb.DuckDBPyConnection) -> int:
    """The number of the last change made to this file; 0 when it is empty.

    Raises StorageError when the file belongs to some other program.
    """
    names = tables(cursor)
    if not names:
        return 0
    if "schema_version" not in names:
        raise StorageError(
            "the database file holds tables of another program",
            "Choose another name with storage.path, or another folder with --data.",
        )
    return int(one(cursor, "SELECT coalesce(max(version), 0) FROM schema_version")[0])


def pending(present: int, known: list[Migration] | None = None) -> list[Migration]:
    """The changes still to be made to a file at version `present`.

    Raises StorageError when the file is newer than this program.
    """
    known = MIGRATIONS if known is None else known
    if present > known[-1].number:
        raise StorageError(
            f"the database was written by a newer Oculus (its version is {present}, "
            f"this program knows up to {known[-1].number})",
            "Update Oculus, or give this one its own folder with --data.",
        )
    return [change for change in known if change.number > present]


def apply(cursor: duckdb.DuckDBPyConnection, changes: list[Migration]) -> None:
    """Make the changes, each with its number in one transaction."""
    for change in changes:
        try:
            with transaction(cursor):
                drop_tables_from_files(cursor)
                cursor.execute(VERSIONS)
                cursor.execute(change.sql)
                cursor.execute(
                    "INSERT INTO schema_version (version, says) VALUES (?, ?)", [change.number, change.says]
                )
        except duckdb.Error as error:
            raise StorageError(
                f"the database could not be brought to version {change.number} ({change.says}): {error}",
                "Nothing was changed. Free some disk space if it is full, then start again.",
            ) from error
