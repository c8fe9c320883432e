"""What happened: alerts, errors, starts and stops, changes made by people."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from oculus.core.clock import to_iso
from oculus.runtime import Oculus
from oculus.storage.reading.history import StoredEvent
from oculus.web.api.params import moment
from oculus.web.site import Site


class EventsQuery(Struct, frozen=True):
    """`since` and `until` are 15m or ISO 8601."""

    since: str = ""
    until: str = ""
    source: str = ""
    type: Literal["", "alert", "error", "system", "audit"] = ""
    severity: Literal["", "info", "warn", "error", "critical"] = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class EventAnswer(Struct, frozen=True):
    """One row of `events`."""

    id: int
    ts: str
    source: str
    type: str
    severity: str
    message: str
    payload: dict[str, Any]


class EventsAnswer(Struct, frozen=True):
    events: list[EventAnswer]


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the events on `app`."""

    @app.get("/api/events", query=EventsQuery)
    def events(query: EventsQuery) -> EventsAnswer:
        """Newest first."""
        now_ms = oculus.clock.now_ms()
        found = oculus.reader.events(
            since_ms=moment("since", query.since, now_ms),
            until_ms=moment("until", query.until, now_ms),
            source=query.source,
            type=query.type,
            severity=query.severity,
            limit=query.limit,
        )
        return EventsAnswer([answer(event) for event in found])


def answer(event: StoredEvent) -> EventAnswer:
    return EventAnswer(
        event.id,
        to_iso(event.ts_ms),
        event.source,
        event.type,
        event.severity,
        event.message,
        event.payload,
    )
