"""Prices from CoinGecko and three exchanges: how each is asked, and how its answer is read.

Every `parse_...` raises BadAnswer for what is no such answer, and leaves out what has no price.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from oculus.collectors.sources.client import LeftAlone, Source
from oculus.collectors.sources.numbers import ms_of_iso, ms_of_ms, ms_of_seconds, percent, price
from oculus.collectors.sources.reply import Refused, Unchanged
from oculus.core.errors import BadAnswer, SourceError

AT_ONCE = 250  # coins in one question to CoinGecko
DOLLAR = "usd"
ITS_DOLLAR = "usdt"  # what Binance has instead of dollars


class Quote(Struct, frozen=True, kw_only=True):
    """One price. `ts_ms` is the source's own time; None: it gives none."""

    value: float
    currency: str  # in which it is; "usdt" where dollars were wanted and only those are to be had
    ts_ms: int | None = None
    change_24h: float | None = None  # %


Quotes = dict[str, Quote]  # by asset; those without a price are missing


class Answers(NamedTuple):
    """What came of asking one source for some assets."""

    quotes: Quotes
    asked: int  # how many of the assets, in their order, it was asked for
    failure: SourceError | None = None  # why it was not asked for the others, or has not answered


Ids = Mapping[str, str]  # by asset, what CoinGecko calls it
Left = Callable[[], float]  # seconds for the next question; raises SourceError when none are left


def from_coingecko(source: Source, ids: Ids, currency: str, left: Left) -> Answers:
    """One question for 250 coins."""

    def ask(assets: Sequence[str]) -> Quotes:
        batch = {asset: ids[asset] for asset in assets}
        params = {
            "ids": ",".join(sorted(set(batch.values()))),  # without spaces, or it drops coins silently
            "vs_currencies": currency,
            "include_24hr_change": "true",
            "include_last_updated_at": "true",
            "precision": "full",
        }
        return parse_coingecko(source.get_json("/simple/price", params, left()), batch, currency)

    assets = list(ids)
    batches = [assets[start : start + AT_ONCE] for start in range(0, len(assets), AT_ONCE)]
    return together(batches, ask)


def parse_coingecko(answer: Any, ids: Ids, currency: str) -> Quotes:
    if not isinstance(answer, dict):
        raise BadAnswer("CoinGecko", "answered without prices")
    found: Quotes = {}
    for asset, name in ids.items():
        row = answer.get(name)
        if isinstance(row, dict) and (value := price(row.get(currency))) is not None:
            found[asset] = Quote(
                value=value,
                currency=currency,
                ts_ms=ms_of_seconds(row.get("last_updated_at")),
                change_24h=percent(row.get(f"{currency}_24h_change")),
            )
    return found


def from_binance(source: Source, assets: Sequence[str], currency: str, left: Left) -> Answers:
    its = ITS_DOLLAR if currency == DOLLAR else currency

    def ask(asset: str) -> Quote | None:
        params = {"symbol": f"{asset}{its}".upper()}
        return parse_binance(source.get_json("/api/v3/ticker/24hr", params, left()), its)

    return one_by_one(assets, ask)


def parse_binance(answer: Any, currency: str) -> Quote | None:
    if not isinstance(answer, dict) or "symbol" not in answer:
        raise BadAnswer("Binance", "answered without a price")
    value = price(answer.get("lastPrice", answer.get("price")))
    if value is None:
        return None
    return Quote(
        value=value,
        currency=currency,
        ts_ms=ms_of_ms(answer.get("closeTime")),
        change_24h=percent(answer.get("priceChangePercent")),
    )


def from_coinbase(source: Source, assets: Sequence[str], currency: str, left: Left) -> Answers:
    def ask(asset: str) -> Quote | None:
        pair = f"{asset}-{currency}".upper()
        return parse_coinbase(source.get_json(f"/products/{pair}/ticker", None, left()), currency)

    return one_by_one(assets, ask)


def parse_coinbase(answer: Any, currency: str) -> Quote | None:
    if not isinstance(answer, dict) or not {"price", "data"} & answer.keys():
        raise BadAnswer("Coinbase", "answered without a price")
    inner = answer.get("data")
    value = price(inner.get("amount") if isinstance(inner, dict) else answer.get("price"))
    if value is None:
        return None
    return Quote(value=value, currency=currency, ts_ms=ms_of_iso(answer.get("time")))


KRAKEN_NAMES = {"btc": "xbt", "doge": "xdg"}


def from_kraken(source: Source, assets: Sequence[str], currency: str, left: Left) -> Answers:
    def ask(asset: str) -> Quote | None:
        pair = f"{KRAKEN_NAMES.get(asset, asset)}{currency}".upper()
        return parse_kraken(source.get_json("/0/public/Ticker", {"pair": pair}, left()), currency)

    return one_by_one(assets, ask)


def parse_kraken(answer: Any, currency: str) -> Quote | None:
    """None for a pair it does not know, which it answers with 200 and a list of errors."""
    if not isinstance(answer, dict) or not {"error", "result"} & answer.keys():
        raise BadAnswer("Kraken", "answered without a price")
    result = answer.get("result")
    rows = [row for row in result.values() if isinstance(row, dict)] if isinstance(result, dict) else []
    last = rows[0].get("c") if len(rows) == 1 else None
    value = price(last[0]) if isinstance(last, list) and last else None
    return None if value is None else Quote(value=value, currency=currency)


def one_by_one(assets: Sequence[str], ask: Callable[[str], Quote | None]) -> Answers:
    """Ask for one asset after another; those that the source does not know are missing."""

    def known(part: Sequence[str]) -> Quotes:
        (asset,) = part
        try:
            quote = ask(asset)
        except Refused:
            return {}
        return {} if quote is None else {asset: quote}

    return together([[asset] for asset in assets], known)


def together(parts: Iterable[Sequence[str]], ask: Callable[[Sequence[str]], Quotes]) -> Answers:
    """Ask for one part after another. A failure is the end of it; what is known by then is kept.

    Raises Unchanged when there is nothing new at all.
    """
    found: Quotes = {}
    failure: SourceError | None = None
    asked, as_before = 0, False
    for part in parts:
        try:
            found |= ask(part)
        except Unchanged:
            as_before = True
        except SourceError as error:
            failure = error
        asked += 0 if isinstance(failure, LeftAlone) else len(part)
        if failure:
            break
    if as_before and not found:
        raise Unchanged
    return Answers(found, asked, failure)
