"""What rules ask about the past: the samples of some symbols, and what the samples of a window come to.

Long windows are answered from rollups where that is the same; where samples are no longer kept, averages
of minutes, hours or days stand for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import duckdb

from oculus.core.windowstats import WindowStats
from oculus.storage.rollups.pieces import ANY_STEP, NUMBERS_ONLY, only_numbers, pieces, snapshot, source
from oculus.storage.rollups.sql import PIECES, SPREAD

DAY_MS = 86_400_000
LONG_MS = DAY_MS // 4  # shorter windows cost little and are computed from the samples
FAR_MS = 32_503_680_000_000  # the year 3000: later than any time that is stored
CHOSEN = "symbol IN (SELECT unnest($symbols::VARCHAR[]))"
WITHIN = f"{CHOSEN} AND ts > make_timestamptz($since) AND ts <= make_timestamptz($until)"
SAMPLES = 'SELECT symbol, epoch_ms(ts), "avg" FROM {source}'
# The last one at or before a moment; of what was silent for a day longer than that, none.
BEFORE = 'SELECT symbol, epoch_ms(max(ts)), arg_max("last", ts) FROM {source} GROUP BY symbol'
STATS = """
    SELECT symbol, count(*), sum(value), var_pop(value) * count(*), min(value), max(value),
        arg_min(value, ts), arg_max(value, ts), epoch_ms(min(ts)), epoch_ms(max(ts)), {ranks}, {risen}
    FROM {source} GROUP BY symbol
"""
RANKS = "quantile_cont(value, 0.5), quantile_cont(value, 0.95)"
RISEN = (
    "coalesce(sum(CASE WHEN value >= earlier THEN value - earlier WHEN value < earlier THEN value END), 0)"
)
PLAIN = f"metrics WHERE {WITHIN}"
PAIRED = f"""
    (SELECT symbol, ts, value, lag(value) OVER (PARTITION BY symbol ORDER BY ts) AS earlier
     FROM metrics WHERE {WITHIN})
"""  # noqa: S608
OF_PIECES = """
    SELECT symbol, sum("count")::BIGINT, sum("avg" * "count"), {spread}, min("min"), max("max"),
        arg_min("first", ts), arg_max("last", ts), epoch_ms(min(ts)), epoch_ms(max(ts)),
        quantile_cont("avg", 0.5), quantile_cont("avg", 0.95), sum({risen})
    FROM ({pieces}) GROUP BY symbol
"""
ONE_AFTER_ANOTHER = '(SELECT *, lag("last") OVER (PARTITION BY symbol ORDER BY ts) AS earlier FROM {source})'
RISEN_OF_PIECES = """
    CASE WHEN earlier IS NULL THEN greatest("last" - "first", 0) WHEN "last" >= earlier THEN "last" - earlier
    ELSE "last" END
"""
# Of symbols that are known for a day at least: what came in an hour says little of a week.
SPANS = """
    SELECT symbol, min(value), max(value) FROM metrics WHERE ts > now() - INTERVAL 7 DAY
    GROUP BY symbol HAVING regexp_full_match(symbol, $pattern) AND min(ts) < now() - INTERVAL 1 DAY
"""
NEED_RANKS = frozenset(("median", "p95"))
HEAVY = NEED_RANKS | {"rate"}
FEW = 20  # symbols
NEED_BEFORE = frozenset(("change", "change_pct"))


def samples(
    cursor: duckdb.DuckDBPyConnection, symbols: Sequence[str], since_ms: int
) -> list[tuple[str, int, float]]:
    """(symbol, ms, value) of all samples after `since_ms`, and of the last one before, in no order."""
    with snapshot(cursor) as marks:
        parts = pieces(marks, since_ms + 1, FAR_MS, NUMBERS_ONLY)
        sql = SAMPLES.format(source=source(parts, CHOSEN))
        newer = cursor.execute(sql, {"symbols": list(symbols)}).fetchall()
    return newer + before(cursor, symbols, since_ms)


def before(
    cursor: duckdb.DuckDBPyConnection, symbols: Sequence[str], since_ms: int
) -> list[tuple[str, int, float]]:
    """(symbol, ms, value) of the last sample at or before a moment."""
    with snapshot(cursor) as marks:
        parts = pieces(marks, since_ms - DAY_MS + 1, since_ms + 1, NUMBERS_ONLY)
        sql = BEFORE.format(source=source(parts, CHOSEN))
        return cursor.execute(sql, {"symbols": list(symbols)}).fetchall()


def stats(
    cursor: duckdb.DuckDBPyConnection,
    symbols: Sequence[str],
    since_ms: int,
    until_ms: int,
    functions: Collection[str],
) -> dict[str, WindowStats]:
    """What the samples after `since_ms` up to and with `until_ms` come to, by symbol.

    `functions` are those of conditions that will be asked; what only others need is left out. Functions
    that need every sample in order are computed for a few symbols at a time: a week of 200 symbols is
    more than fits into memory.
    """
    at_once = FEW if HEAVY & set(functions) else len(symbols)
    found: dict[str, WindowStats] = {}
    for first in range(0, len(symbols), max(1, at_once)):
        some = symbols[first : first + at_once]
        found |= _stats_of(cursor, some, since_ms, until_ms, functions)
    return found


def _stats_of(
    cursor: duckdb.DuckDBPyConnection,
    symbols: Sequence[str],
    since_ms: int,
    until_ms: int,
    functions: Collection[str],
) -> dict[str, WindowStats]:
    earlier = {}
    if NEED_BEFORE & set(functions):
        earlier = {symbol: value for symbol, _, value in before(cursor, symbols, since_ms)}
    rows = _rows(cursor, symbols, since_ms, until_ms, functions)
    found = {row[0]: _stats(row, earlier.get(row[0])) for row in rows}
    silent = {symbol: WindowStats(before=value) for symbol, value in earlier.items() if symbol not in found}
    return found | silent


def _rows(
    cursor: duckdb.DuckDBPyConnection,
    symbols: Sequence[str],
    since_ms: int,
    until_ms: int,
    functions: Collection[str],
) -> list[tuple[Any, ...]]:
    rising = "rate" in functions
    exact = bool(HEAVY & set(functions)) or until_ms - since_ms < LONG_MS
    with snapshot(cursor) as marks:
        parts = pieces(marks, since_ms + 1, until_ms + 1, NUMBERS_ONLY if exact else ANY_STEP)
        if not only_numbers(parts):
            ordered = ONE_AFTER_ANOTHER.format(source=source(parts, CHOSEN))
            together = PIECES.format(begun="0", source=ordered)
            sql = OF_PIECES.format(pieces=together, spread=SPREAD, risen=RISEN_OF_PIECES)
            return cursor.execute(sql, {"symbols": list(symbols)}).fetchall()
        sql = STATS.format(
            ranks=RANKS if NEED_RANKS & set(functions) else "NULL, NULL",
            risen=RISEN if rising else "0",
            source=PAIRED if rising else PLAIN,
        )
        given = {"symbols": list(symbols), "since": since_ms * 1000, "until": until_ms * 1000}
        return cursor.execute(sql, given).fetchall()


def _stats(row: tuple[Any, ...], earlier: float | None) -> WindowStats:
    _, count, total, spread, low, high, first, last, first_ms, last_ms, median, p95, risen = row
    return WindowStats(
        count=count,
        total=total,
        spread=spread,
        low=low,
        high=high,
        first=first,
        last=last,
        first_ms=first_ms,
        last_ms=last_ms,
        before=earlier,
        median=median,
        p95=p95,
        risen=risen,
    )
