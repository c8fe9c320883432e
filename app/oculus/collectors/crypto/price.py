"""Crypto prices.

Source   CoinGecko, all assets in one question; Binance, Coinbase, Kraken where it fails
Symbols  crypto.price.<asset>_<currency>             in that currency; .change_24h in %
         crypto.spread.<asset>_<currency>            with `compare`: how far the second source lies off, in %

Binance has no dollars: where it stands in for them the tags say `currency: usdt` and `approx: true`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from oculus.collectors.crypto.coins import coin_id
from oculus.collectors.crypto.quotes import (
    AT_ONCE,
    Answers,
    Quote,
    from_binance,
    from_coinbase,
    from_coingecko,
    from_kraken,
)
from oculus.collectors.market import MarketCollector, MarketSettings, Reading
from oculus.collectors.sources.client import LeftAlone
from oculus.collectors.sources.reply import Unchanged
from oculus.collectors.words import some
from oculus.core.errors import BadAnswer, SourceError
from oculus.core.symbols import clean

Exchange = Literal["coingecko", "binance", "coinbase", "kraken"]
Asset = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9\-]*$", max_length=80)]
EXCHANGES = {"binance": from_binance, "coinbase": from_coinbase, "kraken": from_kraken}


class PriceSettings(MarketSettings, frozen=True, kw_only=True, tag="crypto.price"):
    """What coins cost."""

    assets: Annotated[
        list[Asset],
        Meta(
            description="Tickers such as btc, or what CoinGecko calls a coin.", min_length=1, max_length=1000
        ),
    ]
    currency: Annotated[
        str, Meta(description="The currency, such as usd or eur.", pattern="^[A-Za-z]{3,5}$")
    ] = "usd"
    source: Annotated[Exchange, Meta(description="Who is asked.")] = "coingecko"
    fallback: Annotated[list[Exchange], Meta(description="Who is asked when that fails, in this order.")] = (
        field(default_factory=lambda: ["coinbase", "kraken", "binance"])
    )
    compare: Annotated[
        Exchange | None, Meta(description="A second source; how far it lies off becomes crypto.spread.")
    ] = None
    ids: Annotated[
        dict[str, str], Meta(description="What CoinGecko calls tickers that Oculus does not know.")
    ] = field(default_factory=dict)

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        if self.compare == self.source:
            wrong.append("compare is the source itself; name another one")
        return wrong


class Price(MarketCollector):
    """Ask for all prices at once; fill what is missing from elsewhere."""

    kind = "crypto.price"
    category = "crypto.price"
    settings_class = PriceSettings
    way_out = "leave it out of one of them; a second source for it is written as compare"
    settings: PriceSettings

    def __init__(self, settings: PriceSettings) -> None:
        super().__init__(settings)
        self._assets = list(dict.fromkeys(asset.lower() for asset in settings.assets))
        self._currency = settings.currency.lower()

    def provider(self) -> str:
        return self.settings.source

    def stand_ins(self) -> list[str]:
        return [*self.settings.fallback, *filter(None, [self.settings.compare])]

    def questions(self) -> float:
        return self._questions(self.settings.source)

    def asks(self) -> dict[str, float]:
        names = [self.settings.source, *filter(None, [self.settings.compare])]
        return {name: self._questions(name) for name in names}

    def symbols(self) -> list[str]:
        spreads = [self._symbol(asset, "spread") for asset in self._assets] if self.settings.compare else []
        return [self._symbol(asset) for asset in self._assets] + spreads

    def ask(self) -> list[Reading]:
        found, said = self._from_anybody()
        missing = [asset for asset in self._assets if asset not in found]
        if missing:
            self.trouble = f"nobody has a price for {some(missing, between=', ')}"
            self.trouble += f" ({'; '.join(said)})" if said else ""
        elif said:
            self.said = f"{'; '.join(said)}; another source stood in"
        readings = [self._reading(asset, name, quote) for asset, (name, quote) in found.items()]
        return readings + (self._spreads(found) if self.settings.compare else [])

    def _from_anybody(self) -> tuple[dict[str, tuple[str, Quote]], list[str]]:
        """By asset its price and who said it; and what went wrong on the way."""
        found: dict[str, tuple[str, Quote]] = {}
        failures: list[SourceError] = []
        asked: set[str] = set()
        for name in dict.fromkeys([self.settings.source, *self.settings.fallback]):
            missing = [asset for asset in self._assets if asset not in found]
            if not missing or (failures and self.out_of_time()):
                break
            try:
                answers = self._quotes(name, missing)
            except Unchanged:
                if not found:
                    raise
                break
            found |= {asset: (name, quote) for asset, quote in answers.quotes.items()}
            asked |= set(missing[: answers.asked])
            failures += filter(None, [answers.failure])
        self._assets.sort(key=asked.__contains__)  # those that nobody was asked for come first the next time
        if not found:
            raise failures[0] if failures else self._unknown()
        return found, [error.what for error in failures]

    def _unknown(self) -> SourceError:
        return BadAnswer(
            self.client(self.provider()).provider.title,
            f"has no price for {some(self._assets, between=', ')}",
            "Look the coin up there, and write its name under `ids`.",
        )

    def _questions(self, name: str) -> float:
        return -(-len(self._assets) // AT_ONCE) if name == "coingecko" else len(self._assets)

    def _quotes(self, name: str, assets: list[str]) -> Answers:
        try:
            source = self.client(name) if name == self.settings.compare else self.in_line(name)
        except LeftAlone as error:
            return Answers({}, 0, error)
        if name == "coingecko":
            ids = {asset: self.settings.ids.get(asset) or coin_id(asset) for asset in assets}
            return from_coingecko(source, ids, self._currency, self.share_s)
        return EXCHANGES[name](source, assets, self._currency, self.share_s)

    def _reading(self, asset: str, name: str, quote: Quote) -> Reading:
        return Reading(
            symbol=self._symbol(asset),
            value=quote.value,
            ts_ms=quote.ts_ms,
            tags=self._tags(name, quote),
            parts={"change_24h": quote.change_24h},
        )

    def _tags(self, name: str, quote: Quote) -> dict[str, str]:
        tags = {"source": name, "currency": quote.currency}
        return tags if quote.currency == self._currency else {**tags, "approx": "true"}

    def _spreads(self, found: dict[str, tuple[str, Quote]]) -> list[Reading]:
        """How far the second source lies off. It may fail without costing the prices."""
        second = self.settings.compare or ""
        wanted = [asset for asset, (name, _) in found.items() if name != second]
        try:
            others, _, failure = self._quotes(second, wanted)
        except Unchanged:
            return []
        if missing := [asset for asset in wanted if asset not in others]:
            why = failure or f"{second} has no price for {some(missing, between=', ')}"
            self.trouble = self.trouble or f"no spread: {why}"
        return [self._spread(asset, *found[asset], other) for asset, other in others.items()]

    def _spread(self, asset: str, name: str, quote: Quote, other: Quote) -> Reading:
        times = [each.ts_ms for each in (quote, other) if each.ts_ms is not None]
        tags = {"source": name, "compare": self.settings.compare or "", "unit": "%"}
        if other.currency != quote.currency:
            tags["approx"] = "true"
        return Reading(
            symbol=self._symbol(asset, "spread"),
            value=(other.value - quote.value) / quote.value * 100,
            ts_ms=max(times) if len(times) == 2 else None,
            tags=tags,
            category="crypto.spread",
        )

    def _symbol(self, asset: str, what: str = "price") -> str:
        return f"crypto.{what}.{clean(asset)}_{self._currency}"
