"""The alerts that were about a symbol."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from oculus.core.alert import Alert
from oculus.core.symbols import main_of
from oculus.rules.status import RuleStatus
from oculus.storage.reader import Reader
from oculus.storage.reading.history import AlertFilter
from oculus.web.chart.limits import speaks_of

MOST = 500  # alerts looked through


class Mark(Struct, frozen=True):
    """One firing. Times in ms since 1970; `ended_ms` is null while it goes on."""

    id: int
    rule: str
    severity: str
    message: str
    started_ms: int
    fired_ms: int
    ended_ms: int | None


def marks(
    symbol: str, rules: Sequence[RuleStatus], reader: Reader, since_ms: int, until_ms: int
) -> list[Mark]:
    """The alerts about `symbol` or a part of it that fired or went on in a span, oldest first."""
    return [mark(alert) for alert in reversed(alerts_on(symbol, rules, reader, since_ms, until_ms))]


def alerts_on(
    symbol: str, rules: Sequence[RuleStatus], reader: Reader, since_ms: int, until_ms: int
) -> list[Alert]:
    """Newest first."""
    single = {rule.name for rule in rules if speaks_of(symbol, rule)}
    found = [
        *reader.firings(AlertFilter(since_ms=since_ms, until_ms=until_ms, limit=MOST)),
        *reader.firings(AlertFilter(until_ms=since_ms, state="firing", limit=MOST)),
    ]
    return [alert for alert in found if is_about(alert, symbol, single)]


def is_about(alert: Alert, symbol: str, single: set[str]) -> bool:
    """An alert without an instance is about whatever its rule speaks of."""
    if alert.instance:
        return main_of(alert.instance) == main_of(symbol) or symbol in alert.instance.split(", ")
    return alert.rule in single


def mark(alert: Alert) -> Mark:
    return Mark(
        id=alert.id,
        rule=alert.rule,
        severity=alert.severity,
        message=alert.message,
        started_ms=alert.started_ms,
        fired_ms=alert.fired_ms,
        ended_ms=alert.ended_ms,
    )
