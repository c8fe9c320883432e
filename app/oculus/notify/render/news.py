"""News in words and as JSON: what every channel says about an alert."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from oculus.core.alert import Alert, News, NewsKind
from oculus.core.clock import to_iso
from oculus.core.durations import spoken
from oculus.core.figures import WORDS, figure, state_part
from oculus.core.symbols import part_of, unit_of

VERBS = {
    NewsKind.FIRED: "fired",
    NewsKind.RESOLVED: "resolved",
    NewsKind.REMINDER: "still fires",
    NewsKind.NO_DATA: "has no data",
    NewsKind.ESCALATED: "escalated",
}


def as_text(news: News) -> str:
    """One line: which rule, how bad, what, how much, how long, where.

    "api_down fired (critical): API endpoint unreachable; 503, limit 200; for 2 m; net.http.api.status"
    """
    alert = news.alert
    parts = [
        f"{alert.rule} {VERBS[news.kind]} ({alert.severity}): {alert.message or 'no message'}",
        why(news),
        how_much(news),
        how_long(news),
        alert.instance,
    ]
    return one_line("; ".join(part for part in parts if part))


def symbol_of(alert: Alert) -> str:
    """The series that the alert is about, as far as it is one: a SQL row's key is none."""
    return str(alert.tags.get("symbol") or alert.instance)


def why(news: News) -> str:
    """What the source said when it was found down, unless the message tells it, or it is over."""
    error = one_line(str(news.alert.tags.get("error") or ""))
    told = news.kind is NewsKind.RESOLVED or error in news.alert.message
    return "" if told else error


def how_much(news: News) -> str:
    """The value and what it was held against: "503 ms, limit 200 ms", at the end "worst 612 ms"."""
    alert, symbol = news.alert, symbol_of(news.alert)
    if alert.value is None and part_of(symbol) in WORDS:
        return ""
    if is_state(symbol, alert.value):
        return "" if news.kind is NewsKind.RESOLVED else said(symbol, alert.value or 0.0, alert.tags)
    unit = unit_of(symbol, alert.tags)
    if news.kind is NewsKind.RESOLVED and alert.worst is not None:
        return f"worst {amount(alert.worst, unit)}"
    if alert.value is None:
        return ""
    limit = f", limit {amount(alert.threshold, unit)}" if alert.threshold is not None else ""
    return amount(alert.value, unit) + limit


def is_state(symbol: str, value: float | None) -> bool:
    """Whether a word says it: a state has no limit, and "0" would tell nobody that it is down."""
    return value in (0, 1) and (part_of(symbol) or state_part(symbol, value)) in WORDS


def said(symbol: str, value: float, tags: Mapping[str, Any]) -> str:
    """A number with its unit, a state in its word."""
    if is_state(symbol, value):
        return str(figure(symbol, value, tags))
    return amount(value, unit_of(symbol, dict(tags)))


def how_long(news: News) -> str:
    """Since the first sample of the trouble; at the end, how long it lasted."""
    alert = news.alert
    until_ms = alert.ended_ms if alert.ended_ms is not None else news.ts_ms
    seconds = max(0, until_ms - alert.started_ms) / 1000
    if news.kind is NewsKind.RESOLVED:
        return f"lasted {spoken(seconds)}"
    return f"for {spoken(seconds)}" if seconds >= 1 else ""


def amount(value: float, unit: str = "") -> str:
    """A number as people read it: 100,000.5 USD, 0.25, 503 ms, 12.5%."""
    if not math.isfinite(value):
        return "no number"
    text = f"{value:,.2f}".rstrip("0").rstrip(".") if 1000 <= abs(value) < 1e15 else f"{value:.6g}"
    return text + (unit if unit == "%" else f" {unit}" if unit else "")


def one_line(text: str) -> str:
    """Without line breaks and control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def alert_json(news: News) -> dict[str, Any]:
    """One piece of news as the `webhook` channel gives it: the object of `/api/alerts`, and what happened.

    `ts` is when the news came to be. Its `deliveries` are only just being made, so none is listed.
    """
    alert = news.alert
    return {
        "news": news.kind.value,
        "id": alert.id,
        "ts": to_iso(news.ts_ms),
        "rule": alert.rule,
        "instance": alert.instance,
        "severity": alert.severity.value,
        "state": alert.state.value,
        "message": alert.message,
        "value": finite_or_none(alert.value),
        "threshold": finite_or_none(alert.threshold),
        "worst": finite_or_none(alert.worst),
        "started_at": to_iso(alert.started_ms),
        "fired_at": to_iso(alert.fired_ms),
        "ended_at": iso_or_none(alert.ended_ms),
        "acknowledged_at": iso_or_none(alert.acknowledged_ms),
        "tags": alert.tags,
        "deliveries": [],
    }


def iso_or_none(ms: int | None) -> str | None:
    return None if ms is None else to_iso(ms)


def finite_or_none(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
