"""The page of one symbol: what it is now, its chart, its rules and alerts, and its collector's last runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from oculus.core.figures import NOTHING, Figure, Trend, figure, trend
from oculus.core.symbols import category_of, main_of, part_of
from oculus.rules.status import RuleStatus
from oculus.runtime import Oculus
from oculus.storage.live import Trail
from oculus.web.chart.api import PHASES
from oculus.web.chart.limits import speaks_of
from oculus.web.chart.marks import alerts_on
from oculus.web.dashboard.board import Board
from oculus.web.dashboard.cards import Card
from oculus.web.detail.runs import Run, last_runs
from oculus.web.errors import not_found
from oculus.web.lists import AlertRow, RuleRow, alert_row, rule_row
from oculus.web.names import PRICES, about, name_of, panel_of

ALERTS = 10
ALERTS_SINCE_MS = 30 * 86_400_000
RANGES = ("1h", "6h", "24h", "7d", "30d", "90d", "1y")
USUAL_RANGE = "24h"
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Part:
    """A symbol that says more about the same thing."""

    symbol: str
    label: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the page says in words."""

    symbol: str
    panel: str
    name: str
    about: str
    figure: Figure
    state: str
    word: str
    tone: str
    trend: Trend | None
    at_ms: int | None
    collector: str
    priced: bool  # it can be drawn as candles
    phased: bool  # it is a web request with phases
    parts: tuple[Part, ...]
    condition: str  # which a rule about it may begin with
    rules: tuple[RuleRow, ...]
    alerts: tuple[AlertRow, ...]
    runs: tuple[Run, ...]
    now_ms: int


def sheet(oculus: Oculus, board: Board, symbol: str) -> Sheet:
    """Raises HttpError 404 for a symbol that nobody knows."""
    trails = {trail.symbol: trail for trail in oculus.live.snapshot()}
    card = card_of(board, main_of(symbol))
    trail = trails.get(symbol)
    if trail is None and card is None and not oculus.reader.stats(symbol, 0).count:
        raise not_found(f"There is no symbol {symbol}", "The dashboard shows those that there are.")
    rules = [rule for rule in oculus.engine.status() if speaks_of(symbol, rule)]
    collector = owner_of(oculus, symbol)
    names = {"": trail.tags} if trail else {}
    return Sheet(
        symbol=symbol,
        panel=panel_of(symbol),
        name=heading(symbol, card, names.get("", {})),
        about=card.about if card else about(symbol, names.get("", {}), {}),
        figure=shown(symbol, trail, card),
        state=card.state if card else "",
        word=card.word if card else "not heard of lately",
        tone=card.tone if card else "",
        trend=moved(symbol, trail, card, board.now_ms),
        at_ms=trail.points[-1][0] if trail else None,
        collector=collector,
        priced=category_of(symbol) in PRICES and not part_of(symbol),
        phased=any(f"{symbol}.{phase}" in trails for phase in PHASES),
        parts=parts_of(symbol, trails),
        condition=condition(symbol, trails),
        rules=tuple(rule_row(rule, board.now_ms) for rule in rules),
        alerts=alerts_of(oculus, symbol, rules, board.now_ms),
        runs=tuple(last_runs(oculus.reader, symbol, collector)),
        now_ms=board.now_ms,
    )


def usual_range(oculus: Oculus, symbol: str, now_ms: int) -> str:
    """A day; an hour of what has not been watched for longer, which would be a dot in a day."""
    trail = next((each for each in oculus.live.snapshot() if each.symbol == symbol), None)
    if trail is None or len(trail.points) < 2 or trail.points[0][0] < now_ms - 0.95 * HOUR_MS:
        return USUAL_RANGE
    older = oculus.reader.series(symbol, now_ms - 24 * HOUR_MS, now_ms - HOUR_MS, HOUR_MS)
    return USUAL_RANGE if older else RANGES[0]


def card_of(board: Board, main: str) -> Card | None:
    return next((card for panel in board.panels for card in panel.cards if card.symbol == main), None)


def owner_of(oculus: Oculus, symbol: str) -> str:
    """The collector that writes it; empty when that is gone."""
    fresh = oculus.scheduler.freshness(symbol) or oculus.scheduler.freshness(main_of(symbol))
    return fresh.collector if fresh else ""


def heading(symbol: str, card: Card | None, tags: Mapping[str, str]) -> str:
    name = card.label if card else name_of(main_of(symbol), tags)
    return f"{name} · {spoken_part(symbol)}" if part_of(symbol) else name


def shown(symbol: str, trail: Trail | None, card: Card | None) -> Figure:
    if card and card.symbol == symbol:
        return card.figure
    return figure(symbol, trail.points[-1][1], trail.tags) if trail else Figure(NOTHING)


def moved(symbol: str, trail: Trail | None, card: Card | None, now_ms: int) -> Trend | None:
    if card and card.symbol == symbol:
        return card.trend
    return trend(symbol, trail.points, now_ms) if trail else None


def parts_of(symbol: str, trails: Mapping[str, Trail]) -> tuple[Part, ...]:
    """The main symbol and all its parts but this one."""
    main = main_of(symbol)
    family = sorted(name for name in trails if main_of(name) == main and name != symbol)
    return tuple(
        Part(name, spoken_part(name) or "value", figure(name, trails[name].points[-1][1], trails[name].tags))
        for name in family
    )


def condition(symbol: str, trails: Mapping[str, Trail]) -> str:
    """That it is down, of what is up or down; else that it is more than now."""
    if f"{symbol}.up" in trails:
        return f"{symbol}.up == 0"
    if part_of(symbol) == "up":
        return f"{symbol} == 0"
    now = trails[symbol].points[-1][1] if symbol in trails else 0.0
    return f"{symbol} > {now:.0f}" if abs(now) >= 1000 else f"{symbol} > {now:.4g}"


def spoken_part(symbol: str) -> str:
    return part_of(symbol).replace("_", " ")


def alerts_of(oculus: Oculus, symbol: str, rules: list[RuleStatus], now_ms: int) -> tuple[AlertRow, ...]:
    """The last ones of the last month, newest first."""
    found = alerts_on(symbol, rules, oculus.reader, now_ms - ALERTS_SINCE_MS, now_ms + 1)
    return tuple(alert_row(alert, (), now_ms, symbol) for alert in found[:ALERTS])
