"""What can be set for the providers: one block each under `sources`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from oculus.core.secret import Secret

Address = Annotated[
    str,
    Meta(
        description="Where to ask instead of its usual address.",
        pattern="^(https?://.+)?$",
        extra={"front": True},
    ),
]
Socket = Annotated[
    str, Meta(description="Where to listen instead of its usual address.", pattern="^(wss?://.+)?$")
]
Calls = Annotated[int, Meta(description="Most questions in that time; 0: what it gives for free.", ge=0)]


class SourceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one provider is asked."""

    api_key: Annotated[Secret, Meta(description="Your key, where it has one.", extra={"front": True})] = (
        field(default_factory=lambda: Secret(""))
    )
    base_url: Address = ""
    per_minute: Calls = 0
    per_hour: Calls = 0
    per_day: Calls = 0
    per_month: Calls = 0


class PolymarketSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where Polymarket is asked and listened to."""

    gamma_url: Address = ""
    clob_url: Address = ""
    ws_url: Socket = ""


class SourcesSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One block for each provider, shared by every collector that asks it."""

    coingecko: Annotated[SourceSettings, Meta(description="How CoinGecko is asked.")] = SourceSettings()
    binance: Annotated[SourceSettings, Meta(description="How Binance is asked.")] = SourceSettings()
    coinbase: Annotated[SourceSettings, Meta(description="How Coinbase is asked.")] = SourceSettings()
    kraken: Annotated[SourceSettings, Meta(description="How Kraken is asked.")] = SourceSettings()
    alternative_me: Annotated[SourceSettings, Meta(description="How alternative.me is asked.")] = (
        SourceSettings()
    )
    glassnode: Annotated[SourceSettings, Meta(description="How Glassnode is asked.")] = SourceSettings()
    bitcoin_data: Annotated[SourceSettings, Meta(description="How bitcoin-data.com is asked.")] = (
        SourceSettings()
    )
    coinmetrics: Annotated[SourceSettings, Meta(description="How Coin Metrics is asked.")] = SourceSettings()
    coinmarketcap: Annotated[SourceSettings, Meta(description="How CoinMarketCap is asked.")] = (
        SourceSettings()
    )
    yahoo: Annotated[SourceSettings, Meta(description="How Yahoo Finance is asked.")] = SourceSettings()
    alphavantage: Annotated[SourceSettings, Meta(description="How Alpha Vantage is asked.")] = (
        SourceSettings()
    )
    finnhub: Annotated[SourceSettings, Meta(description="How Finnhub is asked.")] = SourceSettings()
    polymarket: Annotated[PolymarketSettings, Meta(description="Where Polymarket is asked.")] = (
        PolymarketSettings()
    )
