"""Questions about what happened: events, and alerts with the messages they made."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import duckdb
from msgspec import Struct

from oculus.core.alert import Alert, Delivery
from oculus.storage.file.connection import one
from oculus.storage.records.alerts import ALERTS, DELIVERIES, alert_from, decoded, delivery_from

EVENTS = "SELECT id, epoch_ms(ts), source, type, severity, message, payload FROM events"
REPORT = f"{EVENTS} WHERE source = 'oculus' AND payload->>'report' = ? ORDER BY ts DESC LIMIT 1"
LAST_REPORT = """
    SELECT coalesce(
        (SELECT epoch_ms(max(ts)) FROM events WHERE source = 'oculus' AND payload->>'report' = ?),
        (SELECT epoch_ms(min(ts)) FROM events))
"""


class StoredEvent(Struct, frozen=True):
    """A row of `events`."""

    id: int
    ts_ms: int
    source: str
    type: str
    severity: str
    message: str
    payload: dict[str, Any]


class EventFilter(Struct, frozen=True, kw_only=True):
    """Which events, newest first. Empty and None mean all; times are UTC ms."""

    since_ms: int | None = None
    until_ms: int | None = None
    source: str = ""
    type: str = ""
    severity: str = ""
    limit: int = 100


class AlertFilter(Struct, frozen=True, kw_only=True):
    """Which alerts, newest first, by the time they fired. Empty and None mean all; times are UTC ms."""

    since_ms: int | None = None
    until_ms: int | None = None
    severity: str = ""
    rule: str = ""
    state: Literal["", "firing", "resolved"] = ""
    limit: int = 100


class AlertRecord(NamedTuple):
    """An alert and its messages, oldest first."""

    alert: Alert
    deliveries: list[Delivery]


def events(cursor: duckdb.DuckDBPyConnection, wanted: EventFilter) -> list[StoredEvent]:
    where, given = conditions(
        {"ts >=": wanted.since_ms, "ts <": wanted.until_ms},
        {"source": wanted.source, "type": wanted.type, "severity": wanted.severity},
    )
    sql = f"{EVENTS} WHERE {where} ORDER BY ts DESC, id DESC LIMIT ?"
    return [event_from(row) for row in cursor.execute(sql, [*given, wanted.limit]).fetchall()]


def event_from(row: tuple[Any, ...]) -> StoredEvent:
    named = dict(zip(StoredEvent.__struct_fields__, row, strict=True))
    return StoredEvent(**named | {"payload": decoded(row[-1])})


def report(cursor: duckdb.DuckDBPyConnection, name: str) -> StoredEvent | None:
    """The last report of that name; None when there was none yet."""
    rows = cursor.execute(REPORT, [name]).fetchall()
    return event_from(rows[0]) if rows else None


def last_report(cursor: duckdb.DuckDBPyConnection, name: str) -> int | None:
    """When the last report of that name was made, else when the oldest event happened."""
    found: int | None = one(cursor, LAST_REPORT, [name])[0]
    return found


def alerts(cursor: duckdb.DuckDBPyConnection, wanted: AlertFilter) -> list[AlertRecord]:
    found = firings(cursor, wanted)
    sent = deliveries_of(cursor, [alert.id for alert in found])
    return [AlertRecord(alert, sent.get(alert.id, [])) for alert in found]


def firings(cursor: duckdb.DuckDBPyConnection, wanted: AlertFilter) -> list[Alert]:
    """Without their messages, which take longer to read than they themselves."""
    where, given = conditions(
        {"fired_at >=": wanted.since_ms, "fired_at <": wanted.until_ms},
        {"severity": wanted.severity, "rule": wanted.rule, "state": wanted.state},
    )
    sql = f"{ALERTS} WHERE {where} ORDER BY fired_at DESC, id DESC LIMIT ?"
    return [alert_from(row) for row in cursor.execute(sql, [*given, wanted.limit]).fetchall()]


def alert(cursor: duckdb.DuckDBPyConnection, alert_id: int) -> AlertRecord | None:
    """The one of that number; None when there is none."""
    rows = cursor.execute(f"{ALERTS} WHERE id = ?", [alert_id]).fetchall()
    found = [alert_from(row) for row in rows]
    return AlertRecord(found[0], deliveries_of(cursor, [alert_id]).get(alert_id, [])) if found else None


def deliveries(cursor: duckdb.DuckDBPyConnection, limit: int) -> list[Delivery]:
    """The newest of all channels."""
    rows = cursor.execute(f"{DELIVERIES} ORDER BY id DESC LIMIT ?", [limit]).fetchall()
    return [delivery_from(row) for row in rows]


def deliveries_of(cursor: duckdb.DuckDBPyConnection, alert_ids: list[int]) -> dict[int, list[Delivery]]:
    by_alert: dict[int, list[Delivery]] = {}
    if not alert_ids:
        return by_alert
    sql = f"{DELIVERIES} WHERE alert_id IN (SELECT unnest(?::BIGINT[])) ORDER BY id"
    for row in cursor.execute(sql, [alert_ids]).fetchall():
        delivery = delivery_from(row)
        by_alert.setdefault(delivery.news.alert.id, []).append(delivery)
    return by_alert


def conditions(times: dict[str, int | None], texts: dict[str, str]) -> tuple[str, list[Any]]:
    """A WHERE of those that are given, and its parameters."""
    parts = [(f"{column} make_timestamptz(?)", ms * 1000) for column, ms in times.items() if ms is not None]
    parts += [(f"{column} = ?", text) for column, text in texts.items() if text]  # type: ignore[misc]
    return " AND ".join(sql for sql, _ in parts) or "true", [given for _, given in parts]
