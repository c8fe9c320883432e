"""Moving averages of daily closes.

Source   CoinGecko, one question for each coin and day; Coinbase where it fails
Symbols  crypto.ma.<asset>_<n>d   mean of the last n daily closes, in the currency

The closes are kept in the table daily_closes, longer than single numbers. The day that still runs does
not count. An average exists only when all its days are known.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from msgspec import Meta, field

from oculus.collectors.crypto.coins import coin_id
from oculus.collectors.crypto.history import Days, parse_candles, parse_market_chart
from oculus.collectors.crypto.price import Asset
from oculus.collectors.market import MarketCollector, MarketSettings, Reading, failure, last_in_line
from oculus.collectors.sources.numbers import begin_of, day_of
from oculus.collectors.sources.reply import Unchanged
from oculus.collectors.words import some
from oculus.core.durations import Duration
from oculus.core.errors import SourceError
from oculus.core.metric import Close
from oculus.core.symbols import clean

Window = Annotated[int, Meta(ge=2, le=300)]
AFTER_S = 600.0  # after midnight, until sources have the day that has ended


class AverageSettings(MarketSettings, frozen=True, kw_only=True, tag="crypto.ma"):
    """The mean of a coin's last daily closes."""

    interval: Annotated[Duration, Meta(description="Time between questions while a day is missing.")] = (
        Duration(hours=1)
    )
    assets: Annotated[
        list[Asset],
        Meta(
            description="Tickers such as btc, or what CoinGecko calls a coin.", min_length=1, max_length=100
        ),
    ]
    windows: Annotated[list[Window], Meta(description="Over how many days, 2 to 300.", min_length=1)] = field(
        default_factory=lambda: [30, 60]
    )
    currency: Annotated[
        str, Meta(description="The currency, such as usd or eur.", pattern="^[A-Za-z]{3,5}$")
    ] = "usd"
    ids: Annotated[
        dict[str, str], Meta(description="What CoinGecko calls tickers that Oculus does not know.")
    ] = field(default_factory=dict)


class Average(MarketCollector):
    """Complete the closes once a day, and take their mean."""

    kind = "crypto.ma"
    category = "crypto.ma"
    settings_class = AverageSettings
    settings: AverageSettings

    def __init__(self, settings: AverageSettings) -> None:
        super().__init__(settings)
        self._assets = list(dict.fromkeys(asset.lower() for asset in settings.assets))
        self._currency = settings.currency.lower()
        self._source = "coingecko"  # of the newest closes
        self._done: dict[str, date] = {}  # by asset the day on which all was had that there is to be had

    def provider(self) -> str:
        return "coingecko"

    def stand_ins(self) -> list[str]:
        return ["coinbase"]

    def questions(self) -> float:
        return len(self._assets) * self.settings.interval.total_seconds() / 86_400

    def symbols(self) -> list[str]:
        return [self._symbol(asset, window) for asset in self._assets for window in self.settings.windows]

    def ask(self) -> list[Reading]:
        today = day_of(self.clock.now_ms())
        readings: list[Reading] = []
        wrong: list[str] = []
        for asset in list(self._assets):
            readings += self._averages(asset, today, self._closes(asset, today, wrong), wrong)
        if wrong and not readings:
            raise failure(wrong[0])
        self.trouble = some(list(dict.fromkeys(wrong)))
        if all(self._done.get(asset) == today for asset in self._assets):
            self.rest_s = (begin_of(today + timedelta(days=1)) - self.clock.now_ms()) / 1000 + AFTER_S
        return readings

    def _closes(self, asset: str, today: date, wrong: list[str]) -> Days:
        """Those that are kept, and where one is missing what can be had."""
        days = last_days(today, max(self.settings.windows))
        known = self._known(asset, days[-1])
        if self._done.get(asset) != today and not all(day in known for day in days):
            try:
                known |= self._asked(asset, len(days), known)
            except SourceError as error:
                wrong.append(str(error))
                last_in_line(self._assets, asset, error)
                return known
            except Unchanged:
                pass  # what there is must do
        if days[0] in known:
            self._done[asset] = today  # of what is older it has no more
        return known

    def _known(self, asset: str, since: date) -> Days:
        name = self._closes_name(asset)
        return dict(self.tools.closes.load([name], since).get(name, {}))

    def _asked(self, asset: str, longest: int, known: Days) -> Days:
        """Closes that were not known, kept from now on."""
        try:
            found, self._source = self._from_coingecko(asset, longest), "coingecko"
        except SourceError as error:
            found, self._source = self._from_coinbase(asset, error), "coinbase"
        name = self._closes_name(asset)
        new = [Close(name, day, value, self._source) for day, value in found.items() if day not in known]
        self.tools.closes.save(new)
        return found

    def _from_coingecko(self, asset: str, longest: int) -> Days:
        coin = self.settings.ids.get(asset) or coin_id(asset)
        params = {"vs_currency": self._currency, "days": str(longest + 1), "interval": "daily"}
        answer = self.client("coingecko").get_json(f"/coins/{coin}/market_chart", params, self.share_s())
        return parse_market_chart(answer, self.clock.now_ms())

    def _from_coinbase(self, asset: str, first: SourceError) -> Days:
        """Raises `first`, for which it stands in, where it has nothing either."""
        if self._currency not in ("usd", "eur", "gbp"):
            raise first
        pair = f"{asset}-{self._currency}".upper()
        params = {"granularity": "86400"}
        try:
            answer = self.client("coinbase").get_json(f"/products/{pair}/candles", params, self.share_s())
            return parse_candles(answer, self.clock.now_ms())
        except SourceError:
            raise first from None

    def _averages(self, asset: str, today: date, closes: Days, wrong: list[str]) -> list[Reading]:
        tags = {"source": self._source, "currency": self._currency}
        readings = []
        for window in self.settings.windows:
            mean, missing = average(closes, today, window)
            if mean is None:
                wrong.append(f"{asset}: {missing} of the last {window} daily closes are not known")
                continue
            symbol = self._symbol(asset, window)
            readings.append(Reading(symbol=symbol, value=mean, ts_ms=begin_of(today), tags=tags))
        return readings

    def _symbol(self, asset: str, window: int) -> str:
        its = "" if self._currency == "usd" else f"{self._currency}_"
        return f"crypto.ma.{clean(asset)}_{its}{window}d"

    def _closes_name(self, asset: str) -> str:
        return f"crypto.price.{clean(asset)}_{self._currency}"


def average(closes: Days, today: date, window: int) -> tuple[float | None, int]:
    """The mean of the last `window` days before `today`, and how many of them are missing."""
    values = [closes[day] for day in last_days(today, window) if day in closes]
    missing = window - len(values)
    return (None if missing else sum(values) / window), missing


def last_days(today: date, count: int) -> list[date]:
    """The `count` days before `today`."""
    return [today - timedelta(days=back) for back in range(1, count + 1)]
