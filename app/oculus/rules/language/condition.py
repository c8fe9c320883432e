"""Conditions: "net.http.*.status != 200 and net.ping.gw < 100"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from oculus.core.symbols import matched_name
from oculus.rules.language.grammar import Grammar
from oculus.rules.language.operand import Age, Function, Number, Operand, Values
from oculus.rules.language.tokens import ConditionError
from oculus.rules.language.tree import Compare, Comparison, Cross, Range, Test

__all__ = ["Condition", "ConditionError", "Values", "Worse", "parse"]

FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}
OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}


class Worse(StrEnum):
    """Which of two values of a trouble is the worse one."""

    HIGHER = "higher"
    LOWER = "lower"
    FARTHER = "farther"  # from what would be right


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """Read a condition. Raises ConditionError with the column and what to write instead."""
    tree = Grammar(text).read()
    _same_stars(text, tree)
    return Condition(tree)


def _same_stars(text: str, tree: Test) -> None:
    """All globs must be able to match one name: as many `*` in each."""
    globs = [glob for glob in _symbols(tree) if "*" in glob]
    for glob in globs:
        if glob.count("*") != globs[0].count("*"):
            what = f"{glob} and {globs[0]} never match the same name"
            raise ConditionError(text.find(glob) + 1, what, "write as many * in each")


def _symbols(tree: Test) -> tuple[str, ...]:
    found = [
        symbol
        for each, _ in tree.comparisons()
        for operand in each.operands()
        for symbol in operand.symbols()
    ]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of symbols. Prints as a person would write it; equal when it means the same."""

    tree: Test
    symbols: tuple[str, ...] = field(init=False, compare=False)  # globs among them, from left to right
    subject: Operand = field(init=False, compare=False)  # whose value an alert shows
    limit: Operand | None = field(init=False, compare=False)  # what it is compared with, if with one thing

    def __post_init__(self) -> None:
        comparisons = [each for each, _ in self.tree.comparisons()]
        first, only = comparisons[0], len(comparisons) == 1
        subject = next(each for each in first.operands() if not isinstance(each, Number))
        object.__setattr__(self, "symbols", _symbols(self.tree))
        object.__setattr__(self, "subject", subject)
        object.__setattr__(self, "limit", _limit(first, subject) if only else None)

    def __str__(self) -> str:
        return str(self.tree)

    @property
    def globs(self) -> tuple[str, ...]:
        return tuple(symbol for symbol in self.symbols if "*" in symbol)

    @property
    def stars(self) -> int:
        """How many `*` a name must fill; 0 without a glob."""
        return self.globs[0].count("*") if self.globs else 0

    @property
    def timed(self) -> bool:
        """Whether time alone can change it, without a new sample."""
        return any(isinstance(each, Age | Function) for each in self._operands())

    @property
    def aging(self) -> bool:
        """Whether it changes with every second."""
        return any(isinstance(each, Age) for each in self._operands())

    def windows(self) -> Iterator[tuple[str, str, int]]:
        """(function, symbol, ms) of every window it looks through."""
        for each in self._operands():
            if isinstance(each, Function):
                yield each.name, each.symbol, each.window_ms

    def crossing(self) -> Iterator[str]:
        """The symbols whose sample before the newest matters."""
        for each, _ in self.tree.comparisons():
            if isinstance(each, Cross):
                yield from each.symbols()

    def _operands(self) -> Iterator[Operand]:
        return (operand for each, _ in self.tree.comparisons() for operand in each.operands())

    def holds(self, values: Values) -> bool | None:
        """None when it cannot be said, for want of a value."""
        return self.tree.holds(values)

    def value(self, values: Values) -> float | None:
        return self.subject.value(values)

    def threshold(self, values: Values) -> float | None:
        return self.limit.value(values) if self.limit else None

    def bind(self, name: str) -> Condition:
        """The same for one name: `*` is replaced by it."""
        return Condition(self.tree.bind(name)) if self.globs else self

    def names(self, symbol: str) -> set[str]:
        """What `*` would stand for if `symbol` is what a glob of this condition means."""
        found = (matched_name(glob, symbol) for glob in self.globs)
        return {name for name in found if name is not None}

    @property
    def main_symbol(self) -> str:
        """The symbol an alert is about."""
        return next(self.subject.symbols())

    def worse(self) -> tuple[Worse, float]:
        """How to tell the worse of two values, and for FARTHER, from where."""
        first, negated = next(self.tree.comparisons())
        if isinstance(first, Range):
            return _worse_range(first, inside=first.inside is not negated)
        if isinstance(first, Cross):
            return (Worse.HIGHER if first.upwards is not negated else Worse.LOWER), 0.0
        assert isinstance(first, Compare)
        sign = OPPOSITE[first.sign] if negated else first.sign
        sign = sign if first.left is self.subject else FLIPPED[sign]
        if sign == "!=" and isinstance(self.limit, Number):
            return Worse.FARTHER, self.limit.number
        return (Worse.LOWER if sign in ("<", "<=") else Worse.HIGHER), 0.0


def _limit(first: Comparison, subject: Operand) -> Operand | None:
    if not isinstance(first, Compare | Cross):
        return None
    return first.right if first.left is subject else first.left


def _worse_range(given: Range, inside: bool) -> tuple[Worse, float]:
    if inside or not isinstance(given.low, Number) or not isinstance(given.high, Number):
        return Worse.HIGHER, 0.0
    return Worse.FARTHER, (given.low.number + given.high.number) / 2
