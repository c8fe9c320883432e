"""Cards as HTML. Most pages want the same ones at about the same time, so each is written once for all."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from markupsafe import Markup

from oculus.core.figures import age
from oculus.web.dashboard.cards import Card
from oculus.web.templates import environment

MOST = 2000  # remembered; 2 kB each
TEMPLATE = "macros/card.html"


class Drawn(NamedTuple):
    """`said`: all that its text depends on besides the card."""

    card: Card
    said: tuple[str, ...]
    text: Markup


class Drawer:
    """Any thread may ask. `again`: for a page that shows the card already."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[str, bool], Drawn] = {}

    def __call__(self, card: Card, pinned: bool, now_ms: int, again: bool = False) -> Markup:
        said = ("pinned" if pinned else "", *(age((now_ms - at) / 1000) for at in moments(card)))
        place = card.symbol, again
        known = self._drawn.get(place)
        # One card is the same object until something of it changes.
        if known is None or known.card is not card or known.said != said:
            if len(self._drawn) >= MOST:
                self._drawn.clear()
            known = self._drawn[place] = Drawn(card, said, write(card, pinned, now_ms, again))
        return known.text


def moments(card: Card) -> list[int]:
    """Those of which the card tells how long ago they were."""
    return [at_ms for at_ms in (card.at_ms, card.since_ms) if at_ms]


def write(card: Card, pinned: bool, now_ms: int, again: bool) -> Markup:
    draw: Callable[..., Markup] = vars(environment().get_template(TEMPLATE).module)["draw"]
    return draw(card, pinned, now_ms, again)
