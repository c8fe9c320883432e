"""Which markets the slugs of the settings stand for, and what is known of each, as Gamma describes them.

A slug may be a market or an event, which holds many. Seconds are those of the monotonic clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from oculus.collectors.prediction.rest import Rest
from oculus.collectors.prediction.watched import LONG_AGO, POLL_S, Watched
from oculus.collectors.sources.client import LeftAlone
from oculus.core.clock import Clock, SystemClock
from oculus.core.errors import SourceError

MOST_MARKETS = 500
AGAIN_S = 600.0  # until a slug that Gamma does not know is looked up once more
NEVER = math.inf


class Catalogue:
    """Belongs to its collector. `heard` says whether the stream has a price for every outcome of a market."""

    def __init__(self, slugs: Sequence[str], rest: Rest, heard: Callable[[Watched], bool]) -> None:
        self.markets: dict[str, Watched] = {}
        self.unknown: set[str] = set()
        self.cut: dict[str, str] = {}  # events: what to tell where not all of their markets are watched
        self.failed: dict[str, SourceError] = {}  # markets and events: why the last question came to nothing
        self.left_alone: SourceError | None = None  # why Gamma may not be asked at all
        self._slugs = slugs
        self._rest = rest
        self._clock: Clock = SystemClock()
        self._heard = heard
        self._due: dict[str, float] = {}  # slugs: when they are to be looked up; never again once found
        self._events: set[str] = set()  # those of the slugs that are events

    def going(self) -> list[Watched]:
        """The markets that have not ended."""
        return [each for each in self.markets.values() if not each.ended]

    def refresh(self, clock: Clock) -> None:
        """Look up what is due, as far as the time goes. What fails stays in `failed` and `left_alone`."""
        self._clock, self.left_alone = clock, None
        try:
            self._describe_markets()
            self._find_markets()
        except LeftAlone as error:
            self.left_alone = error

    def _describe_markets(self) -> None:
        for watched in sorted(self.markets.values(), key=lambda each: each.asked):
            wanted = watched.wants_description(self._clock.monotonic(), self._heard(watched))
            if wanted and not self._rest.out_of_time():
                self._try(watched.slug, partial(self._look_up_again, watched))

    def _find_markets(self) -> None:
        """Whoever failed last is the last in line, or it would keep the others out."""
        for slug in sorted(self._slugs, key=lambda each: self._due.get(each, LONG_AGO)):
            due = self._due.get(slug, LONG_AGO) <= self._clock.monotonic()
            if due and not self._rest.out_of_time():
                self._try(slug, partial(self._look_up, slug))

    def _try(self, slug: str, ask: Callable[[], None]) -> None:
        """One that fails costs the others nothing. Raises LeftAlone."""
        try:
            ask()
        except LeftAlone:
            raise
        except SourceError as error:
            self.failed[slug] = error
            self._due[slug] = max(self._due.get(slug, LONG_AGO), self._clock.monotonic() + POLL_S)
        else:
            self.failed.pop(slug, None)
        for each in self.markets.values():
            if each.slug == slug:
                each.asked = self._clock.monotonic()  # also when it is not there any more

    def _look_up(self, slug: str) -> None:
        markets = [] if slug in self._events else self._rest.market(slug)
        if not markets:
            markets = self._rest.event(slug)
            self._events.update([slug] if markets else [])
        self._note(slug, len(markets))
        for market in markets[:MOST_MARKETS]:
            event = slug if slug in self._events else ""
            watched = self.markets.setdefault(market.slug, Watched(market, event))
            watched.describe(market, self._clock.monotonic(), self._clock.now_ms())

    def _note(self, slug: str, count: int) -> None:
        """How many markets a slug stands for; 0: there is none of that name."""
        self._due[slug] = NEVER if count else self._clock.monotonic() + AGAIN_S
        self.unknown.discard(slug)
        self.cut.pop(slug, None)
        if not count:
            self.unknown.add(slug)
        if count > MOST_MARKETS:
            self.cut[slug] = f"{slug} has {count} markets, of which the first {MOST_MARKETS} are watched"

    def _look_up_again(self, watched: Watched) -> None:
        """All markets of an event at once, and those that have been added to it."""
        if watched.event:
            self._look_up(watched.event)
            return
        for market in self._rest.market(watched.slug):
            watched.describe(market, self._clock.monotonic(), self._clock.now_ms())
