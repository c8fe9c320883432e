"""One price of something listed, and how Yahoo Finance, Finnhub and Alpha Vantage give it.

Every `parse_...` raises BadAnswer for an answer without a price.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from oculus.collectors.sources.numbers import in_our_time, ms_of_seconds, number, percent, price
from oculus.core.clock import to_ms
from oculus.core.errors import BadAnswer

# Prices in pence and the like: by the name that Yahoo gives, the main currency and how many make one.
MINOR = {"GBp": ("GBP", 100), "GBX": ("GBP", 100), "ZAc": ("ZAR", 100), "ILA": ("ILS", 100)}
NEW_YORK = ZoneInfo("America/New_York")
BELL = time(16)
FIRST_TRADE_MS = 30 * 60_000  # an open market that has had no trade for this long is on holiday


class Quote(Struct, frozen=True, kw_only=True):
    """One price in the listing's main currency. `ts_ms` is the source's own time."""

    value: float
    ts_ms: int | None
    currency: str = ""  # lower case; empty when the source does not say
    change: float | None = None  # % of the previous close
    open: bool | None = None  # whether its market is; None when the source does not say
    opens_ms: int | None = None  # when its market opens next, if that is known
    closed_ms: int | None = None  # when trading has ended today, once it has


def parse_yahoo(answer: Any, now_ms: int) -> Quote:
    """The `meta` of a chart: it is whole even when the market is closed and the series empty."""
    meta = meta_of(answer)
    value, ts_ms = price(meta.get("regularMarketPrice")), ms_of_seconds(meta.get("regularMarketTime"))
    if value is None or ts_ms is None:
        raise BadAnswer("Yahoo Finance", "answered without a price")
    currency, units = main_currency(meta.get("currency"))
    begin, end = trading_period(meta)
    return Quote(
        value=value / units,
        ts_ms=ts_ms,
        currency=currency,
        change=change_of(meta, value),
        open=is_open(begin, end, ts_ms, now_ms),
        opens_ms=begin if begin is not None and begin > now_ms else None,
        closed_ms=end if end is not None and end <= now_ms else None,
    )


def meta_of(answer: Any) -> dict[str, Any]:
    try:
        meta = answer["chart"]["result"][0]["meta"]
    except (KeyError, IndexError, TypeError) as error:
        raise BadAnswer("Yahoo Finance", "answered without a price") from error
    if not isinstance(meta, dict):
        raise BadAnswer("Yahoo Finance", "answered without a price")
    return meta


def main_currency(given: Any) -> tuple[str, int]:
    """("gbp", 100) for GBp: a hundred of what is quoted make one of it."""
    if not isinstance(given, str):
        return "", 1
    name, units = MINOR.get(given, (given, 1))
    return name.lower(), units


def change_of(meta: dict[str, Any], value: float) -> float | None:
    """In % of yesterday's close. `chartPreviousClose` is that only where the chart is of one day."""
    if (given := number(meta.get("regularMarketChangePercent"))) is not None:
        return given
    before = price(meta.get("previousClose"))
    if before is None and meta.get("range") == "1d":
        before = price(meta.get("chartPreviousClose"))
    return None if before is None else (value - before) / before * 100


def trading_period(meta: dict[str, Any]) -> tuple[int | None, int | None]:
    """When regular trading begins and ends, in ms: of today, or of the next day there is trading."""
    periods = meta.get("currentTradingPeriod")
    regular = periods.get("regular") if isinstance(periods, dict) else None
    if not isinstance(regular, dict):
        return None, None
    return ms_of_seconds(regular.get("start")), ms_of_seconds(regular.get("end"))


def is_open(begin: int | None, end: int | None, traded_ms: int, now_ms: int) -> bool | None:
    """Within the hours of trading, and it has been traded today unless it has only just opened."""
    if begin is None or end is None:
        return None
    return begin <= now_ms < end and (traded_ms >= begin or now_ms < begin + FIRST_TRADE_MS)


def parse_finnhub(answer: Any) -> Quote:
    """{"c": price, "dp": change in %, "t": seconds}; all zeros for what it does not know. In dollars."""
    row = answer if isinstance(answer, dict) else {}
    value, ts_ms = price(row.get("c")), ms_of_seconds(row.get("t"))
    if value is None or ts_ms is None:
        raise BadAnswer("Finnhub", "has no such listing")
    return Quote(value=value, ts_ms=ts_ms, currency="usd", change=number(row.get("dp")))


def parse_alphavantage(answer: Any, now_ms: int) -> Quote:
    """{"Global Quote": {"05. price": "1.2", ...}}, an empty one for what it does not know. In dollars.

    It gives a day but no time: that is taken as the closing bell of New York, or now, if it is yet to ring.
    """
    row = answer.get("Global Quote") if isinstance(answer, dict) else None
    value = price(row.get("05. price")) if isinstance(row, dict) else None
    if value is None or not isinstance(row, dict):
        raise BadAnswer("Alpha Vantage", "has no such listing")
    closed_ms = bell(row.get("07. latest trading day"))
    if closed_ms is None:
        raise BadAnswer("Alpha Vantage", "answered without a day")
    return Quote(
        value=value,
        ts_ms=min(closed_ms, now_ms),
        currency="usd",
        change=percent(row.get("10. change percent")),
    )


def bell(day: Any) -> int | None:
    """When the market of New York closes on a day written as 2026-11-25, in ms; None for no such day."""
    try:
        date = datetime.strptime(str(day), "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        return None
    return in_our_time(to_ms(datetime.combine(date, BELL, NEW_YORK)))
