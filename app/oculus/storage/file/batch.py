"""Rows into tables, a whole list at a time.

A list travels as one JSON text and `from_json` turns it into columns. Row by row (`executemany`) is
a hundred times slower, Python lists through `unnest` a third slower (tests/bench/bench_writer.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

import duckdb
import msgspec

from oculus.core.event import Event
from oculus.core.metric import Metric

METRICS = """
    INSERT INTO metrics (ts, category, symbol, value, tags)
    SELECT make_timestamptz(ts_ms * 1000), category, symbol, value, tags
    FROM (SELECT unnest(from_json($1, '[{
        "ts_ms": "BIGINT", "category": "VARCHAR", "symbol": "VARCHAR", "value": "DOUBLE", "tags": "JSON"
    }]'), recursive := true))
"""
EVENTS = """
    INSERT INTO events (id, ts, source, type, severity, message, payload)
    SELECT id, make_timestamptz(ts_ms * 1000), source, type, severity, message, payload
    FROM (SELECT unnest($1) AS id, unnest(from_json($2, '[{
        "ts_ms": "BIGINT", "source": "VARCHAR", "type": "VARCHAR", "severity": "VARCHAR",
        "message": "VARCHAR", "payload": "JSON"
    }]'), recursive := true))
"""
EVENT_IDS = "SELECT nextval('event_ids') FROM range($1)"


def as_json(rows: object) -> str:
    """Raises ValueError for text that is no text (half a surrogate pair)."""
    return msgspec.json.encode(rows).decode()


def insert_metrics(cursor: duckdb.DuckDBPyConnection, metrics: Sequence[Metric]) -> None:
    """Whole milliseconds, in time order: that is what makes the file small and "the last hour" quick."""
    if metrics:
        cursor.execute(METRICS, [as_json(sorted(metrics, key=attrgetter("ts_ms")))])


def insert_events(cursor: duckdb.DuckDBPyConnection, events: Sequence[Event]) -> list[int]:
    """Returns the events' ids, in order."""
    if not events:
        return []
    ids = [int(row[0]) for row in cursor.execute(EVENT_IDS, [len(events)]).fetchall()]
    cursor.execute(EVENTS, [ids, as_json(events)])
    return ids
