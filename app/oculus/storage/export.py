"""Stored metrics as a file for other programs: CSV or Parquet, written by DuckDB itself."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb

from oculus.core.errors import StorageError
from oculus.storage.connection import exporting_path, first_line, literal
from oculus.storage.copies import move
from oculus.storage.metrics import like

# USE_TMP_FILE would write beside the one file that the connection may reach (connection.py).
CSV = """
    COPY (
        SELECT strftime(ts, '%Y-%m-%dT%H:%M:%S.%gZ') AS ts, category, symbol, value, tags
        FROM metrics WHERE {where}
    ) TO {file} (FORMAT csv, HEADER, USE_TMP_FILE false)
"""
PARQUET = """
    COPY (SELECT ts, category, symbol, value, tags FROM metrics WHERE {where})
    TO {file} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)
"""
STATEMENTS = {".csv": CSV, ".parquet": PARQUET}
ONE_AT_A_TIME = threading.Lock()


def export(cursor: duckdb.DuckDBPyConnection, path: Path, target: Path, glob: str, since_ms: int) -> Path:
    """Write the metrics whose symbol matches `glob` to `target`, whose ending says how; return `target`.

    `cursor` is open on the database at `path`. Raises StorageError.
    """
    statement = STATEMENTS.get(target.suffix.lower())
    if statement is None:
        raise StorageError(
            f"{target.name} is neither .csv nor .parquet", "Choose a name with one of these endings."
        )
    where = f"ts >= make_timestamptz({int(since_ms) * 1000})"
    if glob not in ("", "*"):
        where += f" AND symbol LIKE {literal(like(glob))} ESCAPE '\\'"
    working = exporting_path(path)
    with ONE_AT_A_TIME:
        try:
            cursor.execute(statement.format(where=where, file=literal(str(working))))
            move(working, target)
        except (duckdb.Error, OSError) as error:
            raise StorageError(
                f"The export to {target} failed: {first_line(error)}",
                "Check that the folder exists, is yours and has room.",
            ) from error
        finally:
            working.unlink(missing_ok=True)
    return target
