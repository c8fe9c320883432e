"""Stored samples in the order of their times, for playing rules over the past. Read day by day.

Where samples are no longer kept, the averages of the finest rollup that is stand for them; the tag `rolled`
names its table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from oculus.core.metric import Metric
from oculus.storage.rollups.marks import RAW
from oculus.storage.rollups.pieces import NUMBERS_ONLY, WITHIN, Piece, pieces, snapshot

DAY_MS = 86_400_000
CHOSEN = "(symbol IN (SELECT unnest($symbols::VARCHAR[])) OR regexp_full_match(symbol, $pattern))"
# Of the tags only what judging goes by.
PLAYED = f"""
    SELECT epoch_ms(ts), category, symbol, value, json_extract_string(tags, '$.market')
    FROM metrics WHERE {CHOSEN} AND {WITHIN}
    ORDER BY ts, symbol, value
"""  # noqa: S608
# A row counts at its begin; one that began before the span belongs to the day before.
ROLLED = f"""
    SELECT epoch_ms(ts), category, symbol, "avg"
    FROM {{table}} WHERE {CHOSEN} AND {WITHIN}
        AND ts > make_timestamptz($since) AND ts <= make_timestamptz($until)
    ORDER BY ts, symbol
"""  # noqa: S608
NOTHING = "[^\\s\\S]"  # a pattern that no symbol matches


def day(
    cursor: duckdb.DuckDBPyConnection, symbols: Sequence[str], pattern: str, since_ms: int, until_ms: int
) -> list[Metric]:
    """What is known of `symbols` and of those that match `pattern`, after `since_ms` up to `until_ms`."""
    given = {"symbols": list(symbols), "pattern": pattern or NOTHING}
    span = {"since": since_ms * 1000, "until": until_ms * 1000}
    with snapshot(cursor) as marks:
        return [
            metric
            for part in pieces(marks, since_ms + 1, until_ms + 1, NUMBERS_ONLY)
            for metric in (
                samples(cursor, part, given) if part.table == RAW else rolled(cursor, part, given | span)
            )
        ]


def samples(cursor: duckdb.DuckDBPyConnection, part: Piece, given: dict[str, Any]) -> Iterator[Metric]:
    sql = PLAYED.format(since=part.since_ms, until=part.until_ms)
    for ts_ms, category, symbol, value, market in cursor.execute(sql, given).fetchall():
        yield Metric(ts_ms, category, symbol, value, {"market": market} if market else {})


def rolled(cursor: duckdb.DuckDBPyConnection, part: Piece, given: dict[str, Any]) -> Iterator[Metric]:
    sql = ROLLED.format(table=part.table, since=part.since_ms, until=part.until_ms)
    for ts_ms, category, symbol, mean in cursor.execute(sql, given).fetchall():
        yield Metric(ts_ms, category, symbol, mean, {"rolled": part.table})


def days(since_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    """A span in parts of a day."""
    for begin_ms in range(since_ms, until_ms, DAY_MS):
        yield begin_ms, min(begin_ms + DAY_MS, until_ms)
