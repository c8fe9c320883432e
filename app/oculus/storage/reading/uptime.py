"""How much of the time something was up, of the time in which somebody watched."""

from __future__ import annotations

import duckdb

from oculus.storage.file.connection import one
from oculus.storage.rollups.pieces import NUMBERS_ONLY, pieces, snapshot, source
from oculus.storage.rollups.sql import LEVELS

CHOSEN = "symbol = $symbol"
# Until when nobody watched, by the gaps that had begun. A rollup that lies partly in one holds what was seen
# of it; one that lies wholly in it says nothing.
UPTIME = """
    WITH away AS (
        SELECT from_at, max(coalesce(to_at, 'infinity')) OVER (ORDER BY from_at) AS until_at FROM gaps
    )
    SELECT sum("avg" * "count") / sum("count")
    FROM ({taken}) AS taken ASOF LEFT JOIN away ON taken.ts >= away.from_at
    WHERE coalesce(taken.ts + taken.span >= away.until_at, true)
"""
TAKEN = 'SELECT ts, to_milliseconds({span}) AS span, "count", "avg" FROM {source}'
SPANS = {level.table: level.span_ms for level in LEVELS}


def uptime(cursor: duckdb.DuckDBPyConnection, symbol: str, since_ms: int, until_ms: int) -> float | None:
    """The share of the probes that were answered, from 0 to 1, by the values of a symbol `.up`.

    What was measured in a gap is left out; None when there is nothing else.
    """
    with snapshot(cursor) as marks:
        parts = pieces(marks, since_ms, until_ms, NUMBERS_ONLY)
        if not parts:
            return None
        taken = " UNION ALL ".join(
            TAKEN.format(span=SPANS.get(part.table, 0), source=source([part], CHOSEN)) for part in parts
        )
        found = one(cursor, UPTIME.format(taken=taken), {"symbol": symbol})[0]
        return None if found is None else float(found)
