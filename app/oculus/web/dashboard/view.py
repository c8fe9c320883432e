"""How a person wants to see the dashboard: pinned cards first, sorted, filtered. It is all in the address."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from msgspec import Struct, structs

from oculus.core.symbols import category_of
from oculus.web.dashboard.cards import FOLDED, Card, Panel, panel
from oculus.web.names import PANELS, panel_of

SORTS = {"": "Usual order", "worst": "Worst first", "name": "By name", "newest": "Newest first"}
TONES = ("critical", "error", "warn", "info", "")
STATES = ("down", "failing", "stale", "waiting", "ok", "closed", "paused")
PINNED, WORST = "pinned", "worst"
MOST_TAGS = 60  # offered to choose from


class View(Struct, frozen=True):
    """`category` is a panel or a category (net, net.ping); `tag` is key:value."""

    sort: Literal["", "worst", "name", "newest"] = ""
    category: str = ""
    tag: str = ""

    @property
    def query(self) -> str:
        """The part of the address that asks for it; empty for the usual view."""
        return urlencode({key: value for key, value in structs.asdict(self).items() if value})

    @property
    def filtered(self) -> bool:
        return bool(self.category or self.tag)


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by: (value, words) of categories, and tags."""

    categories: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]


def arranged(panels: Sequence[Panel], view: View, pins: Sequence[str]) -> tuple[Panel, ...]:
    """The panels as `view` wants them; pinned cards stand in a panel of their own, in the order of `pins`."""
    kept = [(each, [card for card in each.cards if wanted(card, view)]) for each in panels]
    pinned = sorted(
        (card for _, cards in kept for card in cards if card.symbol in pins),
        key=lambda card: pins.index(card.symbol),
    )
    rest = [(each, [card for card in cards if card.symbol not in pins]) for each, cards in kept]
    made = [panel(PINNED, "Pinned", pinned)] if pinned else []
    if view.sort == "worst":
        watched = [card for each, cards in rest for card in cards if each.key != FOLDED]
        made.append(panel(WORST, SORTS["worst"], sorted(watched, key=badness)))
        rest = [(each, cards) for each, cards in rest if each.key == FOLDED]
    made += [panel(each.key, each.title, in_order(cards, view.sort)) for each, cards in rest]
    return tuple(each for each in made if each.cards)


def wanted(card: Card, view: View) -> bool:
    return view.category in ("", card.panel, category_of(card.symbol)) and (
        not view.tag or view.tag in card.tags
    )


def in_order(cards: list[Card], sort: str) -> list[Card]:
    if sort == "name":
        return sorted(cards, key=lambda card: card.label.casefold())
    if sort == "newest":
        return sorted(cards, key=lambda card: -(card.at_ms or 0))
    return cards


def badness(card: Card) -> tuple[int, int, str]:
    """The worst first: what fires, then what is down, then what is not known."""
    return TONES.index(card.tone), STATES.index(card.state), card.label.casefold()


def choices(panels: Iterable[Panel]) -> Choices:
    cards = [card for each in panels for card in each.cards]
    return Choices(
        categories=tuple(categories({category_of(card.symbol) for card in cards})),
        tags=tuple(sorted({tag for card in cards for tag in card.tags})[:MOST_TAGS]),
    )


def categories(found: Collection[str]) -> list[tuple[str, str]]:
    """Each panel, and below it its categories where it has several."""
    offered: list[tuple[str, str]] = []
    for key, title in PANELS.items():
        inside = sorted(each for each in found if panel_of(each) == key)
        if inside:
            offered.append((key, title))
        if len(inside) > 1:
            offered += [(each, f"\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}{each}") for each in inside]
    return offered
