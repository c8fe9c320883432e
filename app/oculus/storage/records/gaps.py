"""The table of gaps: when Oculus was not watching, and why."""

from __future__ import annotations

import duckdb

from oculus.core.errors import StorageError
from oculus.core.gap import Gap, GapReason
from oculus.storage.file.connection import first_line, one

ADD = """
    INSERT INTO gaps (from_at, to_at, reason)
    VALUES (make_timestamptz($from), make_timestamptz($to), $reason)
"""
END = "UPDATE gaps SET to_at = greatest(from_at, make_timestamptz($to)) WHERE to_at IS NULL"
# What lies ahead of the clock was noted while that was wrong, and will be watched.
SET_BACK = (
    "UPDATE gaps SET from_at = least(from_at, make_timestamptz($now)) WHERE to_at IS NULL",
    "UPDATE gaps SET to_at = make_timestamptz($now) WHERE to_at > make_timestamptz($now)",
    "DELETE FROM gaps WHERE from_at > make_timestamptz($now)",
)
FIND = """
    SELECT epoch_ms(from_at), epoch_ms(to_at), reason FROM gaps
    WHERE coalesce(to_at >= make_timestamptz($since), true) AND from_at < make_timestamptz($until)
    ORDER BY from_at DESC LIMIT $limit
"""
LAST_SIGN = """
    SELECT epoch_ms(greatest(
        (SELECT max(ts) FROM metrics WHERE ts <= make_timestamptz($now)),
        (SELECT max(ts) FROM events WHERE ts <= make_timestamptz($now))
    ))
"""


def add(cursor: duckdb.DuckDBPyConnection, gap: Gap) -> None:
    """Write one, over or not; of a clock that was set back only when that was. On the writer's thread."""
    to_ms = gap.from_ms if gap.back else gap.to_ms
    to_us = None if to_ms is None else to_ms * 1000
    cursor.execute(ADD, {"from": gap.from_ms * 1000, "to": to_us, "reason": gap.reason})


def end(cursor: duckdb.DuckDBPyConnection, to_ms: int) -> None:
    """Close what is still open. On the writer's thread."""
    cursor.execute(END, {"to": to_ms * 1000})


def set_back(cursor: duckdb.DuckDBPyConnection, now_ms: int) -> None:
    """The clock was ahead, and is no longer. On the writer's thread."""
    for sql in SET_BACK:
        cursor.execute(sql, {"now": now_ms * 1000})


def find(cursor: duckdb.DuckDBPyConnection, since_ms: int, until_ms: int, limit: int) -> list[Gap]:
    """Those that touch a span of time, newest first."""
    given = {"since": since_ms * 1000, "until": until_ms * 1000, "limit": limit}
    rows = cursor.execute(FIND, given).fetchall()
    return [Gap(from_ms, to_ms, GapReason(reason)) for from_ms, to_ms, reason in rows]


def last_sign(cursor: duckdb.DuckDBPyConnection, now_ms: int) -> int | None:
    """When the Oculus before this one last wrote anything; None in a new file. Raises StorageError."""
    try:
        found = one(cursor, LAST_SIGN, {"now": now_ms * 1000})[0]
    except duckdb.Error as error:
        raise StorageError(f"The end of the last run cannot be read: {first_line(error)}") from error
    return None if found is None else int(found)
