"""The newest numbers of a series and of what belongs to it, as a mail shows them below an alert."""

from __future__ import annotations

from typing import NamedTuple

from oculus.core.durations import spoken
from oculus.core.symbols import category_of, main_of
from oculus.notify.facts import Facts
from oculus.notify.render.news import said

MOST = 8  # rows


class Row(NamedTuple):
    """One symbol, ready to print."""

    symbol: str
    value: str
    age: str  # "12 s", how old the value is


def snapshot(symbol: str, facts: Facts, now_ms: int) -> list[Row]:
    """The series itself, then its own parts, then others of its category; empty when it is not known."""
    if facts.latest(symbol) is None:
        return []
    names = sorted(facts.symbols(), key=lambda name: nearness(name, symbol))
    near = [name for name in names if category_of(name) == category_of(symbol)]
    found = [facts.latest(name) for name in near[:MOST]]
    return [
        Row(
            metric.symbol,
            said(metric.symbol, metric.value, metric.tags),
            spoken(max(0, now_ms - metric.ts_ms) / 1000),
        )
        for metric in found
        if metric
    ]


def nearness(name: str, symbol: str) -> tuple[bool, bool, bool, str]:
    """For sorting: itself, its family, main symbols of the category, the rest."""
    return name != symbol, main_of(name) != main_of(symbol), main_of(name) != name, name
