"""What is known of each token from the stream: its offers, its last trade, and so its price."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

from oculus.collectors.prediction.messages import Book, Level, Message, Resolved, Tick, Touch, Trade

WIDE = 0.10  # offers further apart than this say little; the last trade says more, as on the site itself
USUAL_TICK = 0.01


class Price(NamedTuple):
    value: float
    ts_ms: int  # the source's own


class Middle(NamedTuple):
    value: float
    tick: float  # the smallest step
    ts_ms: int


class Token:
    """One outcome's token. The best offers are looked for when somebody asks: most changes nobody sees."""

    def __init__(self) -> None:
        self.bids: dict[float, float] = {}
        self.asks: dict[float, float] = {}
        self.last: float | None = None
        self.tick = USUAL_TICK
        self.ts_ms = 0
        self.whole = False  # all offers are known, so that single changes can be added to them
        # Bid and ask; None: to be looked for.
        self._best: tuple[float | None, float | None] | None = (None, None)

    @property
    def best(self) -> tuple[float | None, float | None]:
        """The best bid and ask."""
        if self._best is None:
            bids = (price for price, size in self.bids.items() if size > 0)
            asks = (price for price, size in self.asks.items() if size > 0)
            self._best = max(bids, default=None), min(asks, default=None)
        return self._best

    @property
    def middle(self) -> float | None:
        """Between the best offers; None unless both sides offer something."""
        bid, ask = self.best
        return None if bid is None or ask is None else round((bid + ask) / 2, 6)

    @property
    def price(self) -> float | None:
        """What it is worth: the middle while the offers are close, else the last trade."""
        bid, ask = self.best
        if bid is None or ask is None or ask - bid > WIDE + 1e-9:
            return self.last
        return self.middle

    def take(self, message: Book | Level | Touch | Trade) -> None:
        if isinstance(message, Touch):
            self._best = message.bid, message.ask
        elif isinstance(message, Level):
            if self.whole:
                self._change(self.bids if message.bid else self.asks, message)
        elif isinstance(message, Book):
            self.bids, self.asks = message.bids, message.asks
            self.whole, self._best = True, None
        else:
            self.last = message.price
        self.ts_ms = message.ts_ms

    def _change(self, side: dict[float, float], level: Level) -> None:
        if level.size > 0:
            side[level.price] = level.size
        else:
            side.pop(level.price, None)
        self._best = None


class Quotes:
    """Filled by the stream's thread, read by the collector's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}
        self._ended: dict[str, str] = {}  # token: the winner among its market's tokens, or ""

    def take(self, messages: Iterable[Message]) -> None:
        with self._lock:
            for message in messages:
                if isinstance(message, Resolved):
                    self._ended.update(dict.fromkeys(message.tokens, message.winner))
                    continue
                token = self._tokens.get(message.token) or self._tokens.setdefault(message.token, Token())
                if isinstance(message, Tick):
                    token.tick = message.size
                else:
                    token.take(message)

    def price(self, token: str) -> Price | None:
        """The newest price; None while there is none."""
        with self._lock:
            known = self._tokens.get(token)
            value = known.price if known else None
            return Price(value, known.ts_ms) if known and value is not None else None

    def middle(self, token: str) -> Middle | None:
        """Between the best offers; None unless both sides offer something."""
        with self._lock:
            known = self._tokens.get(token)
            value = known.middle if known else None
            return Middle(value, known.tick, known.ts_ms) if known and value is not None else None

    def ended(self, tokens: Iterable[str]) -> str | None:
        """The winning token of an ended market, "" when none was named; None while it goes on."""
        with self._lock:
            return next((self._ended[token] for token in tokens if token in self._ended), None)

    def keep(self, tokens: Iterable[str]) -> None:
        """Nobody listens to any others from now on."""
        wanted = set(tokens)
        with self._lock:
            if not wanted >= self._tokens.keys() | self._ended.keys():
                self._tokens = {name: token for name, token in self._tokens.items() if name in wanted}
                self._ended = {name: winner for name, winner in self._ended.items() if name in wanted}

    def forget(self, tokens: Iterable[str]) -> None:
        """What was heard so far is not to be gone by any more."""
        with self._lock:
            for token in tokens:
                self._tokens.pop(token, None)
