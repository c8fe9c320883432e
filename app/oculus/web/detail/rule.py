"""The page of one rule: what it says, where it stands, when it fired, and who was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oculus.core.durations import parse_duration, spoken
from oculus.rules.status import InstanceStatus, RuleStatus
from oculus.runtime import Oculus
from oculus.web.dashboard.firing import measured
from oculus.web.detail.deliveries import DeliveryRow, newest
from oculus.web.detail.lanes import TimeLine, time_line
from oculus.web.errors import not_found
from oculus.web.lists import AlertRow, RuleRow, alert_row, rule_row

SPANS = {"24h": "24 hours", "7d": "7 days", "30d": "30 days"}
USUAL_SPAN = "7d"
HISTORY = 200  # alerts that are looked at
DELIVERIES = 50


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """Where the rule stands for one symbol."""

    name: str
    symbol: str
    state: str
    tone: str
    measure: str
    since_ms: int | None
    note: str


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """All that the page says. `facts` are (name, words)."""

    row: RuleRow
    sql: str
    message: str
    facts: tuple[tuple[str, str], ...]
    snoozed_ms: int | None
    instances: tuple[InstanceRow, ...]
    line: TimeLine
    alerts: tuple[AlertRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    now_ms: int


def rule_sheet(oculus: Oculus, name: str, span: str) -> RuleSheet:
    """Raises HttpError 404."""
    status = oculus.engine.rule(name)
    if status is None:
        raise not_found(f"There is no rule called {name}", "The page of rules shows those that there are.")
    now_ms = oculus.clock.now_ms()
    history = oculus.reader.rule_history(name, limit=HISTORY)
    since_ms = now_ms - parse_duration(span).ms
    symbol = status.instances[0].symbol if status.instances else ""
    tags = tags_of(oculus, status)
    return RuleSheet(
        row=rule_row(status, now_ms),
        sql=status.sql,
        message=status.message,
        facts=tuple(facts(status)),
        snoozed_ms=oculus.snoozes.until(name),
        instances=tuple(instance_row(each, status, tags) for each in status.instances),
        line=time_line(
            [alert for alert, _ in history], since_ms, now_ms, lambda alert: alert.instance or name
        ),
        alerts=tuple(alert_row(alert, sent, now_ms, symbol) for alert, sent in history[:DELIVERIES]),
        deliveries=tuple(newest([each for _, sent in history for each in sent], DELIVERIES)),
        now_ms=now_ms,
    )


def tags_of(oculus: Oculus, status: RuleStatus) -> dict[str, Mapping[str, str]]:
    found = {each.symbol: oculus.live.latest(each.symbol) for each in status.instances}
    return {symbol: metric.tags for symbol, metric in found.items() if metric}


def facts(status: RuleStatus) -> list[tuple[str, str]]:
    """What was set, in the order in which it comes to bear."""
    lengths = [("recover_for", "Recovers after"), ("cooldown", "Cooldown"), ("repeat", "Reminds every")]
    given = [
        ("Runs", f"{status.schedule} ({status.timezone})" if status.schedule else ""),
        ("Must hold", spoken_length(status.for_) or "not at all: it fires at once"),
        ("Ends when", status.clear),
        *((words, spoken_length(getattr(status, name))) for name, words in lengths),
        ("Severity", str(status.severity)),
        ("Tells", ", ".join(status.channels) or "nobody"),
        ("Prefers", "the desktop, while somebody sits there" if status.prefer_desktop else ""),
        ("Escalates", further(status)),
        ("Waits for", ", ".join(status.depends_on)),
    ]
    return [(name, words) for name, words in given if words]


def further(status: RuleStatus) -> str:
    """Who else is told of what is not acknowledged; empty for nobody."""
    if not status.escalate_after:
        return ""
    return f"after {spoken_length(status.escalate_after)} to {', '.join(status.escalate_channels)}"


def spoken_length(text: str) -> str:
    """ "5 minutes" of "5m"; empty of nothing."""
    seconds = parse_duration(text).total_seconds()
    return spoken(seconds) if seconds else ""


def instance_row(
    each: InstanceStatus, status: RuleStatus, tags: Mapping[str, Mapping[str, str]]
) -> InstanceRow:
    firing = each.state in ("firing", "recovering")
    return InstanceRow(
        name=each.instance or each.symbol or status.name,
        symbol=each.symbol,
        state=str(each.state),
        tone=str(status.severity) if firing else "",
        measure=measured(each.symbol, each.value, each.threshold, tags.get(each.symbol, {})),
        since_ms=each.since_ms if each.state != "ok" else None,
        note="; ".join(notes(each)),
    )


def notes(each: InstanceStatus) -> list[str]:
    """Why it stands there, and what else a person should know of it."""
    said = [
        (each.reason, bool(each.reason) and not each.stale),
        ("no data: what was known last still counts", each.no_data or each.stale),
        (f"nobody was told: {each.held}", bool(each.held)),
        ("acknowledged", each.acknowledged),
    ]
    return [words for words, holds in said if holds]
