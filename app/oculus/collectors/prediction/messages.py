"""What Polymarket's WebSocket says, in every shape it has been seen to say it.

A frame is one message or a list of them, or plain text (PONG). Prices and sizes are text, times are
milliseconds as text. What makes no sense is passed over: the next message is never far.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from oculus.collectors.custom.number import number
from oculus.core.outside import NOT_JSON

PONG = b"PONG"
Levels = dict[float, float]  # price: size


class Book(NamedTuple):
    """All offers for a token."""

    token: str
    bids: Levels
    asks: Levels
    ts_ms: int


class Level(NamedTuple):
    """One price at which more or less is offered now; size 0: nothing any more."""

    token: str
    bid: bool
    price: float
    size: float
    ts_ms: int


class Touch(NamedTuple):
    """The best offers. None: there is none on that side."""

    token: str
    bid: float | None
    ask: float | None
    ts_ms: int


class Trade(NamedTuple):
    token: str
    price: float
    ts_ms: int


class Tick(NamedTuple):
    """The smallest step of a token's price."""

    token: str
    size: float


class Resolved(NamedTuple):
    """A market has ended. `winner` is a token, or "" when it is not said."""

    tokens: tuple[str, ...]
    winner: str


Message = Book | Level | Touch | Trade | Tick | Resolved


def read_frame(frame: str | bytes) -> list[Message]:
    """What a frame says; an empty list for PONG, for text, and for what is of no use here."""
    try:
        given = msgspec.json.decode(frame)
    except NOT_JSON:
        return []  # PONG, NO NEW ASSETS, or half a message
    found: list[Message] = []
    for each in given if isinstance(given, list) else [given]:
        found += _read(each) if isinstance(each, dict) else []
    return found


def _read(given: dict[str, Any]) -> list[Message]:
    reader = READERS.get(str(given.get("event_type")), _by_shape(given))
    try:
        return list(reader(given)) if reader else []
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _by_shape(given: dict[str, Any]) -> Any:
    """The price_change of the documents has no event_type."""
    return _changes if "price_changes" in given else None


def _book(given: dict[str, Any]) -> Iterator[Message]:
    yield Book(str(given["asset_id"]), _levels(given["bids"]), _levels(given["asks"]), _ts(given))


def _changes(given: dict[str, Any]) -> Iterator[Message]:
    """New: price_changes[], each with its token. Old: changes[] or a single one, the token on top."""
    ts_ms = _ts(given)
    for change in given.get("price_changes") or given.get("changes") or [given]:
        token = str(change.get("asset_id") or given["asset_id"])
        price, size = _price(change["price"]), number(change["size"])
        yield Level(token, _is_bid(change["side"]), price, size, ts_ms)
        if "best_bid" in change and "best_ask" in change:
            yield Touch(token, _offer(change["best_bid"]), _offer(change["best_ask"]), ts_ms)


def _touch(given: dict[str, Any]) -> Iterator[Message]:
    yield Touch(str(given["asset_id"]), _offer(given["best_bid"]), _offer(given["best_ask"]), _ts(given))


def _trade(given: dict[str, Any]) -> Iterator[Message]:
    yield Trade(str(given["asset_id"]), _price(given["price"]), _ts(given))


def _tick(given: dict[str, Any]) -> Iterator[Message]:
    yield Tick(str(given["asset_id"]), _price(given["new_tick_size"]))


def _resolved(given: dict[str, Any]) -> Iterator[Message]:
    tokens = given.get("assets_ids") or given["asset_ids"]
    yield Resolved(tuple(map(str, tokens)), str(given.get("winning_asset_id") or ""))


READERS = {
    "book": _book,
    "price_change": _changes,
    "best_bid_ask": _touch,
    "last_trade_price": _trade,
    "tick_size_change": _tick,
    "market_resolved": _resolved,
}


def _levels(given: list[dict[str, Any]]) -> Levels:
    return {_price(each["price"]): number(each["size"]) for each in given}


def _price(given: Any) -> float:
    price = number(given)
    if not 0 <= price <= 1:
        raise ValueError(f"{price:g} is no price between 0 and 1")
    return price


def _offer(given: Any) -> float | None:
    return None if given in (None, "") else _price(given)


def _is_bid(side: Any) -> bool:
    if side not in ("BUY", "SELL"):
        raise ValueError(f"{side!r} is neither BUY nor SELL")
    return bool(side == "BUY")


def _ts(given: dict[str, Any]) -> int:
    return int(given["timestamp"])
