"""Polymarket: what its markets hold likely.

Source   its WebSocket, sampled; Gamma, which also describes the markets, where the socket has nothing
Symbols  pred.poly.<slug> .<outcome>   price of the first outcome, and of each; 0 to 1
         pred.prob.<slug> .<outcome>   the same as probabilities: those of one market sum to 1
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.prediction.catalogue import Catalogue
from oculus.collectors.prediction.gamma import Market
from oculus.collectors.prediction.odds import Written, main_symbols, rows
from oculus.collectors.prediction.quotes import Price, Quotes
from oculus.collectors.prediction.rest import CLOB, GAMMA, Rest
from oculus.collectors.prediction.stream import Pace
from oculus.collectors.prediction.streams import Streams
from oculus.collectors.prediction.watched import LONG_AGO, Watched
from oculus.collectors.sources.client import SourceStatus
from oculus.collectors.sources.reply import Refused
from oculus.collectors.words import some
from oculus.core.durations import Duration
from oculus.core.errors import SourceError
from oculus.core.metric import Metric
from oculus.core.symbols import clean

log = logging.getLogger(__name__)

Slug = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]*$", max_length=200)]
SHORTEST = Duration(seconds=5)  # between two rows of a token: the stream may say a hundred times as much
SHARE = 0.8  # of the time-out that may go into questions
SAVE_S = 20.0  # it is a long list
IDLE_S = 600.0  # between two runs once all markets have ended


class OddsSettings(CollectorSettings, frozen=True, kw_only=True, tag="polymarket"):
    """The odds of markets on Polymarket."""

    markets: Annotated[
        list[Slug],
        Meta(description="Markets or events: the last part of their address.", min_length=1, max_length=200),
    ]
    stream: Annotated[bool, Meta(description="Whether to listen rather than ask.")] = True
    interval: Annotated[Duration, Meta(description="Time between two rows; 5s or more.")] = SHORTEST
    timeout: Annotated[Duration, Meta(description="Longest wait for answers.")] = Duration(seconds=5)

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        if self.interval < SHORTEST:
            wrong.append(f"interval {self.interval} is too short; write {SHORTEST} or more")
        return wrong


class Polymarket(Collector):
    """Reads the newest prices that the stream has heard; asks where it has heard none."""

    kind = "polymarket"
    category = "pred.poly"
    settings_class = OddsSettings
    settings: OddsSettings
    unwell = "has trouble"
    backs_off = False  # the polite client does, and the stream goes on meanwhile
    pace = Pace()

    def __init__(self, settings: OddsSettings) -> None:
        super().__init__(settings)
        self._quotes = Quotes()
        self._streams = Streams(self._quotes)
        self._rest = Rest()
        self._catalogue = Catalogue(settings.markets, self._rest, self._heard)
        self._written: Written | None = None
        self._saved_at = 0.0

    def symbols(self) -> list[str]:
        return [symbol for slug in self.settings.markets for symbol in main_symbols(slug)]

    def may_write(self) -> list[str]:
        return ["pred."]

    def sources(self) -> list[SourceStatus]:
        return [self.tools.sources.get(name).status() for name in (GAMMA, CLOB)]

    def close(self) -> None:
        self._streams.close()
        self._save()

    def collect(self) -> list[Metric]:
        self._rest.begin(self.tools.sources, SHARE * self.settings.timeout.total_seconds())
        self._written = self._written or Written(self.tools.memory.load(self._kept_as))
        found: list[Metric] = []
        self._catalogue.refresh(self.clock)
        self._listen()
        self._compare()
        for watched in self._catalogue.markets.values():
            found += self._rows(watched)
        self._conclude(found)
        self._say(found)
        self._keep()
        return found

    # Listening

    def _listen(self) -> None:
        """To all that are traded; to nothing where the settings say so."""
        going = [each.market for each in self._catalogue.going()]
        tokens = [token for market in going for token in market.tokens] if self.settings.stream else []
        self._streams.listen(self.tools.sources.settings.polymarket.ws_url, tokens, self.pace)

    def _heard(self, watched: Watched) -> bool:
        """Whether the stream has a price for every outcome."""
        tokens = watched.market.tokens
        return bool(tokens) and all(self._quotes.price(token) for token in tokens)

    def _compare(self) -> None:
        """A frozen stream looks well from outside: hold it against what Polymarket answers."""
        for watched in self._catalogue.markets.values():
            if (
                watched.wants_comparison(self._now())
                and self._heard(watched)
                and not self._rest.out_of_time()
            ):
                try:
                    self._compare_one(watched)
                except SourceError as error:
                    if isinstance(error, Refused):  # there are no offers any more: perhaps it is over
                        watched.asked = LONG_AGO

    def _compare_one(self, watched: Watched) -> None:
        slug, token = watched.market.slug, watched.market.tokens[0]
        before = self._quotes.middle(token)
        watched.compared = self._now()
        answer = self._rest.midpoint(token)
        if watched.is_frozen(before, self._quotes.middle(token), answer):
            self._quotes.forget(watched.market.tokens)
            self._streams.renew(token)
            self.tools.counters.add("polymarket.frozen")
            log.warning("%s: the stream stood still while %s moved; it is made anew", self.name, slug)

    # Rows

    def _rows(self, watched: Watched) -> list[Metric]:
        if watched.ended:
            return []
        market, now_ms = watched.market, self.clock.now_ms()
        winner = self._quotes.ended(market.tokens)
        if winner is not None or market.closed:
            return self._end(
                watched, market.tokens.index(winner) if winner in market.tokens else market.winner
            )
        heard = self._heard(watched)
        if heard:
            prices: list[Price | None] = [self._quotes.price(token) for token in market.tokens]
            watched.answered_ms = now_ms
        else:
            assert self._written is not None
            prices = watched.described_prices(self._written)
        return self._made(market, prices)

    def _made(self, market: Market, prices: list[Price | None]) -> list[Metric]:
        assert self._written is not None
        now_ms = self.clock.now_ms()
        if any(price and price.ts_ms > now_ms for price in prices):
            self.tools.counters.add("collectors.clipped")
        return rows(market, prices, self._written, self.metric, now_ms)

    def _end(self, watched: Watched, winner: int | None) -> list[Metric]:
        """The last rows of a market, if they are known, and one event about it."""
        watched.ended = True
        market = watched.over(winner)
        key = f"polymarket.ended.{market.slug}"
        if self.tools.memory.load(key):
            return []
        self.tools.memory.save(key, True)
        result = (
            "its result is not known yet" if winner is None else f"the result is {market.outcomes[winner]}"
        )
        self.news.append(f"the market {market.slug} is closed; {result}")
        if winner is None:
            return []
        now_ms = self.clock.now_ms()
        return self._made(market, [Price(float(n == winner), now_ms) for n in range(len(market.outcomes))])

    # How it goes

    def _conclude(self, found: Sequence[Metric]) -> None:
        """Say what is missing. Raises the failure when nothing at all is to be had."""
        catalogue, going = self._catalogue, self._catalogue.going()
        failure = next(iter(catalogue.failed.values()), catalogue.left_alone)
        well = {each.slug for each in going if self._heard(each) or each.slug not in catalogue.failed}
        if failure and not found and not well and (going or not catalogue.markets):
            raise failure
        answered = [each.answered_ms for each in going if each.answered_ms]
        self.heard_ms = max(answered, default=self.clock.now_ms())
        self.rest_s = IDLE_S if catalogue.markets and not going and not catalogue.unknown else 0.0
        said = [f"there is no market or event {slug}" for slug in sorted(catalogue.unknown)]
        said += [f"{slug}: {error}" for slug, error in sorted(catalogue.failed.items()) if slug not in well]
        said += catalogue.cut.values()
        if down := self._streams.down():
            said.append(f"the stream is down ({down}); it is asked instead")
        self.trouble = some(said)

    def _say(self, found: list[Metric]) -> None:
        going = self._catalogue.going()
        heard = sum(self._heard(each) for each in going)
        markets = f"{len(going)} market{'' if len(going) == 1 else 's'} open"
        numbers = f"{len(found)} new number{'' if len(found) == 1 else 's'}" if found else "nothing new"
        self.said = f"{markets}, {heard} heard by the stream; {numbers}"

    def _keep(self) -> None:
        if self._now() - self._saved_at >= SAVE_S:
            self._saved_at = self._now()
            self._save()

    def _save(self) -> None:
        if self._written:
            self.tools.memory.save(self._kept_as, self._written.saved())

    @property
    def _kept_as(self) -> str:
        return f"polymarket.{clean(self.name)}"

    def _now(self) -> float:
        return self.clock.monotonic()
