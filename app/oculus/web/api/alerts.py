"""Alerts: what fires and fired, who was told, and acknowledging one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, structs

from oculus.core.alert import Alert, Delivery
from oculus.core.clock import to_iso
from oculus.runtime import Oculus
from oculus.storage.reading.moved import Moved
from oculus.web.api.params import moment
from oculus.web.errors import HttpError, not_found
from oculus.web.site import Site
from oculus.web.words import iso


class AlertsQuery(Struct, frozen=True):
    """`since` and `until` are 15m or ISO 8601; `state=firing` means now."""

    since: str = ""
    until: str = ""
    severity: Literal["", "info", "warn", "error", "critical"] = ""
    rule: str = ""
    state: Literal["", "firing", "resolved"] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class DeliveryAnswer(Struct, frozen=True, kw_only=True):
    """One row of `deliveries`."""

    id: int
    event_id: int
    alert_id: int
    channel: str
    news: str
    state: str
    attempts: int
    created_at: str
    next_at: str
    sent_at: str | None
    expires_at: str
    last_error: str


class AlertAnswer(Struct, frozen=True, kw_only=True):
    """One firing. `ts` is its last change, `started_at` the first sample of the trouble."""

    id: int
    ts: str
    rule: str
    instance: str
    severity: str
    state: str
    message: str
    value: float | None
    threshold: float | None
    worst: float | None
    started_at: str
    fired_at: str
    ended_at: str | None
    acknowledged_at: str | None
    tags: dict[str, Any]
    deliveries: list[DeliveryAnswer]


class OneAlertAnswer(AlertAnswer, frozen=True, kw_only=True):
    """One firing, and what else moved when it fired: the five series farthest from their usual."""

    moved: list[Moved]


class AlertsAnswer(Struct, frozen=True):
    alerts: list[AlertAnswer]


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the alerts on `app`."""

    @app.get("/api/alerts", query=AlertsQuery)
    def alerts(query: AlertsQuery) -> AlertsAnswer:
        """Newest first."""
        now_ms = oculus.clock.now_ms()
        found = oculus.reader.alerts(
            since_ms=moment("since", query.since, now_ms),
            until_ms=moment("until", query.until, now_ms),
            severity=query.severity,
            rule=query.rule,
            state=query.state,
            limit=query.limit,
        )
        return AlertsAnswer([answer(alert, deliveries) for alert, deliveries in found])

    @app.get("/api/alerts/<number:int>")
    def alert(number: int) -> OneAlertAnswer:
        """One firing, with what else moved."""
        record = oculus.reader.alert(number)
        if record is None:
            raise not_found(f"There is no alert {number}", "GET /api/alerts lists them.")
        moved = oculus.reader.moved_with(record.alert)
        return OneAlertAnswer(**structs.asdict(answer(*record)), moved=moved)

    @app.post("/api/alerts/<number:int>/ack")
    def acknowledge(number: int) -> AlertAnswer:
        """Stop reminding of this firing. Asking again changes nothing."""
        alert = oculus.acknowledge(number)
        if alert is None:
            raise refused(oculus, number)
        return answer(alert, ())


def refused(oculus: Oculus, number: int) -> HttpError:
    if oculus.reader.alert(number):
        return HttpError(409, f"Alert {number} has ended", "There is nothing to acknowledge any more.")
    return not_found(f"There is no alert {number}", "GET /api/alerts lists them.")


def answer(alert: Alert, deliveries: Sequence[Delivery]) -> AlertAnswer:
    return AlertAnswer(
        id=alert.id,
        ts=to_iso(alert.fired_ms if alert.ended_ms is None else alert.ended_ms),
        rule=alert.rule,
        instance=alert.instance,
        severity=alert.severity,
        state=alert.state,
        message=alert.message,
        value=alert.value,
        threshold=alert.threshold,
        worst=alert.worst,
        started_at=to_iso(alert.started_ms),
        fired_at=to_iso(alert.fired_ms),
        ended_at=iso(alert.ended_ms),
        acknowledged_at=iso(alert.acknowledged_ms),
        tags=alert.tags,
        deliveries=[delivery_answer(delivery) for delivery in deliveries],
    )


def delivery_answer(delivery: Delivery) -> DeliveryAnswer:
    return DeliveryAnswer(
        id=delivery.id,
        event_id=delivery.event_id,
        alert_id=delivery.news.alert.id,
        channel=delivery.channel,
        news=delivery.news.kind,
        state=delivery.state,
        attempts=delivery.attempts,
        created_at=to_iso(delivery.created_ms),
        next_at=to_iso(delivery.next_ms),
        sent_at=iso(delivery.sent_ms),
        expires_at=to_iso(delivery.expires_ms),
        last_error=delivery.last_error,
    )
