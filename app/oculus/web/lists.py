"""Rows of the pages that list alerts, rules and collectors: all words made here, none in the templates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oculus.collectors.status import CollectorState, CollectorStatus
from oculus.core.alert import Alert, AlertState, Delivery, DeliveryState
from oculus.core.clock import to_datetime, to_iso
from oculus.core.durations import parse_duration, spoken
from oculus.core.event import Severity
from oculus.core.figures import age
from oculus.core.symbols import main_of
from oculus.rules.status import RuleStatus
from oculus.web.dashboard.firing import measured

OLD_INTERVALS = 2  # of its collector, and the age of its newest number is told
MOST_SYMBOLS = 3  # named below a collector; the rest is counted
STATES = ("firing", "recovering", "broken", "pending", "ok", "off")
BROKEN = "broken"  # a rule that cannot be computed is not "ok"
REACHED = (DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.QUEUED, DeliveryState.RETRYING)


@dataclass(frozen=True, slots=True)
class CollectorRow:
    """One collector."""

    name: str
    type: str
    symbols: str
    state: str
    tone: str
    trouble: str
    source: str  # its provider's allowance and cool-down, in words; empty where it has none
    answered_ms: int | None
    answered: str
    said: str
    next_ms: int | None
    next: str
    runs: int
    failures: int
    missed: int


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule; `rank` and `severity_rank` sort the worst first."""

    name: str
    condition: str
    trouble: str
    state: str
    tone: str
    rank: int
    for_text: str
    for_s: float
    severity: str
    severity_rank: int
    tells: str
    since_ms: int | None
    since: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One firing, over or not."""

    id: int
    rule: str
    instance: str
    severity: str
    rank: int
    message: str
    value: str
    number: float | str  # to sort by; empty when there is none
    firing: bool
    fired_ms: int
    fired: str
    fired_iso: str
    seconds: int
    lasted: str
    told: str
    acknowledged: bool


def collector_row(status: CollectorStatus, now_ms: int) -> CollectorRow:
    # What lacks some of its numbers has been answered about the others.
    answered_ms = status.last_run_ms if status.lacking else status.last_success_ms
    return CollectorRow(
        name=status.name,
        type=status.type,
        symbols=some(list(dict.fromkeys(map(main_of, status.symbols)))),
        state=state_word(status),
        tone="error" if status.stuck or status.state == CollectorState.FAILING else "",
        trouble=status.last_error,
        source=provider(status, now_ms),
        answered_ms=answered_ms,
        answered=age((now_ms - answered_ms) / 1000) if answered_ms else "",
        said=dated(status, now_ms),
        next_ms=status.next_run_ms,
        next=f"in {spoken((status.next_run_ms - now_ms) / 1000)}" if status.next_run_ms else "—",
        runs=status.runs,
        failures=status.failures,
        missed=status.missed,
    )


def state_word(status: CollectorStatus) -> str:
    """What has not been asked yet is not "ok"."""
    if status.stuck:
        return "stuck"
    asked = status.state != CollectorState.OK or status.last_run_ms is not None
    return str(status.state) if asked else "waiting"


def provider(status: CollectorStatus, now_ms: int) -> str:
    """How the providers stand that a collector shares with others."""
    if not status.source:
        return ""
    first = allowance(status.source, status.calls_used or 0, status.calls_left)
    said = [first + alone(status.cool_down, status.cool_down_until_ms, status.last_error, now_ms)]
    for each in status.others:
        stands = allowance(each.title, each.calls_used, each.calls_left)
        said.append(stands + alone(each.cool_down, each.cool_down_until_ms, status.last_error, now_ms))
    return " · ".join(said)


def allowance(title: str, used: int, left: int | None) -> str:
    calls = f"{title}: {used:,} call{'' if used == 1 else 's'} this month"
    return calls if left is None else f"{calls}, {left:,} left"


def alone(reason: str, until_ms: int | None, told: str, now_ms: int) -> str:
    """For how long a provider is left alone, and why, unless that is `told` anyway; "" when it is not."""
    if not reason:
        return ""
    rest_s = ((until_ms or now_ms) - now_ms) / 1000
    return f"; left alone for another {spoken(rest_s)}{'' if reason in told else f': {reason}'}"


def dated(status: CollectorStatus, now_ms: int) -> str:
    """How old its newest number is, where that is much older than its last answer; and what was said."""
    old_s = 0.0 if status.as_of_ms is None else (now_ms - status.as_of_ms) / 1000
    aged = f"{age(old_s)} old" if old_s > OLD_INTERVALS * status.interval_s else ""
    return "; ".join(part for part in (aged, status.said) if part)


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(names[:MOST_SYMBOLS])
    return f"{shown} and {len(names) - MOST_SYMBOLS} more" if len(names) > MOST_SYMBOLS else shown


def rule_row(status: RuleStatus, now_ms: int) -> RuleRow:
    hold_s = parse_duration(status.for_).total_seconds()
    since = status.since_ms if status.state not in ("ok", "off") else None
    broken = bool(status.trouble) and status.state == "ok"
    return RuleRow(
        name=status.name,
        condition=status.condition or status.sql,
        trouble=status.trouble,
        state=BROKEN if broken else how_many(status),
        tone=tone_of(status, broken),
        rank=STATES.index(BROKEN if broken else status.state),
        for_text=spoken(hold_s) if hold_s else "at once",
        for_s=hold_s,
        severity=status.severity,
        severity_rank=-status.severity.rank,
        tells=", ".join(status.channels) or "nobody",
        since_ms=since,
        since=spoken((now_ms - since) / 1000) if since else "—",
    )


def tone_of(status: RuleStatus, broken: bool) -> str:
    if status.state in ("firing", "recovering"):
        return status.severity
    return Severity.ERROR if broken else ""


def how_many(status: RuleStatus) -> str:
    """The state; of a rule that judges several symbols, also how many of them are in it."""
    same = sum(each.state == status.state for each in status.instances)
    return (
        f"{status.state} {same} of {len(status.instances)}"
        if len(status.instances) > 1
        else str(status.state)
    )


def alert_row(alert: Alert, deliveries: Iterable[Delivery], now_ms: int, symbol: str = "") -> AlertRow:
    """`symbol`: what the rule of an alert speaks of that does not name its own."""
    firing = alert.state == AlertState.FIRING
    seconds = max(0, ((alert.ended_ms or now_ms) - alert.started_ms) // 1000)
    symbol = alert.instance or str(alert.tags.get("symbol") or symbol)
    over = not firing and alert.worst is not None  # its last value is that of all being well
    value = alert.worst if over else alert.value
    said = measured(symbol, value, alert.threshold, alert.tags)
    return AlertRow(
        id=alert.id,
        rule=alert.rule,
        instance=alert.instance,
        severity=alert.severity,
        rank=-Severity(alert.severity).rank,
        message=alert.message,
        value=f"worst {said}" if over and said else said,
        number="" if value is None else value,
        firing=firing,
        fired_ms=alert.fired_ms,
        fired=f"{to_datetime(alert.fired_ms):%Y-%m-%d %H:%M:%S} UTC",
        fired_iso=to_iso(alert.fired_ms),
        seconds=seconds,
        lasted=spoken(seconds),
        told=", ".join(told(deliveries)) or "nobody",
        acknowledged=alert.acknowledged_ms is not None,
    )


def told(deliveries: Iterable[Delivery]) -> tuple[str, ...]:
    """The channels that have heard of an alert, or are about to."""
    return tuple(dict.fromkeys(each.channel for each in deliveries if each.state in REACHED))
