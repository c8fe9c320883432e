"""Alerts on their way through the tables: what a round of judging changed, and what is still to be sent.

Everything a verdict changes (states, alerts, events, deliveries) is written in the writer's one
transaction, so a crash leaves all of it or none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import msgspec

from oculus.core.alert import Alert, Delivery, News, NewsKind, SavedState, Verdict
from oculus.core.event import Event, EventType
from oculus.storage.file.batch import as_json, insert_events

SAVE_STATES = """
    INSERT OR REPLACE INTO alert_states (rule, instance, state, since_at, body)
    SELECT rule, instance, state, make_timestamptz(since_ms * 1000), body
    FROM (SELECT unnest(from_json($1, '[{
        "rule": "VARCHAR", "instance": "VARCHAR", "state": "VARCHAR", "since_ms": "BIGINT", "body": "JSON"
    }]'), recursive := true))
"""
FORGET_STATES = """
    DELETE FROM alert_states WHERE (rule, instance) IN (
        SELECT (rule, instance) FROM (SELECT unnest(from_json($1, '[{
            "rule": "VARCHAR", "instance": "VARCHAR"}]'), recursive := true))
    )
"""
SAVE_ALERTS = """
    INSERT OR REPLACE INTO alerts (id, rule, instance, severity, state, message, value, threshold, worst,
        started_at, fired_at, ended_at, acknowledged_at, tags)
    SELECT id, rule, instance, severity, state, message, value, threshold, worst,
        make_timestamptz(started_ms * 1000), make_timestamptz(fired_ms * 1000),
        make_timestamptz(ended_ms * 1000), make_timestamptz(acknowledged_ms * 1000), tags
    FROM (SELECT unnest(from_json($1, '[{
        "id": "BIGINT", "rule": "VARCHAR", "instance": "VARCHAR", "severity": "VARCHAR", "state": "VARCHAR",
        "message": "VARCHAR", "value": "DOUBLE", "threshold": "DOUBLE", "worst": "DOUBLE",
        "started_ms": "BIGINT", "fired_ms": "BIGINT", "ended_ms": "BIGINT", "acknowledged_ms": "BIGINT",
        "tags": "JSON"
    }]'), recursive := true))
"""
SAVE_DELIVERIES = """
    INSERT OR REPLACE INTO deliveries (id, event_id, alert_id, channel, news, state, attempts, created_at,
        next_at, sent_at, expires_at, last_error, body)
    SELECT id, event_id, alert_id, channel, kind, state, attempts, make_timestamptz(created_ms * 1000),
        make_timestamptz(next_ms * 1000), make_timestamptz(sent_ms * 1000),
        make_timestamptz(expires_ms * 1000), last_error, news
    FROM (SELECT unnest(from_json($1, '[{
        "id": "BIGINT", "event_id": "BIGINT", "alert_id": "BIGINT", "channel": "VARCHAR", "kind": "VARCHAR",
        "state": "VARCHAR", "attempts": "INTEGER", "created_ms": "BIGINT", "next_ms": "BIGINT",
        "sent_ms": "BIGINT", "expires_ms": "BIGINT", "last_error": "VARCHAR", "news": "JSON"
    }]'), recursive := true))
"""
ALERTS = """
    SELECT id, rule, instance, severity, state, message, value, threshold, worst, epoch_ms(started_at),
        epoch_ms(fired_at), epoch_ms(ended_at), epoch_ms(acknowledged_at), tags
    FROM alerts
"""
OPEN_ALERTS = f"{ALERTS} WHERE state = 'firing' ORDER BY id"
ACKNOWLEDGED = """
    SELECT id, epoch_ms(acknowledged_at) FROM alerts
    WHERE acknowledged_at IS NOT NULL AND state = 'firing'
"""
TOLD = """
    SELECT DISTINCT channel FROM deliveries
    WHERE alert_id = ? AND news <> 'RESOLVED' AND state IN ('queued', 'sending', 'retrying', 'sent')
"""
STATES = "SELECT rule, instance, state, epoch_ms(since_at), body FROM alert_states"
DELIVERIES = """
    SELECT id, event_id, channel, body, state, attempts, epoch_ms(created_at), epoch_ms(next_at),
        epoch_ms(sent_at), epoch_ms(expires_at), last_error
    FROM deliveries
"""
# The newest of each alert that its channel would not take, although nobody knows of it yet.
REFUSED = f"""
    {DELIVERIES} AS refused
    WHERE state = 'failed' AND news <> 'RESOLVED' AND expires_at > make_timestamptz($1 * 1000)
        AND alert_id IN (SELECT id FROM alerts WHERE state = 'firing' AND acknowledged_at IS NULL)
        AND NOT EXISTS (
            SELECT 1 FROM deliveries AS told
            WHERE told.alert_id = refused.alert_id AND told.channel = refused.channel
                AND told.state IN ('queued', 'sending', 'retrying', 'sent')
        )
    QUALIFY row_number() OVER (PARTITION BY alert_id, channel ORDER BY id DESC) = 1
    ORDER BY id
"""  # noqa: S608  our own words
UNFINISHED = f"{DELIVERIES} WHERE state IN ('queued', 'sending', 'retrying') ORDER BY id"


def record(
    cursor: duckdb.DuckDBPyConnection, verdict: Verdict, deliveries: Sequence[Delivery]
) -> list[Delivery]:
    """Write the verdict. Returns the deliveries, now knowing their event's id."""
    save_states(cursor, verdict)
    ids = insert_events(cursor, [event_of(news) for news in verdict.news])
    latest = {news.alert.id: news.alert for news in verdict.news}
    if latest:
        cursor.execute(SAVE_ALERTS, [as_json(list(latest.values()))])
    event_ids = {key_of(news): event_id for news, event_id in zip(verdict.news, ids, strict=True)}
    for delivery in deliveries:
        delivery.event_id = event_ids.get(key_of(delivery.news), delivery.event_id)
    save_deliveries(cursor, deliveries)
    return list(deliveries)


def save_states(cursor: duckdb.DuckDBPyConnection, verdict: Verdict) -> None:
    if verdict.states:
        latest = {(state.rule, state.instance): state for state in verdict.states}
        cursor.execute(SAVE_STATES, [as_json(list(latest.values()))])
    if verdict.forgotten:
        gone = [{"rule": rule, "instance": instance} for rule, instance in verdict.forgotten]
        cursor.execute(FORGET_STATES, [as_json(gone)])


def save_deliveries(cursor: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]) -> None:
    """Write the rows as they now are, new or known."""
    if deliveries:
        latest = {delivery.id: delivery for delivery in deliveries}
        cursor.execute(SAVE_DELIVERIES, [as_json([row_of(one) for one in latest.values()])])


def row_of(delivery: Delivery) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.structs.asdict(delivery)
    return row | {"alert_id": delivery.news.alert.id, "kind": delivery.news.kind}


def key_of(news: News) -> tuple[int, NewsKind, int]:
    return news.alert.id, news.kind, news.ts_ms


def event_of(news: News) -> Event:
    """The event that keeps this news, whether or not anybody was told."""
    alert = news.alert
    prefix = "" if news.kind is NewsKind.FIRED else f"{news.kind}: "
    return Event(
        ts_ms=news.ts_ms,
        source=f"rule.{alert.rule}",
        type=EventType.ALERT,
        severity=alert.severity,
        message=prefix + alert.message,
        payload={
            "news": news.kind,
            "alert_id": alert.id,
            "instance": alert.instance,
            "value": alert.value,
            "threshold": alert.threshold,
            "worst": alert.worst,
            "held": news.held,
            "tags": alert.tags,
        },
    )


def load_states(cursor: duckdb.DuckDBPyConnection) -> list[SavedState]:
    """Where every rule stood when Oculus stopped."""
    return [
        SavedState(rule=rule, instance=instance, state=state, since_ms=since, body=decoded(body))
        for rule, instance, state, since, body in cursor.execute(STATES).fetchall()
    ]


def load_deliveries(cursor: duckdb.DuckDBPyConnection) -> list[Delivery]:
    """Those not yet sent, failed or given up, oldest first; they know what was acknowledged since."""
    seen = dict(cursor.execute(ACKNOWLEDGED).fetchall())
    found = [delivery_from(row) for row in cursor.execute(UNFINISHED).fetchall()]
    for delivery in found:
        alert = delivery.news.alert
        if alert.id in seen:
            known = msgspec.structs.replace(alert, acknowledged_ms=seen[alert.id])
            delivery.news = msgspec.structs.replace(delivery.news, alert=known)
    return found


def refused_deliveries(cursor: duckdb.DuckDBPyConnection, now_ms: int) -> list[Delivery]:
    """The last that failed for each alert that still fires and of which its channel has told nobody."""
    return [delivery_from(row) for row in cursor.execute(REFUSED, [now_ms]).fetchall()]


def told_channels(cursor: duckdb.DuckDBPyConnection, alert_id: int) -> set[str]:
    """The channels that heard of an alert, or will: those its end must be told to."""
    return {channel for (channel,) in cursor.execute(TOLD, [alert_id]).fetchall()}


def open_alerts(cursor: duckdb.DuckDBPyConnection) -> list[Alert]:
    """Those that fire now, oldest first."""
    return [alert_from(row) for row in cursor.execute(OPEN_ALERTS).fetchall()]


def alert_from(row: Sequence[Any]) -> Alert:
    """An Alert from a row of ALERTS, whose columns stand in the order of Alert's fields."""
    given = dict(zip(Alert.__struct_fields__, row, strict=True))
    return msgspec.convert(given | {"tags": decoded(row[-1])}, Alert)


def delivery_from(row: Sequence[Any]) -> Delivery:
    """A Delivery from a row of DELIVERIES, whose columns stand in the order of Delivery's fields."""
    given = dict(zip(Delivery.__struct_fields__, row, strict=True))
    return msgspec.convert(given | {"news": decoded(given["news"])}, Delivery)


def decoded(text: str | None) -> Any:
    return msgspec.json.decode(text) if text else {}
