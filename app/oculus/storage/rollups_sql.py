"""How rows of rollups are made: from numbers, from finer rollups, and out of two that belong together."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import duckdb

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Level(NamedTuple):
    table: str
    source: str  # the table it is made from
    span_ms: int
    unit: str  # as SQL calls the span
    every_ms: int  # how often the unfinished one is made anew


LEVELS = (
    Level("metrics_1m", "metrics", MINUTE_MS, "minute", MINUTE_MS),
    Level("metrics_1h", "metrics_1m", HOUR_MS, "hour", 10 * MINUTE_MS),
    Level("metrics_1d", "metrics_1h", DAY_MS, "day", HOUR_MS),
)
COLUMNS = 'ts, category, symbol, "count", "min", "max", "avg", "first", "last", "stddev"'
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
        WITHIN.format(table=table, begin=begin, end=end) + chosen for table in (level.table, level.source)
    )
    cursor.execute(f"DELETE FROM {old}", given)  # noqa: S608
    made = rolled_up(level, new)
    cursor.execute(f"INSERT INTO {level.table} ({COLUMNS}) {made} ORDER BY begun, symbol", given)
