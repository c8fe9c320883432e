"""How rows of rollups are made: from numbers, from finer rollups, and out of two that belong together.

Minutes are as many as all the rest, so their table leaves out what can be told from the first and the last
number of a minute; of series that are asked every 30 s that is everything else. The view `metrics_1m` puts
it back (schema.py).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import duckdb

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Level(NamedTuple):
    table: str  # to read
    stored: str  # to write
    source: str  # the table it is made from
    span_ms: int
    unit: str  # as SQL calls the span
    every_ms: int  # how often the unfinished one is made anew


LEVELS = (
    Level("metrics_1m", "metrics_1m_stored", "metrics", MINUTE_MS, "minute", MINUTE_MS),
    Level("metrics_1h", "metrics_1h", "metrics_1m", HOUR_MS, "hour", 10 * MINUTE_MS),
    Level("metrics_1d", "metrics_1d", "metrics_1h", DAY_MS, "day", HOUR_MS),
)
COLUMNS = 'ts, category, symbol, "count", "min", "max", "avg", "first", "last", "stddev"'
# What the view tells by itself is not stored: whatever is NULL here follows from count, first and last.
PACKED = """
    SELECT ts, category, symbol, "count",
        CASE WHEN "min" <> least("first", "last") THEN "min" END,
        CASE WHEN "max" <> greatest("first", "last") THEN "max" END,
        CASE WHEN "avg" <> "first" / 2 + "last" / 2 THEN "avg" END, "first", "last",
        CASE WHEN "stddev" < 1e38
                AND ("count" <> 2 OR abs("stddev" - abs("first" - "last") / sqrt(2)) > 1e-9 * "stddev")
            THEN "stddev"::FLOAT END
    FROM {rows}
"""
# Beyond 1e150 the squares overflow, which DuckDB takes for an error.
OF_NUMBERS = """
    SELECT date_trunc('{unit}', ts) AS begun, any_value(category), symbol, count(*), min(value), max(value),
        avg(value), arg_min(value, ts), arg_max(value, ts), stddev_samp(value) FILTER (abs(value) < 1e150)
    FROM {source} GROUP BY begun, symbol
"""
OF_ROLLUPS = """
    SELECT begun, any_value(category), symbol, sum("count")::BIGINT, min("min"), max("max"), any_value(mean),
        arg_min("first", ts), arg_max("last", {last_by}), {stddev}
    FROM ({pieces}) GROUP BY begun, symbol
"""
# The spread of the whole is that within its pieces and that of their averages around the whole's.
PIECES = """
    SELECT *, sum("avg" * "count") OVER same / sum("count") OVER same AS mean
    FROM (SELECT *, {begun} AS begun FROM {source}) WINDOW same AS (PARTITION BY begun, symbol)
"""
SPREAD = (
    'sum(coalesce("stddev" * "stddev" * ("count" - 1), 0)) + sum("count" * ("avg" - mean) * ("avg" - mean))'
)
STDDEV = f'CASE WHEN sum("count") > 1 THEN sqrt(({SPREAD}) / (sum("count") - 1)) END'
WITHIN = "{table} WHERE ts >= make_timestamptz({begin}000) AND ts < make_timestamptz({end}000)"
CHOSEN = """
    AND symbol IN (SELECT unnest($symbols::VARCHAR[]))
    AND date_trunc('{unit}', ts) IN (SELECT make_timestamptz(unnest($buckets::BIGINT[]) * 1000))
"""


def floor(ms: int, span_ms: int) -> int:
    return ms // span_ms * span_ms


def stored(level: Level, rows: str) -> str:
    """The SELECT that makes rows of the table of `level` out of `rows`, a table or subquery with COLUMNS."""
    return PACKED.format(rows=rows) if level.stored != level.table else f"SELECT {COLUMNS} FROM {rows}"  # noqa: S608


def rolled_up(level: Level, source: str) -> str:
    """The SELECT that makes rows of `level` out of rows of its source."""
    if level.source == "metrics":
        return OF_NUMBERS.format(unit=level.unit, source=source)
    return merged(source, f"date_trunc('{level.unit}', ts)")


def merged(source: str, begun: str, last_by: str = "ts") -> str:
    """The SELECT that makes one row for each `begun` and symbol out of the rows of a rollup."""
    pieces = PIECES.format(begun=begun, source=source)
    return OF_ROLLUPS.format(pieces=pieces, last_by=last_by, stddev=STDDEV)


def redo(
    cursor: duckdb.DuckDBPyConnection,
    level: Level,
    begin: int,
    end: int,
    symbols: Collection[str] = (),
    buckets: Collection[int] = (),
) -> None:
    """Make the rows of `level` from `begin` to before `end` anew: all or those of `symbols`, `buckets`."""
    chosen = CHOSEN.format(unit=level.unit) if symbols else ""
    given = {"symbols": list(symbols), "buckets": list(buckets)} if symbols else None
    old, new = (
        WITHIN.format(table=table, begin=begin, end=end) + chosen for table in (level.stored, level.source)
    )
    cursor.execute(f"DELETE FROM {old}", given)  # noqa: S608
    made = stored(level, f"({rolled_up(level, new)}) AS made({COLUMNS})")
    cursor.execute(f"INSERT INTO {level.stored} ({COLUMNS}) {made} ORDER BY ts, symbol", given)
