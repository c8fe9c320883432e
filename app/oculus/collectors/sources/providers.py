"""The providers: where each is asked, what it gives for free, and how it shows that it is angry.

The free quotas are those documented in 2026-11, or fewer; where none is, ours is a restraint of our own.
`sources:` in the settings changes any of them.
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
        # 10,000 a month and 30 or more a minute with a free key; without one 5 to 15 a minute were seen.
        known("coingecko", "CoinGecko", "https://api.coingecko.com/api/v3",
              Limits(per_minute=10, per_month=10_000),
              keyed=Limits(per_minute=25, per_month=10_000), key_header="x-cg-demo-api-key",
              site="https://www.coingecko.com", terms="Data by CoinGecko"),
        # By weight, and far more than this.
        known("binance", "Binance", "https://api.binance.com", Limits(per_minute=60),
              refused_hint="Set sources.binance.base_url to https://data-api.binance.vision.",
              site="https://www.binance.com"),
        known("coinbase", "Coinbase", "https://api.exchange.coinbase.com", Limits(per_minute=60),
              site="https://www.coinbase.com"),
        known("kraken", "Kraken", "https://api.kraken.com", Limits(per_minute=30), check=kraken,
              site="https://www.kraken.com"),
        # 60 a minute.
        known("alternative_me", "alternative.me", "https://api.alternative.me", Limits(per_minute=10),
              check=fear_greed, site="https://alternative.me/crypto/fear-and-greed-index/",
              terms="Fear & Greed Index by alternative.me"),
        # By plan; each question costs a credit.
        known("glassnode", "Glassnode", "https://api.glassnode.com", Limits(per_minute=10),
              key_header="X-Api-Key",
              site="https://glassnode.com"),
        # Ten an hour without an account.
        known("bitcoin_data", "bitcoin-data.com", "https://bitcoin-data.com",
              Limits(per_minute=5, per_hour=10),
              site="https://bitcoin-data.com"),
        # Ten in six seconds.
        known("coinmetrics", "Coin Metrics", "https://community-api.coinmetrics.io/v4",
              Limits(per_minute=60),
              site="https://coinmetrics.io", terms="CC BY-NC 4.0"),
        # 10,000 to 15,000 credits a month, 30 questions a minute.
        known("coinmarketcap", "CoinMarketCap", "https://pro-api.coinmarketcap.com",
              Limits(per_minute=30, per_month=10_000), key_header="X-CMC_PRO_API_KEY", check=coinmarketcap,
              site="https://coinmarketcap.com"),
        # None is published.
        known("yahoo", "Yahoo Finance", "https://query1.finance.yahoo.com", Limits(per_minute=60),
              site="https://finance.yahoo.com", terms="personal use only"),
        # 25 a day.
        known("alphavantage", "Alpha Vantage", "https://www.alphavantage.co",
              Limits(per_minute=5, per_day=25), key_param="apikey", check=alphavantage,
              site="https://www.alphavantage.co"),
        # 60 a minute.
        known("finnhub", "Finnhub", "https://finnhub.io/api/v1", Limits(per_minute=60),
              key_header="X-Finnhub-Token",
              site="https://finnhub.io"),
        # 300 lists of markets in ten seconds; more are not refused but made to wait.
        known("polymarket_gamma", "Polymarket", "https://gamma-api.polymarket.com", Limits(per_minute=300),
              site="https://polymarket.com"),
        known("polymarket_clob", "Polymarket's order book", "https://clob.polymarket.com",
              Limits(per_minute=600)),
    )
}  # fmt: skip
