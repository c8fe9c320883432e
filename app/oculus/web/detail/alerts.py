"""The page of all alerts: filtered, on a time line, each with what became of its messages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from msgspec import Struct

from oculus.core.durations import parse_duration
from oculus.runtime import Oculus
from oculus.storage.reading.history import AlertRecord
from oculus.web.chart.limits import read_condition
from oculus.web.detail.deliveries import DeliveryRow, newest, summary
from oculus.web.detail.lanes import TimeLine, time_line
from oculus.web.lists import AlertRow, alert_row

SPANS = {"24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "365d": "Last year", "": "Ever"}
ROWS = 500  # all of them are at /api/alerts
DELIVERIES = 30  # of one alert
DAY_MS = 86_400_000


class AlertsQuery(Struct, frozen=True):
    """As of GET /api/alerts."""

    state: Literal["", "firing", "resolved"] = ""
    severity: Literal["", "info", "warn", "error", "critical"] = ""
    rule: str = ""
    since: Literal["24h", "7d", "30d", "365d", ""] = ""

    @property
    def filtered(self) -> bool:
        return bool(self.state or self.severity or self.rule or self.since)


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """A row, and what became of its messages."""

    row: AlertRow
    summary: str
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True)
class AlertList:
    entries: tuple[AlertEntry, ...]
    line: TimeLine
    rules: tuple[str, ...]  # to choose from
    limit: int


def alert_list(oculus: Oculus, query: AlertsQuery) -> AlertList:
    """Newest first."""
    now_ms = oculus.clock.now_ms()
    span_ms = parse_duration(query.since).ms if query.since else None
    found = shown(oculus, query, None if span_ms is None else now_ms - span_ms)
    subjects = subjects_of(oculus)
    oldest = min((alert.fired_ms for alert, _ in found), default=now_ms)
    begin = now_ms - span_ms if span_ms else min(oldest, now_ms - DAY_MS)
    return AlertList(
        entries=tuple(
            AlertEntry(
                alert_row(alert, sent, now_ms, subjects.get(alert.rule, "")),
                summary(sent),
                tuple(newest(sent, DELIVERIES)),
            )
            for alert, sent in found
        ),
        line=time_line([alert for alert, _ in found], begin, now_ms, lambda alert: alert.rule),
        rules=tuple(sorted({*subjects, *(alert.rule for alert, _ in found), query.rule} - {""})),
        limit=ROWS,
    )


def shown(oculus: Oculus, query: AlertsQuery, since_ms: int | None) -> list[AlertRecord]:
    """The newest, and whatever still fires: it can be acknowledged however much came after it."""
    asked = partial(
        oculus.reader.alerts, since_ms=since_ms, severity=query.severity, rule=query.rule, limit=ROWS
    )
    found = asked(state=query.state)
    if len(found) < ROWS or query.state:
        return found
    known = {record.alert.id for record in found}
    return found + [record for record in asked(state="firing") if record.alert.id not in known]


def subjects_of(oculus: Oculus) -> dict[str, str]:
    """For each rule the symbol it speaks of, empty when it has several or asks in SQL."""
    read = {rule.name: read_condition(rule) for rule in oculus.engine.status()}
    return {
        name: condition.main_symbol if condition and not condition.globs else ""
        for name, condition in read.items()
    }
