"""MVRV Z-score: how far a coin's market value is from what its owners paid, in standard deviations.

Source   Glassnode with a key; else bitcoin-data.com (btc only); else computed from Coin Metrics' community
         data (CC BY-NC 4.0). The three differ a little: the tags `source` and `method` tell them apart
Symbols  crypto.onchain.mvrv (btc), crypto.onchain.mvrv.<asset>   one value a day
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, field

from oculus.collectors.crypto.caps import Caps
from oculus.collectors.market import MarketCollector, MarketSettings, Reading, last_in_line
from oculus.collectors.sources.numbers import day_of, ms_of_iso, ms_of_seconds, number
from oculus.collectors.sources.reply import Unchanged
from oculus.core.durations import Duration
from oculus.core.errors import BadAnswer, SourceError

FIRST_DAY = "2010-07-18"  # of the market's prices
MOST_PAGES = 5
HALF_A_DAY_S = 43_200.0  # the value of a day comes some time during the next


class Point(NamedTuple):
    ts_ms: int
    z: float


class MvrvSettings(MarketSettings, frozen=True, kw_only=True, tag="crypto.mvrv"):
    """How far the market value of a coin is from what was paid for it (MVRV)."""

    interval: Annotated[Duration, Meta(description="Time between tries while it fails.")] = Duration(hours=1)
    timeout: Annotated[Duration, Meta(description="Longest wait for all answers of one time.")] = Duration(
        seconds=30
    )
    assets: Annotated[list[Literal["btc", "eth"]], Meta(description="Which coins.", min_length=1)] = field(
        default_factory=lambda: ["btc"]
    )
    source: Annotated[
        Literal["auto", "glassnode", "bitcoin_data", "coinmetrics"],
        Meta(description="Who is asked; auto: Glassnode with a key, else bitcoin_data, else coinmetrics."),
    ] = "auto"

    def mistakes(self) -> list[str]:
        wrong = super().mistakes()
        if self.source == "bitcoin_data" and self.assets != ["btc"]:
            wrong.append("source bitcoin_data knows btc only; write coinmetrics or auto")
        return wrong


class Mvrv(MarketCollector):
    """Ask whoever is first in line; go on to the next where it fails."""

    kind = "crypto.mvrv"
    category = "crypto.onchain"
    settings_class = MvrvSettings
    settings: MvrvSettings

    def __init__(self, settings: MvrvSettings) -> None:
        super().__init__(settings)
        self._assets = list(dict.fromkeys(settings.assets))

    def provider(self) -> str:
        return self._line("btc")[0]

    def stand_ins(self) -> list[str]:
        return [name for asset in self._assets for name in self._line(asset)]

    def questions(self) -> float:
        return len(self._assets) * self.interval_s / HALF_A_DAY_S

    def symbols(self) -> list[str]:
        return [symbol_of(asset) for asset in self._assets]

    def ask(self) -> list[Reading]:
        readings, wrong = [], []
        for asset in list(self._assets):
            try:
                readings.append(self._of(asset))
            except SourceError as error:
                wrong.append(error)
                last_in_line(self._assets, asset, error)
            except Unchanged:
                continue
        if not readings:
            raise wrong[0] if wrong else Unchanged
        self.trouble = "; ".join(str(error) for error in wrong)
        self.rest_s = 0.0 if wrong else HALF_A_DAY_S
        return readings

    def _of(self, asset: str) -> Reading:
        failures: list[SourceError] = []
        for name in self._line(asset):
            try:
                point = self._asked(name, asset)
            except SourceError as error:
                failures.append(error)
                continue
            method = "computed" if name == "coinmetrics" else "given"
            tags = {"source": name, "method": method}
            return Reading(symbol=symbol_of(asset), value=point.z, ts_ms=point.ts_ms, tags=tags)
        raise failures[0]

    def _line(self, asset: str) -> list[str]:
        if self.settings.source != "auto":
            return [self.settings.source]
        line = ["glassnode"] if self.client("glassnode").has_key else []
        return [*line, *(["bitcoin_data"] if asset == "btc" else []), "coinmetrics"]

    def _asked(self, name: str, asset: str) -> Point:
        if name == "glassnode":
            return self._from_glassnode(asset)
        return self._from_bitcoin_data() if name == "bitcoin_data" else self._from_coinmetrics(asset)

    def _from_glassnode(self, asset: str) -> Point:
        since = self.clock.now_ms() // 1000 - 4 * 86_400
        params = {"a": asset.upper(), "i": "24h", "s": str(since)}
        path = "/v1/metrics/market/mvrv_z_score"
        return parse_glassnode(self.client("glassnode").get_json(path, params, self.share_s()))

    def _from_bitcoin_data(self) -> Point:
        return parse_bitcoin_data(
            self.client("bitcoin_data").get_json("/v1/mvrv-zscore/last", None, self.share_s())
        )

    def _from_coinmetrics(self, asset: str) -> Point:
        """Compute it. What the days so far add up to is remembered, so that only new days are asked for."""
        key = f"mvrv.{asset}"
        caps = Caps.load(self.tools.memory.load(key))
        since = (caps.day + timedelta(days=1)).isoformat() if caps.day else FIRST_DAY
        for answer in self._pages(asset, since):
            for day_ms, cap, ratio in parse_coinmetrics(answer):
                caps.add(day_of(day_ms), cap, ratio)
        z = caps.z()
        if z is None or caps.day is None:
            raise BadAnswer("Coin Metrics", f"has too few days of {asset} to compute from")
        self.tools.memory.save(key, caps.saved())
        return Point(caps.ts_ms(), z)

    def _pages(self, asset: str, since: str) -> Iterator[Any]:
        """Coin Metrics' answers, one for each page of the days from `since` on."""
        params = {
            "assets": asset,
            "metrics": "CapMVRVCur,CapMrktCurUSD",
            "frequency": "1d",
            "start_time": since,
            "page_size": "10000",
            "paging_from": "start",
        }
        for _ in range(MOST_PAGES):
            answer = self.client("coinmetrics").get_json("/timeseries/asset-metrics", params, self.share_s())
            yield answer
            following = answer.get("next_page_token")
            if not following:
                return
            params = {**params, "next_page_token": str(following)}


