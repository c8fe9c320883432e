"""Numbers as people read them: how many digits, which unit, how much it moved, how long ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import floor, isfinite, log10
from typing import NamedTuple

from oculus.core.symbols import part_of, unit_of

HOUR_MS = 3_600_000
NOTHING = "—"
FLAT_PCT = 0.05  # what would print as "0.0 %" is no movement
FLAT_POINTS = 0.05
STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
BEYOND = 1e15  # from here on only a power of ten can be read
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "HKD": "HK$", "CNY": "CN¥", "INR": "₹", "KRW": "₩"}
WORDS = {"up": ("down", "up"), "match": ("no", "yes")}
OWN = {"oculus.query_p95": "ms", "oculus.database_bytes": "B"}
SCORES = ("crypto.sentiment.",)  # 0 to 100, whole

Point = tuple[int, float]


class Figure(NamedTuple):
    """A value ready to print, its unit apart so that it can be small and grey."""

    text: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.unit}" if self.unit else self.text


@dataclass(frozen=True, slots=True)
class Trend:
    """How a value moved: `way` is up, down or flat; `text` how much, without a sign."""

    way: str
    text: str

    @property
    def spoken(self) -> str:
        if self.way == "flat":
            return "unchanged over the last hour"
        return f"{self.way} {self.text} over the last hour"


def figure(symbol: str, value: float, tags: Mapping[str, str]) -> Figure:
    """`value` of `symbol` with the digits its meaning deserves."""
    if not isfinite(value):
        return Figure(NOTHING)
    if abs(value) >= BEYOND:
        return Figure(f"{value:.3g}", unit_of(symbol, dict(tags)))
    part = part_of(symbol) or state_part(symbol, value)
    if part in WORDS and value in (0, 1):  # and not the share of a day
        return Figure(WORDS[part][value == 1])
    if part == "status" or symbol.startswith(SCORES):
        return Figure(f"{value:.0f}")
    if symbol.startswith("pred."):
        return percent(value * 100)
    if symbol.startswith("crypto.spread."):
        return Figure(significant(value, 2), "%")
    return measured(value, OWN.get(symbol) or unit_of(symbol, dict(tags)), symbol)


def state_part(symbol: str, value: float) -> str:
    """The "up" of a push that is expected: a symbol of its own, no part of another."""
    return "up" if symbol.startswith("custom.") and symbol.endswith(".up") and value in (0, 1) else ""


def measured(value: float, unit: str, symbol: str = "") -> Figure:
    """A value in a unit: ms, B, %, d, a currency, any other, or none."""
    if unit == "ms":
        return milliseconds(value)
    if unit == "B":
        return size(value)
    if unit == "%":
        return percent(value)
    if unit == "d":
        return Figure(f"{value:.0f}", "d")
    if symbol.startswith(("crypto.price.", "crypto.ma.", "stock.")):
        return Figure(price(value), SIGNS.get(unit, unit))
    return Figure(plain(value), unit)


@lru_cache(maxsize=8192)
def milliseconds(value: float, digits: int = 3) -> Figure:
    """Three significant digits unless told otherwise; from a second on in seconds."""
    if abs(value) >= 999.5:
        return Figure(significant(value / 1000, digits), "s")
    return Figure(significant(value, digits), "ms")


def percent(value: float) -> Figure:
    """One decimal, none when it would be zero."""
    text = f"{value:,.1f}".removesuffix(".0")
    return Figure("0" if text == "-0" else text, "%")


def size(value: float) -> Figure:
    """Bytes in steps of a thousand."""
    for step, letter in STEPS:
        if abs(value) >= step:
            return Figure(significant(value / step, 3), f"{letter}B")
    return Figure(f"{value:.0f}", "B")


@lru_cache(maxsize=8192)
def price(value: float) -> str:
    """Whole from 10,000 on, cents from 1 on, below that four significant digits; millions shortened."""
    if abs(value) >= 9_999_999.5:
        return compact(value)
    if abs(value) >= 9_999.5:
        return f"{value:,.0f}"
    if abs(value) >= 1 or value == 0:
        return f"{value:,.2f}"
    return significant(value, 4)


@lru_cache(maxsize=8192)
def plain(value: float) -> str:
    """A number that nothing is known about: whole ones whole, others with four significant digits."""
    if abs(value) >= 9_999_999.5:
        return compact(value)
    return f"{value:,.0f}" if value == int(value) else significant(value, 4)


def compact(value: float) -> str:
    for step, letter in STEPS:
        if abs(value) >= step * 0.9995:
            return f"{significant(value / step, 3)} {letter}"
    return f"{value:,.0f}"


def significant(value: float, digits: int) -> str:
    """`value` with `digits` significant digits: 11.8, 0.412, 1,240. Only dust is in powers of ten."""
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - floor(log10(abs(value))))
    if decimals > 9:
        return f"{value:.{digits}g}"
    # Rounding may carry into a further digit: 9.996 has three as "10.0", not as "10.00".
    rounded = round(value, decimals)
    if rounded and decimals:
        decimals = max(0, digits - 1 - floor(log10(abs(rounded))))
    return f"{value:,.{decimals}f}"


def trend(symbol: str, points: Sequence[Point], now_ms: int) -> Trend | None:
    """The last value against the last one at or before an hour ago, or the oldest in that hour.

    None when there is nothing to compare, or when a difference would mean nothing (up or down).
    """
    if len(points) < 2 or (part_of(symbol) or state_part(symbol, points[-1][1])) in WORDS:
        return None
    then, last = reference(points, now_ms - HOUR_MS), points[-1][1]
    if symbol.startswith("pred."):
        return points_moved((last - then) * 100, "pts")
    if symbol.startswith(SCORES):
        return points_moved(last - then, "")
    if then == 0:
        return Trend("flat", "±0 %") if last == 0 else None
    return percent_moved((last - then) / abs(then) * 100)


def reference(points: Sequence[Point], since_ms: int) -> float:
    """The value that held at `since_ms`; the oldest when none is that old."""
    held = points[0][1]
    for ts_ms, value in points:
        if ts_ms > since_ms:
            break
        held = value
    return held


def percent_moved(pct: float) -> Trend:
    size = abs(pct)
    if size < FLAT_PCT:
        return Trend("flat", "±0 %")
    text = (
        f"{size:.1f} %" if size < 9.95 else f"{size:.0f} %" if size < 1000 else f"{1 + size / 100:,.0f}-fold"
    )
    return Trend("up" if pct > 0 else "down", text)


def points_moved(change: float, unit: str) -> Trend:
    size = abs(change)
    text = f"{size:.1f}".removesuffix(".0")
    text = f"{text} {'pt' if text == '1' else unit}" if unit else text
    return Trend("flat", f"±{text}") if size < FLAT_POINTS else Trend("up" if change > 0 else "down", text)


def age(seconds: float) -> str:
    """How long ago, in the one unit that matters: 4 s, 6 m, 9 h, 3 d. app.js counts on in the same way."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m"
    return f"{whole // 3600} h" if whole < 172_800 else f"{whole // 86_400} d"
