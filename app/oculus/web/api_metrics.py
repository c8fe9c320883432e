"""Stored metrics: page by page, one symbol with its history, and all symbols at a glance."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from oculus.core.clock import to_iso
from oculus.core.metric import Metric
from oculus.core.symbols import category_of, unit_of
from oculus.runtime import Oculus
from oculus.storage.live import Trail
from oculus.storage.metrics import MetricFilter, Stats
from oculus.web.errors import bad_request, not_found
from oculus.web.numbers import trend
from oculus.web.params import duration_ms, moment
from oculus.web.site import Site
from oculus.web.words import csv_answer

STEPS_S = (1, 5, 10, 30, 60, 300, 900, 1800, 3600, 6 * 3600, 86400, 7 * 86400)
POINTS = 400  # a chart has hardly more pixels
MOST_POINTS = 10_000


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


class SeriesQuery(Struct, frozen=True):
    """`range` ends now; `step` is the time that one point stands for."""

    range: str = "24h"
    step: str = "auto"


class LatestAnswer(Struct, frozen=True):
    ts: str
    value: float
    tags: dict[str, str]


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


class SeriesAnswer(Struct, frozen=True, kw_only=True):
    """`series` holds [ms since 1970, mean, lowest, highest] for each step that has something."""

    symbol: str
    category: str
    unit: str
    latest: LatestAnswer | None
    stats: Stats
    trend: TrendAnswer | None
    collector: str | None
    step_s: float
    series: list[list[float]]


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

    @app.get("/api/metrics/<symbol:path>", query=SeriesQuery)
    def one(symbol: str, query: SeriesQuery) -> SeriesAnswer:
        """One symbol: what it is now, and how it came there."""
        range_ms = duration_ms("range", query.range)
        step_ms = step_of(query.step, range_ms)
        now_ms = oculus.clock.now_ms()
        stats = oculus.reader.stats(symbol, now_ms - range_ms)
        collector = collector_of(oculus, symbol)
        latest = oculus.live.latest(symbol)
        if not (stats.count or collector or latest):
            raise not_found(f"There is no symbol {symbol!r}", "GET /api/symbols lists them.")
        return SeriesAnswer(
            symbol=symbol,
            category=latest.category if latest else category_of(symbol),
            unit=unit_of(symbol, latest.tags if latest else None),
            latest=LatestAnswer(to_iso(latest.ts_ms), latest.value, latest.tags) if latest else None,
            stats=stats,
            trend=trend_answer(oculus, symbol),
            collector=collector,
            step_s=step_ms / 1000,
            series=oculus.reader.series(symbol, now_ms - range_ms, now_ms + 1, step_ms),
        )


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
    for trail in oculus.live.snapshot():
        if trail.symbol == symbol:
            moved = trend(symbol, trail.points, oculus.clock.now_ms())
            return TrendAnswer(moved.way, moved.text) if moved else None
    return None


def collector_of(oculus: Oculus, symbol: str) -> str | None:
    fresh = oculus.scheduler.freshness(symbol)
    return fresh.collector if fresh else None


def step_of(text: str, range_ms: int) -> int:
    """Milliseconds. `auto` is the smallest handy step that makes no more points than a chart can show."""
    if text == "auto":
        return next((s * 1000 for s in STEPS_S if range_ms <= s * 1000 * POINTS), STEPS_S[-1] * 1000)
    step_ms = duration_ms("step", text)
    if step_ms < 1 or range_ms / step_ms > MOST_POINTS:
        raise bad_request(
            f"step: {text} makes more than {MOST_POINTS} points", "Write a longer one, or auto."
        )
    return step_ms
