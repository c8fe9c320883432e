"""Altcoin season: which share of the large coins beat Bitcoin over 90 days. One value a day.

Source   CoinMarketCap with a key, exact; else CoinGecko, from the closes of 90 days in daily_closes. At first
         they are fetched from its history, a few coins each time; until enough of them are there, some hours,
         the value is reckoned from the changes over 30 and 200 days and tagged `approx: true`
Symbols  crypto.sentiment.altseason   0 to 100; from 75 on it is altcoin season, up to 25 Bitcoin's
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, structs

from oculus.collectors.crypto.backfill import Backfill, close_name
from oculus.collectors.crypto.coins import stands_alone
from oculus.collectors.market import MarketCollector, MarketSettings, Reading
from oculus.collectors.sources.numbers import day_of, ms_of_iso, number, price
from oculus.core.durations import Duration
from oculus.core.errors import BadAnswer
from oculus.core.metric import Close

BITCOIN = "btc"
WINDOW_DAYS = 90
ENOUGH = 0.8  # of the coins must be known, or the share says nothing
BOUND = {"stablecoin", "wrapped-tokens", "tokenized-gold", "liquid-staking-derivatives", "staked-assets"}
A_DAY_S = 86_400.0


class Coin(Struct, frozen=True, kw_only=True):
    """One coin, in the order of market value. Returns are factors: 1.1 is +10 %; None: not known."""

    name: str
    ticker: str
    price: float | None
    over_90d: float | None = None
    over_30d: float | None = None
    over_200d: float | None = None
    bound: bool = False  # to a price that is not its own
    ts_ms: int | None = None


class AltseasonSettings(MarketSettings, frozen=True, kw_only=True, tag="crypto.altseason"):
    """The share of large coins that beat Bitcoin."""

    interval: Annotated[
        Duration, Meta(description="Time between tries while it fails, and while history is fetched.")
    ] = Duration(minutes=10)
    source: Annotated[
        Literal["auto", "coinmarketcap", "coingecko"],
        Meta(description="Who is asked; auto: CoinMarketCap with a key, else CoinGecko."),
    ] = "auto"
    count: Annotated[int, Meta(description="How many coins are looked at.", ge=10, le=150)] = 50


class Altseason(MarketCollector):
    """Ask for all large coins once a day."""

    kind = "crypto.altseason"
    category = "crypto.sentiment"
    settings_class = AltseasonSettings
    settings: AltseasonSettings
    _fetching: bool = False  # there is history that may be asked for soon

    def provider(self) -> str:
        if self.settings.source != "auto":
            return self.settings.source
        return "coinmarketcap" if self.client("coinmarketcap").has_key else "coingecko"

    def questions(self) -> float:
        return self.settings.interval.total_seconds() / A_DAY_S

    def symbols(self) -> list[str]:
        return ["crypto.sentiment.altseason"]

    def ask(self) -> list[Reading]:
        name, self._fetching = self.provider(), False
        coins, approx = self._from_coinmarketcap() if name == "coinmarketcap" else self._from_coingecko()
        value, looked_at = share(coins, self.settings.count, self.client(name).provider.title)
        if not self._fetching:
            self.rest_s = A_DAY_S
        tags = {"source": name, "n": str(looked_at)}
        if approx:
            tags["approx"] = "true"
        times = [coin.ts_ms for coin in coins if coin.ts_ms is not None]
        return [Reading(symbol="crypto.sentiment.altseason", value=value, ts_ms=max(times, default=None),
                        tags=tags)]  # fmt: skip

    def _from_coinmarketcap(self) -> tuple[list[Coin], bool]:
        params = {"start": "1", "limit": "200", "convert": "USD"}
        path = "/v1/cryptocurrency/listings/latest"
        return parse_listings(self.client("coinmarketcap").get_json(path, params, self.left_s())), False

    def _from_coingecko(self) -> tuple[list[Coin], bool]:
        params = {
            "vs_currency": "usd",
            "order": "market_cap_desc",
            "per_page": "250",
            "page": "1",
            "price_change_percentage": "30d,200d",
        }
        coins = parse_markets(self.client("coingecko").get_json("/coins/markets", params, self.left_s()))
        self._keep(coins)
        self._fetch(self._exactly(coins))
        exact = self._exactly(coins)
        if known_well(exact, self.settings.count):
            return exact, False
        return [approximated(coin) for coin in coins], True

    def _exactly(self, coins: Sequence[Coin]) -> list[Coin]:
        then = self._closes_then(coins)
        return [with_return(coin, then.get(coin.name)) for coin in coins]

    def _fetch(self, coins: Sequence[Coin]) -> None:
        """Some of the history that is missing, unless a person waits."""
        if self.by_hand:
            return
        backfill = Backfill(self.client("coingecko"), self.tools, self.clock, WINDOW_DAYS)
        wanted = [coin for coin in coins if coin.ticker == BITCOIN] + in_question(coins, self.settings.count)
        missing = backfill.missing([coin.name for coin in wanted if coin.over_90d is None])
        self._fetching = backfill.fetch(missing, self.share_s)
        if self._fetching:
            self.said = f"the history of {len(missing)} coins is being fetched"

    def _keep(self, coins: Sequence[Coin]) -> None:
        """Today's prices become closes from which, in 90 days, the exact value is made."""
        today = day_of(self.clock.now_ms())
        kept = [coin for coin in coins if coin.price is not None]
        self.tools.closes.save(
            [Close(close_name(coin.name), today, coin.price or 0.0, "coingecko") for coin in kept]
        )

    def _closes_then(self, coins: Sequence[Coin]) -> Mapping[str, float]:
        """By coin the price of 90 days ago, a day more or less."""
        then = day_of(self.clock.now_ms()) - timedelta(days=WINDOW_DAYS)
        names = {close_name(coin.name): coin.name for coin in coins}
        found = self.tools.closes.load(list(names), then - timedelta(days=1))
        near = (then, then + timedelta(days=1), then - timedelta(days=1))
        return {
            names[symbol]: next(days[day] for day in near if day in days)
            for symbol, days in found.items()
            if any(day in days for day in near)
        }


