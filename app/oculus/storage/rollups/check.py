"""Whether all numbers are rolled up, as the mark says: asked once at the start, answered by counting."""

from __future__ import annotations

import duckdb

from oculus.storage.file.connection import one
from oculus.storage.rollups.marks import NEVER_MS, Marks
from oculus.storage.rollups.pieces import WITHIN
from oculus.storage.rollups.sql import DAY_MS, LEVELS, Level, floor

ALL_NUMBERS = "SELECT count(*) FROM metrics WHERE "
ALL_ROLLED_UP = 'SELECT coalesce(sum("count"), 0)::BIGINT FROM {table} WHERE '
NUMBERS = "SELECT date_trunc('day', ts) AS day, count(*) AS n FROM metrics WHERE {within} GROUP BY day"
ROLLED_UP = (
    "SELECT date_trunc('day', ts) AS day, sum(\"count\") AS n FROM {table} WHERE {within} GROUP BY day"
)
FIRST_OTHER = """
    SELECT epoch_ms(min(day)) FROM ({numbers}) numbers FULL JOIN ({rolled_up}) rolled_up USING (day)
    WHERE numbers.n IS DISTINCT FROM rolled_up.n
"""


def first_missing(cursor: duckdb.DuckDBPyConnection, marks: Marks) -> int | None:
    """From when on rollups must be made again, ms since 1970; None when none is missing."""
    found = [ms for level in LEVELS if (ms := first_other(cursor, level, marks)) is not None]
    return max(min(found), marks.all_kept_ms()) if found else None


def first_other(cursor: duckdb.DuckDBPyConnection, level: Level, marks: Marks) -> int | None:
    """The begin of the first day of which `level` counts other than there are numbers."""
    if marks.rolled_ms is None:
        return None
    since = max(NEVER_MS, -floor(-marks.all_kept_ms(), level.span_ms))
    within = WITHIN.format(since=since, until=floor(marks.rolled_ms, level.span_ms))
    numbers = NUMBERS.format(within=within)
    rolled_up = ROLLED_UP.format(table=level.table, within=within)
    if one(cursor, ALL_NUMBERS + within) == one(cursor, ALL_ROLLED_UP.format(table=level.table) + within):
        return None
    found = one(cursor, FIRST_OTHER.format(numbers=numbers, rolled_up=rolled_up))[0]
    return None if found is None else floor(int(found), DAY_MS)
