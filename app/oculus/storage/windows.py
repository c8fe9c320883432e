"""What rules ask about the past: the samples of some symbols, and what the samples of a window come to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import duckdb

from oculus.core.windowstats import WindowStats

DAY_MS = 86_400_000
CHOSEN = "symbol IN (SELECT unnest($symbols::VARCHAR[]))"
WITHIN = f"{CHOSEN} AND ts > make_timestamptz($since) AND ts <= make_timestamptz($until)"
SAMPLES = f"SELECT symbol, epoch_ms(ts), value FROM metrics WHERE {CHOSEN} AND ts > make_timestamptz($since)"  # noqa: S608
# The last one at or before a moment; of what was silent for a day longer than that, none.
BEFORE = f"""
    SELECT symbol, epoch_ms(max(ts)), arg_max(value, ts) FROM metrics
    WHERE {CHOSEN} AND ts <= make_timestamptz($since) AND ts > make_timestamptz($earliest)
    GROUP BY symbol
"""  # noqa: S608
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
    given = {"symbols": list(symbols), "since": since_ms * 1000}
    newer = cursor.execute(SAMPLES, given).fetchall()
    return newer + before(cursor, symbols, since_ms)


def before(
    cursor: duckdb.DuckDBPyConnection, symbols: Sequence[str], since_ms: int
) -> list[tuple[str, int, float]]:
    """(symbol, ms, value) of the last sample at or before a moment."""
    given = {"symbols": list(symbols), "since": since_ms * 1000, "earliest": (since_ms - DAY_MS) * 1000}
    return cursor.execute(BEFORE, given).fetchall()


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
    rising = "rate" in functions
    sql = STATS.format(
        ranks=RANKS if NEED_RANKS & set(functions) else "NULL, NULL",
        risen=RISEN if rising else "0",
        source=PAIRED if rising else PLAIN,
    )
    given = {"symbols": list(symbols), "since": since_ms * 1000, "until": until_ms * 1000}
    earlier = {}
    if NEED_BEFORE & set(functions):
        earlier = {symbol: value for symbol, _, value in before(cursor, symbols, since_ms)}
    found = {row[0]: _stats(row, earlier.get(row[0])) for row in cursor.execute(sql, given).fetchall()}
    silent = {symbol: WindowStats(before=value) for symbol, value in earlier.items() if symbol not in found}
    return found | silent


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
