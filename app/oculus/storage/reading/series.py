"""One symbol over a while: its course in steps, and what it comes to."""

from __future__ import annotations

from typing import NamedTuple

import duckdb
from msgspec import Struct

from oculus.storage.file.connection import one
from oculus.storage.reading.metrics import FAR_MS
from oculus.storage.rollups.marks import Marks
from oculus.storage.rollups.pieces import LARGE, NUMBERS_ONLY, only_numbers, pieces, snapshot, source
from oculus.storage.rollups.sql import PIECES, STDDEV

MEANS = """
    SELECT epoch_ms(ts) // $step * $step AS begun, sum("avg" * "count") / sum("count"), min("min"), max("max")
    FROM {source}
    GROUP BY begun
    ORDER BY begun
"""
CANDLES = """
    SELECT epoch_ms(ts) // $step * $step AS begun, arg_min("first", ts), max("max"), min("min"),
        arg_max("last", ts)
    FROM {source}
    GROUP BY begun
    ORDER BY begun
"""
CHOSEN = "symbol = $symbol"
OF_NUMBERS = f"""
    count(*), min(value), max(value), avg(value), quantile_cont(value, 0.95), stddev_samp(value),
        arg_min(value, ts), arg_max(value, ts)
    FROM metrics
    WHERE {CHOSEN} AND ts >= make_timestamptz($since * 1000) AND ts < make_timestamptz($until * 1000)
"""
STATS = f"SELECT {OF_NUMBERS}"
# Both at once: to find a symbol's numbers among all others takes longer than to reckon with them.
DRAWN = f"SELECT epoch_ms(ts) // $step * $step AS begun, {OF_NUMBERS} GROUP BY ROLLUP (begun) ORDER BY begun"
# The 95th percentile of averages is the nearest that is left of it.
STATS_OF_PIECES = """
    SELECT coalesce(sum("count"), 0)::BIGINT, min("min"), max("max"), any_value(mean),
        quantile_cont("avg", 0.95), {stddev}, arg_min("first", ts), arg_max("last", ts)
    FROM ({pieces})
"""

Steps = list[list[float]]


class Stats(Struct, frozen=True):
    """A symbol over a while; all None but `count` when nothing is stored."""

    count: int
    min: float | None
    max: float | None
    avg: float | None
    p95: float | None
    stddev: float | None
    first: float | None
    last: float | None


class Drawn(NamedTuple):
    """What `series` and `stats` say, of one state of the file."""

    series: Steps
    stats: Stats


class Span(NamedTuple):
    """A symbol from `since_ms` to before `until_ms`."""

    symbol: str
    since_ms: int
    until_ms: int

    def given(self) -> dict[str, str | int]:
        return {"symbol": self.symbol, "since": self.since_ms, "until": self.until_ms}


def series(cursor: duckdb.DuckDBPyConnection, span: Span, step_ms: int) -> Steps:
    """[ms, average, lowest, highest] for every step in which there was something."""
    with snapshot(cursor) as marks:
        return by_steps(cursor, MEANS, span, step_ms, marks)


def candles(cursor: duckdb.DuckDBPyConnection, span: Span, step_ms: int) -> Steps:
    """[ms, first, highest, lowest, last] for every step in which there was something."""
    with snapshot(cursor) as marks:
        return by_steps(cursor, CANDLES, span, step_ms, marks)


def stats(cursor: duckdb.DuckDBPyConnection, symbol: str, since_ms: int, until_ms: int | None) -> Stats:
    """Over all from `since_ms` to before `until_ms`, or until now; exact where the numbers are kept."""
    with snapshot(cursor) as marks:
        return stats_of(cursor, Span(symbol, since_ms, FAR_MS if until_ms is None else until_ms), marks)


def drawn(cursor: duckdb.DuckDBPyConnection, span: Span, step_ms: int) -> Drawn:
    """`series` and `stats`, in one reading where the numbers answer both."""
    with snapshot(cursor) as marks:
        kept = only_numbers(pieces(marks, span.since_ms, span.until_ms, NUMBERS_ONLY))
        if kept and marks.numbers < LARGE:
            *rows, whole = cursor.execute(DRAWN, {**span.given(), "step": max(1, step_ms)}).fetchall()
            steps = [[begun, mean, low, high] for begun, _, low, high, mean, *_ in rows]
            return Drawn(steps, Stats(*whole[1:]))
        return Drawn(by_steps(cursor, MEANS, span, step_ms, marks), stats_of(cursor, span, marks))


def by_steps(cursor: duckdb.DuckDBPyConnection, sql: str, span: Span, step_ms: int, marks: Marks) -> Steps:
    step_ms = max(1, step_ms)
    parts = pieces(marks, span.since_ms, span.until_ms, step_ms)
    if not parts:
        return []
    given = {"symbol": span.symbol, "step": step_ms}
    return [list(row) for row in cursor.execute(sql.format(source=source(parts, CHOSEN)), given).fetchall()]


def stats_of(cursor: duckdb.DuckDBPyConnection, span: Span, marks: Marks) -> Stats:
    parts = pieces(marks, span.since_ms, span.until_ms, NUMBERS_ONLY)
    if only_numbers(parts):
        return Stats(*one(cursor, STATS, span.given()))
    together = PIECES.format(begun="0", source=source(parts, CHOSEN))
    return Stats(
        *one(cursor, STATS_OF_PIECES.format(pieces=together, stddev=STDDEV), {"symbol": span.symbol})
    )
