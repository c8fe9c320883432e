"""What collectors of listed things share: they ask one by one, and rarely while markets are closed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple
from urllib.parse import quote as quoted

from msgspec import Meta, structs

from oculus.collectors.market import MarketCollector, MarketSettings, Reading, failure
from oculus.collectors.sources.client import LeftAlone
from oculus.collectors.sources.reply import Refused, Unchanged
from oculus.collectors.stocks.quote import Quote, parse_alphavantage, parse_finnhub, parse_yahoo
from oculus.collectors.words import some
from oculus.core.durations import Duration, spoken
from oculus.core.errors import BadAnswer, SourceError

Provider = Literal["yahoo", "finnhub", "alphavantage"]
RARELY_S = 30 * 60.0  # between questions while its market is closed, or there is no such listing
AFTER_BELL_S = 15.0  # the first trade is not seen at the very moment of opening
EARLY_S = 1.0  # slots are a little early or late
MOST_STRETCH = 1000.0


class ListingSettings(MarketSettings, frozen=True, kw_only=True, tag="listing"):
    """What can be set for any collector of listed things."""

    interval: Annotated[
        Duration, Meta(description="Time between questions while the market is open; half an hour otherwise.")
    ] = Duration(minutes=2)


class Listed(NamedTuple):
    """One thing to ask for."""

    symbol: str
    ticker: str  # as Yahoo Finance writes it


class ListingCollector(MarketCollector):
    """Subclasses say with `listed` what there is to ask for."""

    settings: ListingSettings

    def __init__(self, settings: ListingSettings) -> None:
        super().__init__(settings)
        self._listed = self.listed()
        self._due_at: dict[str, float] = {}  # by symbol, on the monotonic clock; the other may be put back
        self._wrong: dict[str, str] = {}
        self._open: dict[str, bool | None] = {}  # whether its market was, the last time
        self._factor = 1.0  # by which the interval of each is stretched
        self._stopped: SourceError | None = None  # why nobody is asked any more in this run

    def slow_down(self, factor: float) -> None:
        """Each is asked for less often; the collector itself goes on taking turns."""
        self._factor = factor
        if factor > 1:
            every = spoken(self.interval_s * min(factor, MOST_STRETCH))
            self.said += f"; each is asked for every {every}, or the allowance would not last"

    def listed(self) -> list[Listed]:
        raise NotImplementedError

    def line(self) -> list[Provider]:
        """Who is asked, in this order."""
        return ["yahoo"]

    def provider(self) -> str:
        return self.line()[0]

    def stand_ins(self) -> list[str]:
        return list(self.line())

    def questions(self) -> float:
        return float(len(self._listed))

    def symbols(self) -> list[str]:
        return [each.symbol for each in self._listed]

    def ask(self) -> list[Reading]:
        """Ask for what is due, longest waiting first, until there is no time left or nobody to ask."""
        readings: list[Reading] = []
        self._stopped = None
        for each in self._due():
            if self.out_of_time() or self._stopped:
                break
            readings += self._asked(each)
        return self._settled(readings)

    def _asked(self, each: Listed) -> list[Reading]:
        """What is new of one; empty when nothing is, or it could not be had."""
        try:
            name, quote = self._quote(each)
        except Unchanged:
            self._wait(each, None)
        except SourceError as error:
            self._note(each, error)
        else:
            self._wrong.pop(each.symbol, None)
            self._wait(each, quote)
            return [reading(each, name, self._as_of(each, quote))]
        return []

    def _due(self) -> Iterator[Listed]:
        waiting = sorted(self._listed, key=self._due_in_s)
        return (each for each in waiting if self.by_hand or self._due_in_s(each) <= 0)

    def _due_in_s(self, each: Listed) -> float:
        return self._due_at.get(each.symbol, -math.inf) - self.clock.monotonic()

    def _quote(self, each: Listed) -> tuple[Provider, Quote]:
        """From the first in line who has it. Raises what the first one said."""
        failures: list[SourceError] = []
        for name in self.line():
            try:
                return name, self._from(name, each.ticker)
            except SourceError as error:
                failures.append(error)
        if not any(isinstance(error, Refused | BadAnswer) for error in failures):
            self._stopped = failures[0]  # nobody answers at all: the others would not either
        raise failures[0]

    def _from(self, name: Provider, ticker: str) -> Quote:
        source, now_ms = self.in_line(name), self.clock.now_ms()
        if name == "yahoo":
            params = {"range": "1d", "interval": "5m", "includePrePost": "false"}
            path = f"/v8/finance/chart/{quoted(ticker, safe='')}"
            return parse_yahoo(source.get_json(path, params, self.share_s()), now_ms)
        if "." in ticker or "^" in ticker or "=" in ticker:
            raise BadAnswer(source.provider.title, f"does not say in which currency {ticker} is")
        if name == "finnhub":
            return parse_finnhub(source.get_json("/quote", {"symbol": ticker}, self.share_s()))
        params = {"function": "GLOBAL_QUOTE", "symbol": ticker}
        return parse_alphavantage(source.get_json("/query", params, self.share_s()), now_ms)

    def _as_of(self, each: Listed, quote: Quote) -> Quote:
        """What was last traded before the bell stands from the bell on, and must be seen to be closed."""
        was_open = self._open.get(each.symbol)
        self._open[each.symbol] = quote.open
        bell_ms = quote.closed_ms
        if was_open and quote.open is False and bell_ms and quote.ts_ms and quote.ts_ms < bell_ms:
            return structs.replace(quote, ts_ms=bell_ms)
        return quote

    def _note(self, each: Listed, error: SourceError) -> None:
        unknown = isinstance(error, Refused) and each.symbol in self._wrong  # and was so the last time
        if not isinstance(error, LeftAlone):
            self._wrong[each.symbol] = f"{each.ticker}: {error.what}"
            self._due_at[each.symbol] = self.clock.monotonic()  # after all that wait already
        if not self._stopped:
            self._wait(each, None, RARELY_S if unknown else 0.0)

    def _wait(self, each: Listed, quote: Quote | None, least_s: float = 0.0) -> None:
        """When to ask for it again."""
        wait_s = max(least_s, self.interval_s * min(self._factor, MOST_STRETCH))
        if quote is not None and quote.open is False:
            wait_s = max(wait_s, RARELY_S)
            if quote.opens_ms is not None:
                wait_s = min(wait_s, (quote.opens_ms - self.clock.now_ms()) / 1000 + AFTER_BELL_S)
        self._due_at[each.symbol] = self.clock.monotonic() + wait_s - EARLY_S

    def _settled(self, readings: list[Reading]) -> list[Reading]:
        """Say what went wrong; rest until the next is due."""
        if self._stopped and not readings:
            raise self._stopped
        told, self.lacking = list(self._wrong.values()), list(self._wrong)
        if told and not readings and len(told) == len(self._listed):
            raise failure(told[0])
        self.trouble = some(told)
        self.rest_s = max(0.0, min(self._due_in_s(each) for each in self._listed))
        if self._stopped:
            self.said = f"{len(readings)} numbers; the others later: {self._stopped.what}"
        return readings


def reading(each: Listed, name: str, quote: Quote) -> Reading:
    tags = {"source": name, "currency": quote.currency} if quote.currency else {"source": name}
    if quote.open is not None:
        tags["market"] = "open" if quote.open else "closed"
    parts = {"change": quote.change}
    return Reading(symbol=each.symbol, value=quote.value, ts_ms=quote.ts_ms, tags=tags, parts=parts)
