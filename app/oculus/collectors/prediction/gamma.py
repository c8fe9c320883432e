"""Polymarket's description of markets (Gamma): outcomes, their tokens and prices, and whether it is over.

`outcomes`, `outcomePrices` and `clobTokenIds` are JSON inside of strings. A closed market may show 0 for
every outcome, or prices in between; only one 1 among 0s says who won.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from oculus.collectors.custom.moment import moment_ms
from oculus.collectors.custom.number import number
from oculus.collectors.sources.numbers import in_our_time
from oculus.core.errors import BadAnswer
from oculus.core.outside import NOT_JSON
from oculus.core.symbols import clean

TITLE = "Polymarket"


class Market(Struct, frozen=True, kw_only=True):
    """One question. `tokens` is empty while it is too new to be traded; prices are None where unknown."""

    slug: str
    outcomes: tuple[str, ...]
    tokens: tuple[str, ...]
    prices: tuple[float | None, ...]
    closed: bool
    updated_ms: int | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The outcomes as parts of symbols, each different from the others."""
        return keys_of(self.outcomes)

    @property
    def winner(self) -> int | None:
        """Which outcome has come true; None when it is not over or not said."""
        alone = self.prices.count(1.0) == 1 and self.prices.count(0.0) == len(self.prices) - 1
        return self.prices.index(1.0) if self.closed and alone else None


@lru_cache(maxsize=4096)
def keys_of(outcomes: tuple[str, ...]) -> tuple[str, ...]:
    keys: list[str] = []
    for number_, outcome in enumerate(outcomes):
        key = clean(outcome).replace("/", "-")
        keys.append(key if key not in keys else f"{key}-{number_ + 1}")
    return tuple(keys)


def read_markets(answer: Any) -> list[Market]:
    """The markets of an answer of /markets. Raises BadAnswer."""
    given = answer if isinstance(answer, list) else [answer]
    found = [_market(each) for each in given]
    for market in found:
        if not market.outcomes:
            raise BadAnswer(TITLE, f"{market.slug} has no outcomes")
    return found


def read_events(answer: Any, slug: str = "") -> list[Market]:
    """The markets of the events in an answer of /events, but for those not yet made. Raises BadAnswer.

    With `slug` only those of the event of that name.
    """
    given = answer if isinstance(answer, list) else [answer]
    found: list[Market] = []
    for event in given:
        markets = event.get("markets") if isinstance(event, dict) else None
        if not isinstance(markets, list):
            raise BadAnswer(TITLE, "an event in its answer has no markets")
        if slug and event.get("slug", slug) != slug:
            continue
        found += [market for market in map(_market, markets) if market.outcomes]
    return found


def _market(given: Any) -> Market:
    if not isinstance(given, dict) or not isinstance(given.get("slug"), str):
        raise BadAnswer(TITLE, "what it calls a market has no slug")
    outcomes = [str(each) for each in _inner(given, "outcomes")]
    tokens = [str(each) for each in _inner(given, "clobTokenIds")]
    return Market(
        slug=given["slug"],
        outcomes=tuple(outcomes),
        tokens=tuple(tokens) if len(tokens) == len(set(tokens) - {""}) == len(outcomes) else (),
        prices=_prices(_inner(given, "outcomePrices"), len(outcomes)),
        closed=given.get("closed") is True,
        updated_ms=_moment(given.get("updatedAt")),
    )


def _inner(given: dict[str, Any], name: str) -> list[Any]:
    """A list that stands in a string, or as itself, or not at all."""
    value = given.get(name)
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value) if value else []
        except NOT_JSON as error:
            raise BadAnswer(TITLE, f"{given['slug']} has {name} that cannot be read") from error
    return value if isinstance(value, list) else []


def _prices(given: list[Any], wanted: int) -> tuple[float | None, ...]:
    prices = tuple(_price(each) for each in given)
    # Nothing but zeros is what old and untraded markets show; it is no price.
    return prices if len(prices) == wanted and any(prices) else (None,) * wanted


def _price(given: Any) -> float | None:
    try:
        price = number(given)
    except ValueError:
        return None
    return price if 0 <= price <= 1 else None


def _moment(given: Any) -> int | None:
    try:
        return in_our_time(moment_ms(given)) if given else None
    except ValueError:
        return None
