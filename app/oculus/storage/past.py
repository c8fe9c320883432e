"""Stored samples in the order of their times, for playing rules over the past. Read day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb

from oculus.core.metric import Metric

DAY_MS = 86_400_000
# Of the tags only what judging goes by.
PLAYED = """
    SELECT epoch_ms(ts), category, symbol, value, json_extract_string(tags, '$.market')
    FROM metrics
    WHERE (symbol IN (SELECT unnest($symbols::VARCHAR[])) OR regexp_full_match(symbol, $pattern))
        AND ts > make_timestamptz($since) AND ts <= make_timestamptz($until)
    ORDER BY ts, symbol, value
"""
NOTHING = "[^\\s\\S]"  # a pattern that no symbol matches


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


def days(since_ms: int, until_ms: int) -> Iterator[tuple[int, int]]:
    """A span in parts of a day."""
    for begin_ms in range(since_ms, until_ms, DAY_MS):
        yield begin_ms, min(begin_ms + DAY_MS, until_ms)
