"""How large the file is, and what of it each table takes."""

from __future__ import annotations

from pathlib import Path

import duckdb
from msgspec import Struct

from oculus.core.errors import StorageError
from oculus.storage.file.connection import first_line
from oculus.storage.file.database import Database

BLOCKS = "SELECT block_size, free_blocks FROM pragma_database_size()"
TABLES = """
    SELECT table_name, estimated_size FROM duckdb_tables()
    WHERE NOT internal AND NOT temporary AND database_name = current_database() ORDER BY table_name
"""
# Blocks are shared by the small ends of tables, so this is a little more than what a table takes.
TAKEN = """
    SELECT count(DISTINCT block) FROM (
        SELECT unnest([block_id] || additional_block_ids) AS block FROM pragma_storage_info($name)
    ) WHERE block >= 0
"""


class TableSize(Struct, frozen=True):
    """About how many rows it has, and about how many bytes of the file they take."""

    name: str
    rows: int
    bytes: int


class FileSize(Struct, frozen=True):
    """`log_bytes` are in the log beside it; `free_bytes` of the file are empty and filled first."""

    file_bytes: int
    log_bytes: int
    free_bytes: int
    tables: tuple[TableSize, ...]


def sizes(database: Database) -> FileSize:
    """The largest table first. Raises StorageError."""
    cursor = database.cursor()
    try:
        block_bytes, free = cursor.execute(BLOCKS).fetchall()[0]
        known = cursor.execute(TABLES).fetchall()
        tables = [table_size(cursor, name, rows, block_bytes) for name, rows in known]
    except duckdb.Error as error:
        raise StorageError(f"The sizes of the tables cannot be read: {first_line(error)}") from error
    tables.sort(key=lambda table: (-table.bytes, -table.rows, table.name))
    log = database.path.with_name(f"{database.path.name}.wal")
    return FileSize(size_of(database.path), size_of(log), free * block_bytes, tuple(tables))


def table_size(cursor: duckdb.DuckDBPyConnection, name: str, rows: int, block_bytes: int) -> TableSize:
    blocks = cursor.execute(TAKEN, {"name": f'"{name}"'}).fetchall()[0][0]
    return TableSize(name, rows, blocks * block_bytes)


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
