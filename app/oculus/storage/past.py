"""Stored samples in the order of their times, for playing rules over the past. Read day by day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import duckdb

from oculus.core.metric import Metric
from oculus.storage.connection import one
from oculus.storage.schema import tables

DAY_MS = 86_400_000
# Of the tags only what judging goes by.
PLAYED = """
    SELECT epoch_ms(ts), category, symbol, value, json_extract_string(tags, '$.market')
    FROM metrics
    WHERE (symbol IN (SELECT unnest($symbols::VARCHAR[])) OR regexp_full_match(symbol, $pattern))
        AND ts > make_timestamptz($since) AND ts <= make_timestamptz($until)
    ORDER BY ts, symbol, value
"""
# Before the first raw sample there may be rollups: their means stand for the samples.
ROLLED = """
    SELECT epoch_ms(ts), category, symbol, "avg" FROM {table}
    WHERE (symbol IN (SELECT unnest($symbols::VARCHAR[])) OR regexp_full_match(symbol, $pattern))
        AND ts > make_timestamptz($since) AND ts <= make_timestamptz(least($until, $whole))
    ORDER BY ts, symbol
"""
LEVELS = {"metrics_1m": 60_000, "metrics_1h": 3_600_000}  # the finest that has anything counts
RAW_FROM = "SELECT epoch_ms(min(ts)) FROM metrics"
NOTHING = "[^\\s\\S]"  # a pattern that no symbol matches


Read = Callable[[duckdb.DuckDBPyConnection, Sequence[str], str, int, int], list[Metric]]


def day(
    cursor: duckdb.DuckDBPyConnection, symbols: Sequence[str], pattern: str, since_ms: int, until_ms: int
) -> list[Metric]:
    """The samples of `symbols` and of those that match `pattern`, after `since_ms` up to `until_ms`."""
    given = {
        "symbols": list(symbols),
        "pattern": pattern or NOTHING,
        "since": since_ms * 1000,
        "until": until_ms * 1000,
    }
    return [
        Metric(ts_ms, category, symbol, value, {"market": market} if market else {})
        for ts_ms, category, symbol, value, market in cursor.execute(PLAYED, given).fetchall()
    ]


def rolled_day(
    raw_ms: int,
    cursor: duckdb.DuckDBPyConnection,
    symbols: Sequence[str],
    pattern: str,
    since_ms: int,
    until_ms: int,
) -> list[Metric]:
    """What the rollups know of a time of which no raw samples are kept; the tag `rolled` names the table.

    `raw_ms` is when the raw ones begin: what reaches beyond that is left out.
    """
    given = {
        "symbols": list(symbols),
        "pattern": pattern or NOTHING,
        "since": since_ms * 1000,
        "until": until_ms * 1000,
    }
    for table, span_ms in LEVELS.items():
        if table not in tables(cursor):
            continue
        whole = {"whole": (raw_ms - span_ms) * 1000}
        rows = cursor.execute(ROLLED.format(table=table), given | whole).fetchall()
        if rows:
            return [
                Metric(ts_ms, category, symbol, mean, {"rolled": table})
                for ts_ms, category, symbol, mean in rows
            ]
    return []


def raw_from(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """When the first raw sample is; None when there is none."""
    found = one(cursor, RAW_FROM)[0]
    return None if found is None else int(found)


def days(since_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    """A span in parts of a day."""
    for begin_ms in range(since_ms, until_ms, DAY_MS):
        yield begin_ms, min(begin_ms + DAY_MS, until_ms)
