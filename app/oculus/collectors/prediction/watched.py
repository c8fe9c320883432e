"""One market under watch: what is known of it, and when it is to be looked at again.

Seconds are those of the monotonic clock.
"""

from __future__ import annotations

from msgspec import structs

from oculus.collectors.custom.number import number
from oculus.collectors.prediction.gamma import Market
from oculus.collectors.prediction.odds import Written
from oculus.collectors.prediction.quotes import Middle, Price

DESCRIBE_S = 600.0  # between two descriptions of a market that is heard of
POLL_S = 30.0  # and of one that is not
GRACE_S = 15.0  # a stream that is away for a moment is no reason to ask
COMPARE_S = 60.0
SUSPECT_S = 10.0  # between the two comparisons that prove a stream frozen
LONG_AGO = float("-inf")


class Watched:
    """Belongs to its collector."""

    def __init__(self, market: Market, event: str = "") -> None:
        self.market = market
        self.event = event  # that it belongs to, if it was found through it
        self.ended = False
        self.asked = LONG_AGO  # for its description
        self.described = LONG_AGO  # when there was one
        self.described_ms = 0
        self.moved = False  # the descriptions since the start are not all alike
        self.answered_ms = 0  # when there last was a price of it, new or not; wall clock
        self.compared = LONG_AGO
        self._unheard: float | None = LONG_AGO  # since when; at first there is no grace
        self._strikes = 0
        self._suspect_ms = 0  # the stream's own time at the first strike

    @property
    def slug(self) -> str:
        """What it is looked up by."""
        return self.event or self.market.slug

    def describe(self, market: Market, now: float, now_ms: int) -> None:
        self.moved = self.moved or (self.described > LONG_AGO and market.prices != self.market.prices)
        self.market = market
        self.asked = self.described = now
        self.described_ms = now_ms
        if any(price is not None for price in market.prices):
            self.answered_ms = now_ms

    def wants_description(self, now: float, heard: bool) -> bool:
        if self.ended:
            return False
        if heard:
            self._unheard = None
            return now - self.asked >= DESCRIBE_S
        if self._unheard is None:
            self._unheard = now
        return now - self.asked >= POLL_S and now - self._unheard >= GRACE_S

    def described_prices(self, written: Written) -> list[Price | None]:
        """As the description gives them, by its own time; none from before the stream fell silent.

        The first one after a restart may be older than the rows that are written.
        """
        if self._unheard is None or self.described < self._unheard:
            return [None] * len(self.market.outcomes)
        ts_ms = self.market.updated_ms or self.described_ms
        prices = [None if price is None else Price(price, ts_ms) for price in self.market.prices]
        return prices if self.moved or ts_ms > written.newest_ms(self.market) else [None] * len(prices)

    def wants_comparison(self, now: float) -> bool:
        return not self.ended and now - self.compared >= (SUSPECT_S if self._strikes else COMPARE_S)

    def is_frozen(self, before: Middle | None, after: Middle | None, answer: object) -> bool:
        """Whether the stream stood still while Polymarket's own answer moved away, twice in a row."""
        try:
            said = number(answer["mid"])  # type: ignore[index]
        except (KeyError, TypeError, ValueError):
            return False  # no answer to go by
        known = [each for each in (before, after) if each]
        if len(known) < 2 or any(abs(each.value - said) <= each.tick + 1e-9 for each in known):
            self._strikes = 0
            return False
        if not self._strikes or known[1].ts_ms != self._suspect_ms:
            self._strikes, self._suspect_ms = 1, known[1].ts_ms
            return False
        self._strikes = 0
        return True

    def over(self, winner: int | None) -> Market:
        """The market as it has ended."""
        prices = tuple(
            None if winner is None else float(n == winner) for n in range(len(self.market.outcomes))
        )
        self.market = structs.replace(self.market, closed=True, prices=prices)
        return self.market