def symbol_of(asset: str) -> str:
    return "crypto.onchain.mvrv" if asset == "btc" else f"crypto.onchain.mvrv.{asset}"


def parse_glassnode(answer: Any) -> Point:
    """The newest of [{"t": seconds, "v": number or null}]."""
    return newest("Glassnode", answer, "t", "v")


def parse_bitcoin_data(answer: Any) -> Point:
    """{"unixTs": seconds, "mvrvZscore": number}, alone or in a list; both may be text."""
    rows = answer if isinstance(answer, list) else [answer]
    return newest("bitcoin-data.com", rows, "unixTs", "mvrvZscore")


def newest(title: str, rows: Any, time_name: str, value_name: str) -> Point:
    """The row with the latest time that has a value."""
    points = []
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            ts_ms, value = ms_of_seconds(row.get(time_name)), number(row.get(value_name))
            if ts_ms is not None and value is not None:
                points.append(Point(ts_ms, value))
    if not points:
        raise BadAnswer(title, "answered without a value")
    return max(points)


def parse_coinmetrics(answer: Any) -> list[tuple[int, float, float]]:
    """(day in ms, market cap, cap to realised cap), oldest first; days without both are left out."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise BadAnswer("Coin Metrics", "answered without data")
    found = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        ts_ms = ms_of_iso(row.get("time"))
        cap, ratio = number(row.get("CapMrktCurUSD")), number(row.get("CapMVRVCur"))
        if ts_ms is not None and cap is not None and ratio is not None and cap > 0 and ratio > 0:
            found.append((ts_ms, cap, ratio))
    return sorted(found)
