"""The functions of conditions: what the samples of a window come to.

A window takes in its end and leaves out its start. `change` and `change_pct` compare the newest sample
with the last one at or before the start, or with the oldest in the window if there is none. `rate` is the
growth of a counter per second; a counter that falls has begun again at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from math import fsum, sqrt
from typing import Protocol

from oculus.core.windowstats import WindowStats


class CannotSay(ArithmeticError):
    """Something that has no value, such as a change in percent of nothing. Worded for people."""


class Span(Protocol):
    """What functions are computed from: WindowStats, or the samples themselves."""

    @property
    def count(self) -> int: ...
    @property
    def total(self) -> float: ...
    @property
    def spread(self) -> float: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def first(self) -> float | None: ...
    @property
    def last(self) -> float | None: ...
    @property
    def first_ms(self) -> int: ...
    @property
    def last_ms(self) -> int: ...
    @property
    def before(self) -> float | None: ...
    @property
    def median(self) -> float | None: ...
    @property
    def p95(self) -> float | None: ...
    @property
    def risen(self) -> float: ...


class Samples:
    """The samples of a window, oldest first; computes only what is asked for."""

    def __init__(self, times: Sequence[int], values: Sequence[float], before: float | None = None) -> None:
        self.times, self.values, self.before = times, values, before
        self.count = len(values)
        self.first: float | None = values[0] if values else None
        self.last: float | None = values[-1] if values else None
        self.first_ms, self.last_ms = (times[0], times[-1]) if values else (0, 0)

    @cached_property
    def total(self) -> float:
        return fsum(self.values)

    @cached_property
    def spread(self) -> float:
        middle = self.total / self.count if self.count else 0.0
        return fsum((value - middle) ** 2 for value in self.values)

    @property
    def low(self) -> float | None:
        return min(self.values, default=None)

    @property
    def high(self) -> float | None:
        return max(self.values, default=None)

    @property
    def median(self) -> float | None:
        return quantile(sorted(self.values), 0.5)

    @property
    def p95(self) -> float | None:
        return quantile(sorted(self.values), 0.95)

    @property
    def risen(self) -> float:
        return fsum(grown(one, next_) for one, next_ in pairwise(self.values))


def average(span: Span) -> float | None:
    return span.total / span.count if span.count else None


def stddev(span: Span) -> float | None:
    return sqrt(max(0.0, span.spread) / (span.count - 1)) if span.count > 1 else None


def rate(span: Span) -> float | None:
    seconds = (span.last_ms - span.first_ms) / 1000
    return span.risen / seconds if seconds > 0 else None


def change(span: Span) -> float | None:
    newest, reference = ends(span)
    return None if newest is None or reference is None else newest - reference


def change_pct(span: Span) -> float | None:
    """Raises CannotSay when it began at 0."""
    newest, reference = ends(span)
    if newest is None or reference is None:
        return None
    if reference == 0:
        raise CannotSay("a change in percent cannot be said of what was 0; use change in its place")
    return 100 * (newest - reference) / abs(reference)


FUNCTIONS: dict[str, Callable[[Span], float | None]] = {
    "avg": average,
    "min": lambda span: span.low,
    "max": lambda span: span.high,
    "median": lambda span: span.median,
    "p95": lambda span: span.p95,
    "sum": lambda span: span.total,
    "count": lambda span: float(span.count),
    "stddev": stddev,
    "last": lambda span: span.last,
    "change": change,
    "change_pct": change_pct,
    "rate": rate,
}
IN_ITS_UNIT = frozenset(("avg", "min", "max", "median", "p95", "sum", "stddev", "last", "change"))
WITHIN = frozenset(("avg", "min", "max", "median", "p95", "last"))  # never beyond the samples themselves
RANKED = frozenset(("median", "p95"))  # need every sample


def ends(span: Span) -> tuple[float | None, float | None]:
    newest = span.before if span.last is None else span.last
    return newest, span.first if span.before is None else span.before


def grown(one: float, following: float) -> float:
    return following - one if following >= one else following


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Between two samples as far as `share` lies between them, as DuckDB's quantile_cont has it."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    lower = int(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)


def joined(stored: WindowStats, since: Samples) -> WindowStats:
    """A window whose older part is `stored`, and whose newer samples are `since`.

    Median and p95 stay those of the older part.
    """
    if not since.count or since.last is None or since.first is None:
        return stored
    if not stored.count:
        return _stats_of(since, stored)
    count, apart = stored.count + since.count, since.total / since.count - stored.total / stored.count
    return WindowStats(
        count=count,
        total=stored.total + since.total,
        spread=stored.spread + since.spread + apart**2 * stored.count * since.count / count,
        low=min(known(stored.low, since.low)),
        high=max(known(stored.high, since.high)),
        first=stored.first,
        last=since.last,
        first_ms=stored.first_ms,
        last_ms=since.last_ms,
        before=stored.before,
        median=stored.median,
        p95=stored.p95,
        risen=stored.risen + grown(stored.last or 0.0, since.first) + since.risen,
    )


def known(*values: float | None) -> list[float]:
    return [value for value in values if value is not None]


def _stats_of(span: Samples, stored: WindowStats) -> WindowStats:
    names = set(WindowStats.__struct_fields__) - {"before"}
    return WindowStats(before=stored.before, **{name: getattr(span, name) for name in names})
