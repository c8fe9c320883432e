"""The alerts that fire now, one line each: what, how much against which limit, how long, who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oculus.core.alert import Alert
from oculus.core.event import Severity
from oculus.core.figures import figure, state_part
from oculus.core.symbols import main_of, part_of
from oculus.rules.status import InstanceStatus, RuleStatus

PLAIN = ("up", "match", "status")  # states and codes: a limit beside them would make no sense
SHOWN = 8  # the rest is counted, and on the page of alerts
MESSAGE_LIMIT = 300  # characters; the page of alerts has all of it


@dataclass(frozen=True, slots=True)
class Firing:
    """One open alert: what the tables hold of it, and what the engine knows that is newer."""

    alert: Alert
    told: tuple[str, ...]  # channels
    now: InstanceStatus | None
    snoozed: bool = False

    @property
    def symbol(self) -> str:
        """What it is about; empty when that is no symbol (a row of a query)."""
        return self.now.symbol if self.now else self.alert.instance

    @property
    def acknowledged(self) -> bool:
        return self.alert.acknowledged_ms is not None or bool(self.now and self.now.acknowledged)


@dataclass(frozen=True, slots=True)
class FiringLine:
    """One firing alert, ready to print."""

    id: int
    severity: str
    rule: str
    message: str
    instance: str  # which of several it is; empty where there is but one, or the message names it
    measure: str  # "914 ms, limit 800 ms"; empty when a number would say nothing
    told: str
    acknowledged: bool
    snoozed: bool
    since_ms: int  # the age counts on in the browser


def instances_by_alert(rules: Sequence[RuleStatus]) -> dict[int, InstanceStatus]:
    """Where the rules stand for each alert that is open."""
    return {each.alert_id: each for rule in rules for each in rule.instances if each.alert_id is not None}


def firing_lines(firing: Sequence[Firing]) -> tuple[FiringLine, ...]:
    """The worst first; among equals the newest first. Acknowledged and snoozed ones come last."""
    ordered = sorted(firing, key=rank)
    return tuple(line(each) for each in ordered[:SHOWN])


def rank(each: Firing) -> tuple[bool, int, int, int]:
    return each.acknowledged or each.snoozed, -each.alert.severity.rank, -each.alert.fired_ms, each.alert.id


def line(each: Firing) -> FiringLine:
    alert = each.alert
    return FiringLine(
        id=alert.id,
        severity=alert.severity,
        rule=alert.rule,
        message=shortened(alert.message or each.symbol),
        instance="" if alert.instance in alert.message else alert.instance,
        measure=measure(each),
        told=told_words(each.told),
        acknowledged=each.acknowledged,
        snoozed=each.snoozed,
        since_ms=alert.started_ms,
    )


def measure(each: Firing) -> str:
    """The newest value against the limit, in the unit of the symbol it is about."""
    value = each.now.value if each.now else each.alert.value
    return measured(each.symbol, value, each.alert.threshold, each.alert.tags)


def measured(symbol: str, value: float | None, limit: float | None, tags: Mapping[str, str]) -> str:
    if value is None:
        return ""
    said = str(figure(symbol, value, tags))
    part = part_of(symbol) or state_part(symbol, value)
    if limit is None or (part in PLAIN and value == int(value)):
        return said
    return f"{said}, limit {figure(symbol, limit, tags)}"


def told_words(channels: Sequence[str]) -> str:
    return f"told {', '.join(channels)}" if channels else "told nobody yet"


def shortened(text: str) -> str:
    return text if len(text) <= MESSAGE_LIMIT else f"{text[: MESSAGE_LIMIT - 1]}…"


def by_symbol(firing: Sequence[Firing]) -> dict[str, tuple[Severity, str]]:
    """For each main symbol that fires: the worst severity, and the names of the rules."""
    found: dict[str, tuple[Severity, str]] = {}
    for each in sorted(firing, key=lambda one: -one.alert.severity.rank):
        symbol = main_of(each.symbol)
        worst, rules = found.get(symbol, (each.alert.severity, ""))
        found[symbol] = (worst, f"{rules}, {each.alert.rule}" if rules else each.alert.rule)
    return found
