"""One symbol: what it is now, how it came there, and on request all that its chart shows besides."""

from __future__ import annotations

from msgspec import Struct

from oculus.core.clock import to_iso
from oculus.core.symbols import category_of, main_of, part_of, unit_of
from oculus.runtime import Oculus
from oculus.storage.reading.series import Stats
from oculus.web.api.metrics import TrendAnswer, collector_of, trend_answer
from oculus.web.api.params import duration_ms, moment
from oculus.web.chart.gaps import Gap, gaps
from oculus.web.chart.limits import Threshold, thresholds
from oculus.web.chart.marks import Mark, marks
from oculus.web.errors import bad_request, not_found
from oculus.web.names import PRICES
from oculus.web.site import Site

STEPS_S = (1, 5, 10, 30, 60, 300, 900, 1800, 3600, 6 * 3600, 86400, 7 * 86400)
POINTS = 400  # a chart has hardly more pixels
MOST_POINTS = 10_000
MOST_GAPS = 10_000
PHASES = ("dns", "connect", "tls", "first_byte", "transfer")  # of a web request, one after the other

Series = list[list[float]]


class SeriesQuery(Struct, frozen=True):
    """`range` ends now, unless `since` and `until` are given; `step` is what one point stands for.

    With `chart` the answer also has candles (of prices), phases (of web requests), rules and alerts.
    """

    range: str = "24h"
    step: str = "auto"
    since: str = ""
    until: str = ""
    chart: bool = False


class LatestAnswer(Struct, frozen=True):
    ts: str
    value: float
    tags: dict[str, str]


class ChartAnswer(Struct, frozen=True, kw_only=True):
    """What stands around the line. A candle is [ms, first, highest, lowest, last]."""

    candles: Series
    phases: dict[str, Series]
    thresholds: list[Threshold]
    alerts: list[Mark]


class SeriesAnswer(Struct, frozen=True, kw_only=True):
    """`series` holds [ms since 1970, mean, lowest, highest] for each step that has something.

    `uptime_pct` is the share of the probes that were answered, null for what is no probe. A time in which
    nobody asked is in `gaps`, and no part of it.
    """

    symbol: str
    category: str
    unit: str
    latest: LatestAnswer | None
    stats: Stats
    trend: TrendAnswer | None
    collector: str | None
    step_s: float
    since_ms: int
    until_ms: int
    series: Series
    gaps: list[Gap]
    uptime_pct: float | None
    chart: ChartAnswer | None


class Window(Struct, frozen=True):
    """A span of time and its steps, in ms."""

    since_ms: int
    until_ms: int
    step_ms: int

    @property
    def span(self) -> tuple[int, int, int]:
        return self.since_ms, self.until_ms, self.step_ms


def mount(app: Site, oculus: Oculus) -> None:
    """Hang one symbol on `app`."""

    @app.get("/api/metrics/<symbol:path>", query=SeriesQuery)
    def one(symbol: str, query: SeriesQuery) -> SeriesAnswer:
        """One symbol with its history."""
        window = window_of(query, oculus.clock.now_ms())
        drawn = oculus.reader.drawn(symbol, *window.span)
        latest = oculus.live.latest(symbol)
        collector = collector_of(oculus, symbol)
        if not (drawn.stats.count or collector or latest):
            raise not_found(f"There is no symbol {symbol!r}", "GET /api/symbols lists them.")
        up = up_of(oculus, symbol)
        ups = drawn if up == symbol else oculus.reader.drawn(up, *window.span) if up else None
        unwatched = away(oculus, window)
        return SeriesAnswer(
            symbol=symbol,
            category=latest.category if latest else category_of(symbol),
            unit=unit_of(symbol, latest.tags if latest else None),
            latest=LatestAnswer(to_iso(latest.ts_ms), latest.value, latest.tags) if latest else None,
            stats=drawn.stats,
            trend=trend_answer(oculus, symbol),
            collector=collector,
            step_s=window.step_ms / 1000,
            since_ms=window.since_ms,
            until_ms=window.until_ms,
            series=drawn.series,
            gaps=gaps(drawn.series, ups.series if ups else [], window.step_ms, unwatched),
            uptime_pct=uptime(oculus, up, window, ups.stats, unwatched) if ups else None,
            chart=chart_of(oculus, symbol, window) if query.chart else None,
        )


def window_of(query: SeriesQuery, now_ms: int) -> Window:
    """Raises HttpError 400."""
    until_ms = moment("until", query.until, now_ms) or now_ms + 1
    since_ms = moment("since", query.since, now_ms) or until_ms - duration_ms("range", query.range)
    if since_ms >= until_ms:
        raise bad_request("since: is not before until", "Give an earlier one.")
    return Window(since_ms, until_ms, step_of(query.step, until_ms - since_ms))


def step_of(text: str, range_ms: int) -> int:
    """Milliseconds. `auto` is the smallest handy step that makes no more points than a chart can show."""
    if text == "auto":
        # The millisecond after now is part of the window, and no reason for a longer step.
        return next((s * 1000 for s in STEPS_S if range_ms <= s * 1000 * POINTS + 1), STEPS_S[-1] * 1000)
    step_ms = duration_ms("step", text)
    if step_ms < 1 or range_ms / step_ms > MOST_POINTS:
        raise bad_request(
            f"step: {text} makes more than {MOST_POINTS} points", "Write a longer one, or auto."
        )
    return step_ms


def up_of(oculus: Oculus, symbol: str) -> str:
    """The symbol that says whether the probe of `symbol` was answered; empty when there is none."""
    up = f"{main_of(symbol)}.up"
    return up if part_of(up) and oculus.live.latest(up) else ""


def away(oculus: Oculus, window: Window) -> list[Gap]:
    """When Oculus was not watching, as far as it lies in the window."""
    found = oculus.reader.gaps(window.since_ms, window.until_ms, MOST_GAPS)
    return [
        Gap(
            max(each.from_ms, window.since_ms),
            min(each.to_ms or window.until_ms, window.until_ms),
            each.reason,
        )
        for each in found
    ]


def uptime(oculus: Oculus, up: str, window: Window, ups: Stats, unwatched: list[Gap]) -> float | None:
    """Per cent of the probes in the window, gaps left out; None when there was none."""
    share = oculus.reader.uptime(up, window.since_ms, window.until_ms) if unwatched else ups.avg
    return None if share is None else round(share * 100, 4)


def chart_of(oculus: Oculus, symbol: str, window: Window) -> ChartAnswer:
    rules = oculus.engine.status()
    priced = category_of(symbol) in PRICES and not part_of(symbol)
    return ChartAnswer(
        candles=oculus.reader.candles(symbol, *window.span) if priced else [],
        phases=phases(oculus, symbol, window) if symbol.startswith("net.http.") else {},
        thresholds=thresholds(symbol, rules),
        alerts=marks(symbol, rules, oculus.reader, window.since_ms, window.until_ms),
    )


def phases(oculus: Oculus, symbol: str, window: Window) -> dict[str, Series]:
    """The phases of a web request that were reached, each as [ms, mean, lowest, highest]."""
    if part_of(symbol):
        return {}
    found = {each: oculus.reader.series(f"{symbol}.{each}", *window.span) for each in PHASES}
    return {each: series for each, series in found.items() if series}
