"""Stored metrics page by page, and all symbols at a glance. One symbol with its history: chart/api.py."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from oculus.core.clock import to_iso
from oculus.core.figures import trend
from oculus.core.metric import Metric
from oculus.core.symbols import unit_of
from oculus.runtime import Oculus
from oculus.storage.live import Trail
from oculus.storage.reading.metrics import MetricFilter
from oculus.web.api.params import moment
from oculus.web.site import Site
from oculus.web.words import csv_answer


class MetricsQuery(Struct, frozen=True):
    """`symbol` may be a glob; `since` and `until` are 15m or ISO 8601; `tags.<key>=` may come often."""

    symbol: str = ""
    category: str = ""
    since: str = ""
    until: str = ""
    order: Literal["asc", "desc"] = "desc"
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: str = ""
    format: Literal["json", "csv"] = "json"
    tags: dict[str, str] = {}


class MetricAnswer(Struct, frozen=True):
    """One number at one moment."""

    ts: str
    category: str
    symbol: str
    value: float
    tags: dict[str, str]


class MetricsAnswer(Struct, frozen=True):
    """`cursor` asks for the next page; null when this is the last."""

    metrics: list[MetricAnswer]
    count: int
    truncated: bool
    cursor: str | None


class TrendAnswer(Struct, frozen=True):
    """Against an hour ago. `text` is how much, as the pages show it."""

    direction: str
    text: str


class SymbolAnswer(Struct, frozen=True, kw_only=True):
    """One symbol as it is now."""

    symbol: str
    category: str
    unit: str
    value: float
    ts: str
    age_s: float
    trend: TrendAnswer | None
    collector: str | None


class SymbolsAnswer(Struct, frozen=True):
    symbols: list[SymbolAnswer]


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the metrics on `app`."""

    @app.get("/api/metrics", query=MetricsQuery)
    def metrics(query: MetricsQuery) -> MetricsAnswer | str:
        """Stored metrics, newest first unless told otherwise."""
        page = oculus.reader.metrics(wanted(query, oculus.clock.now_ms()))
        answers = [metric_answer(metric) for metric in page.metrics]
        if query.format == "csv":
            rows = [[a.ts, a.category, a.symbol, a.value, a.tags] for a in answers]
            return csv_answer(list(MetricAnswer.__struct_fields__), rows, "metrics.csv")
        return MetricsAnswer(answers, len(answers), page.truncated, page.cursor or None)

    @app.get("/api/symbols")
    def symbols() -> SymbolsAnswer:
        """Every symbol heard of lately, with its last value."""
        return SymbolsAnswer([symbol_answer(oculus, trail) for trail in oculus.live.snapshot()])


def wanted(query: MetricsQuery, now_ms: int) -> MetricFilter:
    return MetricFilter(
        symbol=query.symbol,
        category=query.category,
        since_ms=moment("since", query.since, now_ms),
        until_ms=moment("until", query.until, now_ms),
        tags=query.tags,
        order=query.order,
        limit=query.limit,
        cursor=query.cursor,
    )


def metric_answer(metric: Metric) -> MetricAnswer:
    return MetricAnswer(to_iso(metric.ts_ms), metric.category, metric.symbol, metric.value, metric.tags)


def symbol_answer(oculus: Oculus, trail: Trail) -> SymbolAnswer:
    ts_ms, value = trail.points[-1]
    now_ms = oculus.clock.now_ms()
    moved = trend(trail.symbol, trail.points, now_ms)
    return SymbolAnswer(
        symbol=trail.symbol,
        category=trail.category,
        unit=unit_of(trail.symbol, trail.tags),
        value=value,
        ts=to_iso(ts_ms),
        age_s=max(0, now_ms - ts_ms) / 1000,
        trend=TrendAnswer(moved.way, moved.text) if moved else None,
        collector=collector_of(oculus, trail.symbol),
    )


def trend_answer(oculus: Oculus, symbol: str) -> TrendAnswer | None:
    trail = oculus.live.trail(symbol)
    moved = trend(symbol, trail.points, oculus.clock.now_ms()) if trail else None
    return TrendAnswer(moved.way, moved.text) if moved else None


def collector_of(oculus: Oculus, symbol: str) -> str | None:
    fresh = oculus.scheduler.freshness(symbol)
    return fresh.collector if fresh else None
