"""Passes over samples by which nothing can change, many times as fast as judging them.

While all is well, and a rule's condition hangs on one number alone, a number for which it does not hold moves
nothing. Of these only the last few have to be known afterwards.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from heapq import merge
from operator import attrgetter

from oculus.core.metric import Metric
from oculus.rules.language.operand import Number, Symbol
from oculus.rules.language.tree import COMPARE, And, Compare, Not, Or, Range, Test
from oculus.rules.settings import NoData, RuleSettings
from oculus.rules.sql.runner import Outcome

Holds = Callable[[float], bool]


class Quiet:
    """Between a call of `pass_over` and the next, `left` must be taken."""

    def __init__(self, holds: Holds, keep: int) -> None:
        """`keep`: how many of a symbol's last samples are needed afterwards."""
        self._holds = holds
        self._keep = keep
        self._left: dict[str, deque[Metric]] = {}

    def pass_over(
        self,
        ahead: Metric | Outcome,
        stream: Iterator[Metric | Outcome],
        known: Callable[[str], bool],
        before_ms: int,
    ) -> Metric | Outcome | None:
        """The first one that may change something, or is not before `before_ms`; None at the end."""
        left, holds, metric = self._left, self._holds, ahead
        while isinstance(metric, Metric):
            if metric.symbol not in left:
                if not known(metric.symbol):
                    return metric
                left[metric.symbol] = deque(maxlen=self._keep)
            if metric.ts_ms >= before_ms or holds(metric.value):
                return metric
            left[metric.symbol].append(metric)
            following = next(stream, None)
            if following is None:
                return None
            metric = following
        return metric

    def left(self) -> Iterator[Metric]:
        """The last ones of those that were passed over, in the order of their times."""
        taken, self._left = self._left, {}
        return merge(*taken.values(), key=attrgetter("ts_ms"))


def quiet_of(rules: Sequence[RuleSettings], keep: int) -> Quiet | None:
    """None where more than one number matters, or its absence does."""
    if len(rules) != 1 or rules[0].statement or rules[0].no_data is NoData.ALERT:
        return None
    holds = predicate(rules[0].parsed.tree) if len(rules[0].parsed.symbols) == 1 else None
    return Quiet(holds, keep) if holds else None


def predicate(test: Test) -> Holds | None:
    """Whether a test of one symbol holds, by its value; None for one that asks for more than that."""
    if isinstance(test, Compare):
        return _compare(test)
    if isinstance(test, Range):
        return _range(test)
    if isinstance(test, Not):
        part = predicate(test.part)
        return (lambda value: not part(value)) if part else None
    if isinstance(test, And | Or):
        return _joined(test)
    return None


def _compare(test: Compare) -> Holds | None:
    compare = COMPARE[test.sign]
    if isinstance(test.left, Symbol) and isinstance(test.right, Number):
        right = test.right.number
        return lambda value: compare(value, right)
    if isinstance(test.left, Number) and isinstance(test.right, Symbol):
        left = test.left.number
        return lambda value: compare(left, value)
    return None


def _range(test: Range) -> Holds | None:
    if not isinstance(test.operand, Symbol):
        return None
    if not isinstance(test.low, Number) or not isinstance(test.high, Number):
        return None
    low, high, inside = test.low.number, test.high.number, test.inside
    return lambda value: (low <= value <= high) is inside


def _joined(test: And | Or) -> Holds | None:
    parts = [each for each in map(predicate, test.parts) if each]
    if len(parts) < len(test.parts):
        return None
    if isinstance(test, And):
        return lambda value: all(part(value) for part in parts)
    return lambda value: any(part(value) for part in parts)
