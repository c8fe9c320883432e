"""Metrics as the dashboard shows them: a card for each main symbol, its parts folded in, by category.

Built from memory alone, so that looking costs no query. A refresh every two seconds must stay cheap: lines
are drawn again only when they would look different.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from oculus.collectors.status import CollectorStatus
from oculus.core.figures import NOTHING as NO_NUMBER
from oculus.core.figures import Figure, Trend, figure, significant, trend
from oculus.core.symbols import main_of, part_of
from oculus.storage.live import Trail
from oculus.web.dashboard.sparkline import NOTHING, Span, Spark, spark, within
from oculus.web.dashboard.state import Facts, Parts, abandoned, down_since, downs, state_of
from oculus.web.names import PANELS, about, name_of, panel_of

MILLION = 1_000_000
PIXELS = 240  # of a card's width
TROUBLES = ("down", "failing")  # their reason is told
NUMBERLESS = ("down", "waiting")
OWN_TAGS = frozenset(
    ("probe", "target", "source", "currency", "market", "approx", "unit", "question", "outcome", "record")
) | {"error"}
FOLDED = "oculus"  # the panel that a person opens when they want it


@dataclass(frozen=True, slots=True)
class Card:
    """One main symbol, ready to print. It holds moments, not ages: those count on in the browser."""

    symbol: str
    label: str
    about: str  # what it is; for one in trouble, why
    figure: Figure
    state: str  # ok, down, failing, stale, closed, paused, waiting
    word: str  # what stands in the corner; empty when all is well
    tone: str  # severity of the border and the word, or empty
    rules: str  # the names of the rules that fire on it
    since_ms: int | None  # for a probe that is down: since when
    trend: Trend | None
    spark: Spark
    reach: str  # from the lowest to the highest of the last hour; empty when there is no more than one value
    at_ms: int | None  # when it was last heard of
    panel: str  # its colour
    tags: tuple[str, ...]  # those that people choose, as key:value


@dataclass(frozen=True, slots=True)
class Panel:
    """The cards of one category."""

    key: str
    title: str
    cards: tuple[Card, ...]
    trouble: str  # "2 down, 1 stale"; empty when all is well
    open: bool


class Mood(NamedTuple):
    """How one main symbol is, apart from its numbers."""

    state: str
    severity: str
    rules: str
    reason: str
    since_ms: int | None
    trend: Trend | None


class Cards:
    """Makes panels out of facts, and remembers what it made. One for all requests."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[object, Parts, Card]] = {}
        self._drawn: dict[str, tuple[object, Spark]] = {}

    def panels(self, facts: Facts) -> tuple[Panel, ...]:
        """Panels in their usual order, cards in the order of the settings, then by name."""
        groups = grouped(facts)
        owners = owners_of(facts.collectors)
        by_panel: dict[str, list[tuple[int, str, Card]]] = {key: [] for key in PANELS}
        for symbol, parts in groups.items():
            place, owner = owners.get(symbol, (len(owners), None))
            if owner is None and abandoned(symbol, parts, facts):
                continue
            made = self._card(symbol, parts, owner, facts)
            by_panel[panel_of(symbol)].append((place, made.label, made))
        self._forget(groups)
        return tuple(
            panel(key, PANELS[key], [card for _, _, card in sorted(cards, key=order)])
            for key, cards in by_panel.items()
            if cards
        )

    def _card(self, symbol: str, parts: Parts, owner: CollectorStatus | None, facts: Facts) -> Card:
        """The card of one main symbol: the one from last time, if nothing of it has changed."""
        mood = mood_of(symbol, parts, owner, facts)
        # A trail is the same object until something is added.
        seen = (mood, facts.away, *map(id, parts.values()))
        known = self._made.get(symbol)
        if known is None or known[0] != seen:
            drawn = self._spark(symbol, parts.get(""), parts.get("up"), facts.away)
            card = new_card(symbol, parts, mood, drawn)
            # The trails are kept with it: another one must not get the id of one that is gone.
            known = self._made[symbol] = (seen, parts, card)
        return known[2]

    def _spark(self, symbol: str, main: Trail | None, up: Trail | None, away: Sequence[Span]) -> Spark:
        points, ups = main.points if main else [], up.points if up else []
        ends = [trail[-1][0] for trail in (points, ups) if trail]
        if not ends:
            return NOTHING
        begin = min(trail[0][0] for trail in (points, ups) if trail)
        # A line that would differ by less than a pixel is not drawn again.
        key = (max(ends) >> ((max(ends) - begin) // PIXELS).bit_length(), ups[-1][1] if ups else 1, away)
        drawn = self._drawn.get(symbol)
        if drawn is None or drawn[0] != key:
            holes = [*downs(ups), *within(away, begin, max(ends))]
            drawn = self._drawn[symbol] = (key, spark(points, holes, max(ends)))
        return drawn[1]

    def _forget(self, groups: Mapping[str, Parts]) -> None:
        for memory in (self._made, self._drawn):
            for symbol in memory.keys() - groups.keys():
                memory.pop(symbol, None)


def mood_of(symbol: str, parts: Parts, owner: CollectorStatus | None, facts: Facts) -> Mood:
    """All of a card that does not follow from its trails."""
    state = state_of(symbol, parts, owner, facts)
    severity, rules = facts.firing.get(symbol, ("", ""))
    main, up = parts.get(""), parts.get("up")
    return Mood(
        state=state,
        severity=severity,
        rules=rules,
        reason=owner.last_error if owner and state in TROUBLES else "",
        since_ms=down_since(up, owner) if up and state == "down" else None,
        trend=trend(symbol, main.points, facts.now_ms) if main and state not in NUMBERLESS else None,
    )


def new_card(symbol: str, parts: Parts, mood: Mood, line: Spark) -> Card:
    main, up = parts.get(""), parts.get("up")
    tags = next((trail.tags for trail in (main, up, *parts.values()) if trail), {})
    values = {part: trail.points[-1][1] for part, trail in parts.items() if part}
    return Card(
        symbol=symbol,
        label=name_of(symbol, tags),
        about=mood.reason or about(symbol, tags, values),
        figure=figure_of(symbol, main, mood.state),
        state=mood.state,
        word=mood.severity or ("" if mood.state in ("ok", "down") else mood.state),
        tone=mood.severity or ("error" if mood.state in TROUBLES else ""),
        rules=mood.rules,
        since_ms=mood.since_ms,
        trend=mood.trend,
        spark=line,
        reach=reach(symbol, main) if main and mood.state != "down" else "",
        at_ms=max((trail.points[-1][0] for trail in (main, up) if trail), default=None),
        panel=panel_of(symbol),
        tags=chosen(tags),
    )


def reach(symbol: str, main: Trail) -> str:
    """The lowest and the highest value of the line."""
    low, high = (pick(value for _, value in main.points) for pick in (min, max))
    if low == high:
        return ""
    first, last = (brief_figure(symbol, value, main.tags) for value in (low, high))
    said = (first.text, last.text) if first.unit == last.unit else (str(first), str(last))
    return " – ".join(said)  # noqa: RUF001


def brief_figure(symbol: str, value: float, tags: Mapping[str, str]) -> Figure:
    """Two of them must stand beside the value itself: from a thousand on there is room for no cents."""
    said = figure(symbol, value, tags)
    if not 1000 <= abs(value) < MILLION or said.text[-1:].isalpha() or symbol.startswith("net."):
        return said
    text = f"{value:,.0f}" if abs(value) < 9_999.5 else f"{significant(value / 1000, 4)}k"
    return Figure(text, said.unit)


def chosen(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Tags that a person gave, and not those that collectors write of themselves."""
    return tuple(f"{key}:{value}" for key, value in sorted(tags.items()) if key not in OWN_TAGS)


def figure_of(symbol: str, main: Trail | None, state: str) -> Figure:
    """Its last number. What is down has none, whatever it last was."""
    if state == "down":
        return Figure("Down")
    return figure(symbol, main.points[-1][1], main.tags) if main else Figure(NO_NUMBER)


def order(entry: tuple[int, str, Card]) -> tuple[int, str]:
    return entry[0], entry[1]


@lru_cache(maxsize=16384)
def place_of(symbol: str) -> tuple[str, str]:
    return main_of(symbol), part_of(symbol)


def grouped(facts: Facts) -> dict[str, Parts]:
    """Trails by main symbol; the symbols that collectors have promised but not yet written are there too."""
    groups: dict[str, Parts] = {}
    for status in facts.collectors:
        for symbol in status.symbols if status.state != "off" else ():
            groups.setdefault(place_of(symbol)[0], {})
    for trail in facts.trails:
        main, part = place_of(trail.symbol)
        parts = groups.get(main)
        if parts is None:
            parts = groups[main] = {}
        parts[part] = trail
    return groups


def owners_of(collectors: Sequence[CollectorStatus]) -> dict[str, tuple[int, CollectorStatus]]:
    """Who writes a main symbol, and its place in the settings."""
    owners: dict[str, tuple[int, CollectorStatus]] = {}
    for status in collectors:
        for symbol in status.symbols:
            owners.setdefault(place_of(symbol)[0], (len(owners), status))
    return owners


def panel(key: str, title: str, cards: Sequence[Card]) -> Panel:
    states = [card.state for card in cards]
    troubles = [(states.count(word), word) for word in ("down", "failing", "stale")]
    trouble = ", ".join(f"{count} {word}" for count, word in troubles if count)
    return Panel(key, title, tuple(cards), trouble, open=key != FOLDED)
