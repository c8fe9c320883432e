"""Which markets the slugs of the settings stand for, and what is known of each, as Gamma describes them.

A slug may be a market or an event, which holds many. Seconds are those of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oculus.collectors.prediction.rest import Rest
from oculus.collectors.prediction.watched import Watched
from oculus.core.clock import Clock, SystemClock
from oculus.core.errors import SourceError

MOST_MARKETS = 500
AGAIN_S = 600.0  # until a slug that Gamma does not know is looked up once more


class Catalogue:
    """Belongs to its collector. `heard` says whether the stream has a price for every outcome of a market."""

    def __init__(self, slugs: Sequence[str], rest: Rest, heard: Callable[[Watched], bool]) -> None:
        self.markets: dict[str, Watched] = {}
        self.unknown: set[str] = set()
        self._slugs = slugs
        self._rest = rest
        self._clock: Clock = SystemClock()
        self._heard = heard
        self._asked: dict[str, float] = {}  # slugs: when they were last looked up
        self._events: set[str] = set()  # those of the slugs that are events

    def going(self) -> list[Watched]:
        """The markets that have not ended."""
        return [each for each in self.markets.values() if not each.ended]

    def refresh(self, clock: Clock) -> None:
        """Look up what is due, as far as the time goes. What fails stays in `rest.failure`."""
        self._clock = clock
        try:
            self._find_markets()
            self._describe_markets()
        except SourceError as error:
            self._rest.failure = error

    def _find_markets(self) -> None:
        for slug in self._slugs:
            if self._due(slug) and not self._rest.out_of_time():
                self._look_up(slug)

    def _describe_markets(self) -> None:
        for watched in sorted(self.markets.values(), key=lambda each: each.asked):
            wanted = watched.wants_description(self._clock.monotonic(), self._heard(watched))
            if wanted and not self._rest.out_of_time():
                self._look_up_again(watched)

    def _due(self, slug: str) -> bool:
        asked = self._asked.get(slug)
        return asked is None or (slug in self.unknown and self._clock.monotonic() - asked >= AGAIN_S)

    def _look_up(self, slug: str) -> None:
        markets = [] if slug in self._events else self._rest.market(slug)
        if not markets:
            markets = self._rest.event(slug)
            self._events.update([slug] if markets else [])
        self._asked[slug] = self._clock.monotonic()
        self.unknown.discard(slug)
        if not markets:
            self.unknown.add(slug)
        for market in markets[:MOST_MARKETS]:
            event = slug if slug in self._events else ""
            watched = self.markets.setdefault(market.slug, Watched(market, event))
            watched.describe(market, self._clock.monotonic(), self._clock.now_ms())

    def _look_up_again(self, watched: Watched) -> None:
        """All markets of an event at once, and those that have been added to it."""
        if watched.event:
            for each in self.markets.values():
                if each.event == watched.event:
                    each.asked = self._clock.monotonic()  # also when it is not there any more
            self._look_up(watched.event)
            return
        watched.asked = self._clock.monotonic()
        for market in self._rest.market(watched.market.slug):
            if market.slug == watched.market.slug:
                watched.describe(market, self._clock.monotonic(), self._clock.now_ms())
