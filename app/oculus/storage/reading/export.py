"""Stored metrics as a file for other programs: CSV or Parquet, written by DuckDB itself.

Where numbers are no longer kept, the finest rollups that are stand in the file: `rollup` says which (1m, 1h
or 1d; empty for a number as it came), `value` is the average, and `count min max first last stddev` tell the
rest. They have no tags.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import duckdb

from oculus.core.errors import QueryError, StorageError
from oculus.storage.file.connection import exporting_path, first_line, literal, one
from oculus.storage.file.copies import move
from oculus.storage.reading.metrics import FAR_MS, like
from oculus.storage.rollups.marks import RAW
from oculus.storage.rollups.pieces import NUMBERS_ONLY, WITHIN, Piece, pieces, snapshot

# USE_TMP_FILE would write beside the one file that the connection may reach (connection.py).
CSV = """
    COPY (SELECT * REPLACE (strftime(ts, '%Y-%m-%dT%H:%M:%S.%gZ') AS ts) FROM ({rows}))
    TO {file} (FORMAT csv, HEADER, USE_TMP_FILE false)
"""
PARQUET = "COPY ({rows}) TO {file} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
STATEMENTS = {".csv": CSV, ".parquet": PARQUET}
NUMBERS = """
    SELECT ts, category, symbol, value, tags, NULL::VARCHAR AS rollup, NULL::BIGINT AS "count",
        NULL::DOUBLE AS "min", NULL::DOUBLE AS "max", NULL::DOUBLE AS "first", NULL::DOUBLE AS "last",
        NULL::DOUBLE AS "stddev"
    FROM metrics WHERE
"""
ROLLUPS = """
    SELECT ts, category, symbol, "avg" AS value, NULL::JSON AS tags, '{name}' AS rollup, "count",
        "min", "max", "first", "last", "stddev"
    FROM {table} WHERE
"""
# A rollup has what is no longer kept as a number, a number is what is not rolled up yet.
SYMBOLS = """
    SELECT symbol, {chosen} FROM (
        SELECT symbol FROM metrics UNION SELECT symbol FROM metrics_1h UNION SELECT symbol FROM metrics_1d
    ) ORDER BY symbol
"""
NEAREST = 3  # symbols named in the place of one that there is not
ONE_AT_A_TIME = threading.Lock()


def export(cursor: duckdb.DuckDBPyConnection, path: Path, target: Path, glob: str, since_ms: int) -> Path:
    """Write the metrics whose symbol matches `glob` to `target`, whose ending says how; return `target`.

    All from `since_ms` on, as far back as anything is kept, the oldest first.
    `cursor` is open on the database at `path`. Raises StorageError, QueryError for a glob that matches no
    symbol.
    """
    statement = STATEMENTS.get(target.suffix.lower())
    if statement is None:
        raise StorageError(
            f"{target.name} is neither .csv nor .parquet", "Choose a name with one of these endings."
        )
    working = exporting_path(path)
    with ONE_AT_A_TIME:
        try:
            chosen = choice(cursor, glob)
            with snapshot(cursor) as marks:
                parts = pieces(marks, int(since_ms), FAR_MS, NUMBERS_ONLY)
                rows = " UNION ALL ".join(selects(parts, chosen))
                cursor.execute(statement.format(rows=rows, file=literal(str(working))))
            move(working, target)
        except (duckdb.Error, OSError) as error:
            raise StorageError(
                f"The export to {target} failed: {first_line(error)}",
                "Check that the folder exists, is yours and has room.",
            ) from error
        finally:
            working.unlink(missing_ok=True)
    return target


def choice(cursor: duckdb.DuckDBPyConnection, glob: str) -> str:
    """The glob as SQL. Raises QueryError when it matches no symbol that is or was stored."""
    if glob in ("", "*"):
        return "true"
    chosen = f"symbol LIKE {literal(like(glob))} ESCAPE '\\'"
    check_known(cursor, glob, chosen)
    return chosen


def check_known(cursor: duckdb.DuckDBPyConnection, glob: str, chosen: str) -> None:
    """Raise QueryError unless something is or was stored that `chosen`, the glob as SQL, is true for."""
    known = cursor.execute(SYMBOLS.format(chosen=chosen)).fetchall()
    if any(matches for _, matches in known):
        return
    near = get_close_matches(glob.replace("*", ""), [symbol for symbol, _ in known], n=NEAREST, cutoff=0.4)
    advice = f"nearest: {', '.join(near)}" if near else "none is like it"
    raise QueryError("bad_request", f"No symbol matches {glob!r}; {advice}")


def is_empty(exported: Path) -> bool:
    """Whether a file written by `export` has no row."""
    if exported.suffix.lower() == ".csv":
        with exported.open("rb") as file:
            return not (file.readline() and file.readline())
    with duckdb.connect() as connection:
        return int(one(connection, "SELECT count(*) FROM read_parquet(?)", [str(exported)])[0]) == 0


def selects(parts: list[Piece], chosen: str) -> Iterator[str]:
    """One for each part of the time."""
    for part in sorted(parts, key=lambda part: part.since_ms):
        name = part.table.removeprefix(f"{RAW}_")
        source = NUMBERS if part.table == RAW else ROLLUPS.format(name=name, table=part.table)
        yield f"{source} {chosen} AND {WITHIN.format(since=part.since_ms, until=part.until_ms)}"
