"""Numbers that come when their minute has been rolled up: the rows they belong to are made anew.

Where the numbers or the finer rollups that a row was made of are no longer kept, the late ones are merged
into it. Then its first and last stay what they were.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from oculus.core.metric import Metric
from oculus.storage.file.batch import as_json
from oculus.storage.rollups.marks import Marks
from oculus.storage.rollups.sql import (
    COLUMNS,
    LEVELS,
    MINUTE_MS,
    OF_NUMBERS,
    Level,
    floor,
    merged,
    redo,
    stored,
)

# Made anew in one transaction; beyond either, the mark is set back and rolling does it in slices.
MOST_MINUTES = 60
MOST_NUMBERS = 2_000

LATE = """
    (SELECT make_timestamptz(ts_ms * 1000) AS ts, category, symbol, value FROM (SELECT unnest(from_json($late,
        '[{"ts_ms": "BIGINT", "category": "VARCHAR", "symbol": "VARCHAR", "value": "DOUBLE"}]'),
        recursive := true)))
"""
# What is there comes before what is late, seen from either end.
BOTH = """
    (SELECT * FROM {table} WHERE (ts, symbol) IN (SELECT (ts, symbol) FROM fresh)
    UNION ALL SELECT * REPLACE (ts + INTERVAL 1 MICROSECOND AS ts) FROM fresh)
"""
MERGE = "CREATE TEMP TABLE late_rollups({columns}) AS WITH fresh({columns}) AS ({fresh}) {merged}"
REPLACE = """
    DELETE FROM {table} WHERE (ts, symbol) IN (SELECT (ts, symbol) FROM late_rollups);
    INSERT INTO {table} ({columns}) {stored};
    DROP TABLE late_rollups
"""


def enter_late(cursor: duckdb.DuckDBPyConnection, metrics: Sequence[Metric]) -> bool:
    """Bring the rollups up to date with `metrics`, which are stored. Whether the mark was set back."""
    marks = Marks.read(cursor)
    mark = marks.rolled_ms
    late = [metric for metric in metrics if mark is not None and metric.ts_ms < mark]
    back = set_back(cursor, late, marks)
    late = [metric for metric in late if back is None or metric.ts_ms < back]
    for level in LEVELS if late else ():
        whole_from = marks.kept_ms(level.source)
        again = [metric for metric in late if floor(metric.ts_ms, level.span_ms) >= whole_from]
        redo_of(cursor, level, again)
        merge(cursor, level, [metric for metric in late if floor(metric.ts_ms, level.span_ms) < whole_from])
    return back is not None


def set_back(cursor: duckdb.DuckDBPyConnection, late: Sequence[Metric], marks: Marks) -> int | None:
    """Where the mark stands now when there was too much to do at once; None when there was not."""
    kept = marks.all_kept_ms()
    minutes = {minute for metric in late if (minute := floor(metric.ts_ms, MINUTE_MS)) >= kept}
    if not minutes or (len(minutes) <= MOST_MINUTES and len(late) <= MOST_NUMBERS):
        return None
    back = min(minutes)
    marks.set_rolled(cursor, back)
    return back


def redo_of(cursor: duckdb.DuckDBPyConnection, level: Level, metrics: Sequence[Metric]) -> None:
    """Make the rows that `metrics` belong to anew from what `level` is made of."""
    buckets = {floor(metric.ts_ms, level.span_ms) for metric in metrics}
    if buckets:
        symbols = {metric.symbol for metric in metrics}
        redo(cursor, level, min(buckets), max(buckets) + level.span_ms, symbols, buckets)


def merge(cursor: duckdb.DuckDBPyConnection, level: Level, metrics: Sequence[Metric]) -> None:
    """Add `metrics` to the rows of `level` that they belong to, or make these."""
    if not metrics:
        return
    fresh = OF_NUMBERS.format(unit=level.unit, source=LATE)
    both = merged(BOTH.format(table=level.table), f"date_trunc('{level.unit}', ts)", "-epoch_us(ts)")
    cursor.execute(MERGE.format(columns=COLUMNS, fresh=fresh, merged=both), {"late": as_json(metrics)})
    kept = stored(level, "late_rollups")
    cursor.execute(REPLACE.format(table=level.stored, columns=COLUMNS, stored=kept))
