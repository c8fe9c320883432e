"""The providers: where each is asked, what it gives for free, and how it shows that it is angry.

The free quotas are those documented in 2026-11; `sources:` in the settings changes any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from oculus.collectors.sources.complaints import alphavantage, coinmarketcap, fear_greed, kraken


class Limits(Struct, frozen=True, kw_only=True):
    """Most questions in a minute (any 60 s) and in an hour, day and month of the UTC calendar."""

    per_minute: int | None = None
    per_hour: int | None = None
    per_day: int | None = None
    per_month: int | None = None


class Provider(Struct, frozen=True, kw_only=True):
    """What is known of one provider."""

    name: str
    title: str
    base_url: str
    limits: Limits
    keyed: Limits | None = None  # with a key, where that gives more
    key_header: str = ""
    key_param: str = ""  # only where the provider takes its key no other way
    check: Callable[[Any], None] | None = None  # raises SourceError for a complaint that came as 200
    site: str = ""  # where people find it
    terms: str = ""  # what it asks of those who show its numbers
    refused_hint: str = ""  # what to do where it does not serve this country


def known(name: str, title: str, base_url: str, limits: Limits, **more: Any) -> Provider:
    return Provider(name=name, title=title, base_url=base_url, limits=limits, **more)


PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        known("coingecko", "CoinGecko", "https://api.coingecko.com/api/v3",
              Limits(per_minute=10, per_month=10_000),
              keyed=Limits(per_minute=25, per_month=10_000), key_header="x-cg-demo-api-key",
              site="https://www.coingecko.com", terms="Data by CoinGecko"),
        known("binance", "Binance", "https://api.binance.com", Limits(per_minute=60),
              refused_hint="Set sources.binance.base_url to https://data-api.binance.vision.",
              site="https://www.binance.com"),
        known("coinbase", "Coinbase", "https://api.exchange.coinbase.com", Limits(per_minute=60),
              site="https://www.coinbase.com"),
        known("kraken", "Kraken", "https://api.kraken.com", Limits(per_minute=30), check=kraken,
              site="https://www.kraken.com"),
        known("alternative_me", "alternative.me", "https://api.alternative.me", Limits(per_minute=10),
              check=fear_greed, site="https://alternative.me/crypto/fear-and-greed-index/",
              terms="Fear & Greed Index by alternative.me"),
        known("glassnode", "Glassnode", "https://api.glassnode.com", Limits(per_minute=10),
              key_header="X-Api-Key",
              site="https://glassnode.com"),
        known("bitcoin_data", "bitcoin-data.com", "https://bitcoin-data.com",
              Limits(per_minute=5, per_hour=10),
              site="https://bitcoin-data.com"),
        known("coinmetrics", "Coin Metrics", "https://community-api.coinmetrics.io/v4",
              Limits(per_minute=60),
              site="https://coinmetrics.io", terms="CC BY-NC 4.0"),
        known("coinmarketcap", "CoinMarketCap", "https://pro-api.coinmarketcap.com",
              Limits(per_minute=30, per_month=10_000), key_header="X-CMC_PRO_API_KEY", check=coinmarketcap,
              site="https://coinmarketcap.com"),
        known("yahoo", "Yahoo Finance", "https://query1.finance.yahoo.com", Limits(per_minute=60),
              site="https://finance.yahoo.com", terms="personal use only"),
        known("alphavantage", "Alpha Vantage", "https://www.alphavantage.co",
              Limits(per_minute=5, per_day=25), key_param="apikey", check=alphavantage,
              site="https://www.alphavantage.co"),
        known("finnhub", "Finnhub", "https://finnhub.io/api/v1", Limits(per_minute=60),
              key_header="X-Finnhub-Token",
              site="https://finnhub.io"),
        known("polymarket_gamma", "Polymarket", "https://gamma-api.polymarket.com", Limits(per_minute=300),
              site="https://polymarket.com"),
        known("polymarket_clob", "Polymarket's order book", "https://clob.polymarket.com",
              Limits(per_minute=600)),
    )
}  # fmt: skip
