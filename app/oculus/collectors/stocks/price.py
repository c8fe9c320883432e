"""Stock prices.

Source   Yahoo Finance (personal use); Finnhub and Alpha Vantage where it fails, each with a key
Symbols  stock.price.<ticker>   in the listing's main currency; .change in % of the previous close
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from oculus.collectors.stocks.listing import Listed, ListingCollector, ListingSettings, Provider
from oculus.core.symbols import clean

Ticker = Annotated[str, Meta(pattern=r"^[A-Za-z0-9^][A-Za-z0-9.^=\-&]*$", max_length=30)]


class StockSettings(ListingSettings, frozen=True, kw_only=True, tag="stock.price"):
    """What shares cost."""

    tickers: Annotated[
        list[Ticker],
        Meta(description="As Yahoo Finance writes them: AAPL, VOD.L, BRK-B.", min_length=1, max_length=1000),
    ]
    source: Annotated[Provider, Meta(description="Who is asked.")] = "yahoo"
    fallback: Annotated[
        list[Provider], Meta(description="Who is asked when that fails, if there is a key for it.")
    ] = field(default_factory=lambda: ["finnhub", "alphavantage"])


class StockPrice(ListingCollector):
    """Ask for one ticker after another."""

    kind = "stock.price"
    category = "stock.price"
    settings_class = StockSettings
    settings: StockSettings

    def listed(self) -> list[Listed]:
        tickers = dict.fromkeys(ticker.upper() for ticker in self.settings.tickers)
        return [Listed(f"stock.price.{clean(ticker)}", ticker) for ticker in tickers]

    def line(self) -> list[Provider]:
        more = [name for name in self.settings.fallback if self.client(name).has_key]
        return list(dict.fromkeys([self.settings.source, *more]))