def with_return(coin: Coin, then: float | None) -> Coin:
    known = coin.price / then if coin.price is not None and then else None
    return structs.replace(coin, over_90d=known)


def approximated(coin: Coin) -> Coin:
    """The 90 days taken as the last 30 and 60 of the 170 days before, at their average pace."""
    near, far = coin.over_30d, coin.over_200d
    reckoned = near * (far / near) ** (60 / 170) if near and far else None
    return structs.replace(coin, over_90d=reckoned)


def in_question(coins: Sequence[Coin], count: int) -> list[Coin]:
    """The largest `count` that have a price of their own, without Bitcoin."""
    own = [c for c in coins if not c.bound and stands_alone(c.ticker) and c.ticker != BITCOIN]
    return own[:count]


def known_well(coins: Sequence[Coin], count: int) -> bool:
    """Whether Bitcoin's return is known, and that of enough of the others."""
    wanted = in_question(coins, count)
    known = [coin for coin in wanted if coin.over_90d is not None]
    bitcoin = next((coin for coin in coins if coin.ticker == BITCOIN), None)
    return bitcoin is not None and bitcoin.over_90d is not None and len(known) >= ENOUGH * max(1, len(wanted))


def share(coins: Sequence[Coin], count: int, title: str) -> tuple[float, int]:
    """The share that beat Bitcoin, in %, and of how many. Coins younger than 90 days are left out."""
    if not known_well(coins, count) or len(in_question(coins, count)) < count * ENOUGH:
        raise BadAnswer(title, "knows too few coins over 90 days")
    bitcoin = next(coin.over_90d for coin in coins if coin.ticker == BITCOIN)
    returns = [coin.over_90d for coin in in_question(coins, count) if coin.over_90d is not None]
    return 100 * sum(each > (bitcoin or 0.0) for each in returns) / len(returns), len(returns)


def factor(percent: Any) -> float | None:
    """-12.5 (%) is 0.875; a loss of everything or more is none."""
    value = number(percent)
    return 1 + value / 100 if value is not None and value > -100 else None


def parse_markets(answer: Any) -> list[Coin]:
    """CoinGecko's list. Raises BadAnswer when it is none."""
    if not isinstance(answer, list):
        raise BadAnswer("CoinGecko", "answered without a list of coins")
    return [
        Coin(
            name=str(row["id"]),
            ticker=str(row.get("symbol", "")).lower(),
            price=price(row.get("current_price")),
            over_30d=factor(row.get("price_change_percentage_30d_in_currency")),
            over_200d=factor(row.get("price_change_percentage_200d_in_currency")),
            ts_ms=ms_of_iso(row.get("last_updated")),
        )
        for row in answer
        if isinstance(row, dict) and "id" in row
    ]


def parse_listings(answer: Any) -> list[Coin]:
    """CoinMarketCap's list. Raises BadAnswer when it is none."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise BadAnswer("CoinMarketCap", "answered without a list of coins")
    return [listing(row) for row in rows if isinstance(row, dict) and row.get("symbol")]


def listing(row: dict[str, Any]) -> Coin:
    quote = row.get("quote")
    usd = quote.get("USD") if isinstance(quote, dict) else None
    usd = usd if isinstance(usd, dict) else {}
    tags = row.get("tags")
    return Coin(
        name=str(row.get("slug", row["symbol"])),
        ticker=str(row["symbol"]).lower(),
        price=price(usd.get("price")),
        over_90d=factor(usd.get("percent_change_90d")),
        bound=bool(BOUND.intersection(map(str, tags))) if isinstance(tags, list) else False,
        ts_ms=ms_of_iso(usd.get("last_updated")),
    )
