"""What a condition is made of. Every part can say itself, name its symbols and be computed.

Where a value is unknown the answer is None as far as it depends on that value, and only so far:
`a > 1 or b > 2` holds with a = 5 whatever b may be.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from oculus.rules.language.operand import Operand, Values

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


class Test(ABC):
    """Something that is true, false, or not known (None)."""

    @abstractmethod
    def holds(self, values: Values) -> bool | None: ...

    @abstractmethod
    def comparisons(self, negated: bool = False) -> Iterator[tuple[Comparison, bool]]:
        """Every comparison from left to right, and whether a `not` turns it around."""

    @abstractmethod
    def bind(self, name: str) -> Test: ...


class Comparison(Test):
    """A test without parts that are tests themselves."""

    @abstractmethod
    def operands(self) -> tuple[Operand, ...]: ...

    def comparisons(self, negated: bool = False) -> Iterator[tuple[Comparison, bool]]:
        yield self, negated


@dataclass(frozen=True, slots=True)
class Compare(Comparison):
    left: Operand
    sign: str
    right: Operand

    def holds(self, values: Values) -> bool | None:
        left, right = self.left.value(values), self.right.value(values)
        return None if left is None or right is None else COMPARE[self.sign](left, right)

    def operands(self) -> tuple[Operand, ...]:
        return self.left, self.right

    def bind(self, name: str) -> Compare:
        return Compare(self.left.bind(name), self.sign, self.right.bind(name))

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True, slots=True)
class Range(Comparison):
    """`between` takes the bounds in, `outside` is its opposite."""

    operand: Operand
    low: Operand
    high: Operand
    inside: bool

    def holds(self, values: Values) -> bool | None:
        value, low, high = (each.value(values) for each in self.operands())
        return None if value is None or low is None or high is None else (low <= value <= high) is self.inside

    def operands(self) -> tuple[Operand, ...]:
        return self.operand, self.low, self.high

    def bind(self, name: str) -> Range:
        return Range(self.operand.bind(name), self.low.bind(name), self.high.bind(name), self.inside)

    def __str__(self) -> str:
        return f"{self.operand} {'between' if self.inside else 'outside'} {self.low} and {self.high}"


@dataclass(frozen=True, slots=True)
class Cross(Comparison):
    """True at the one sample that comes to lie beyond `right` when the one before did not."""

    left: Operand
    upwards: bool
    right: Operand

    def holds(self, values: Values) -> bool | None:
        beyond = self.beyond(values)
        if not beyond:
            return beyond
        before = values.earlier(self.symbols())
        return None if before is None else self.beyond(before) is False

    def beyond(self, values: Values) -> bool | None:
        left, right = self.left.value(values), self.right.value(values)
        return None if left is None or right is None else left > right if self.upwards else left < right

    def symbols(self) -> tuple[str, ...]:
        return tuple(symbol for operand in self.operands() for symbol in operand.symbols())

    def operands(self) -> tuple[Operand, ...]:
        return self.left, self.right

    def bind(self, name: str) -> Cross:
        return Cross(self.left.bind(name), self.upwards, self.right.bind(name))

    def __str__(self) -> str:
        return f"{self.left} {'crosses_above' if self.upwards else 'crosses_below'} {self.right}"


@dataclass(frozen=True, slots=True)
class Not(Test):
    part: Test

    def holds(self, values: Values) -> bool | None:
        holds = self.part.holds(values)
        return None if holds is None else not holds

    def comparisons(self, negated: bool = False) -> Iterator[tuple[Comparison, bool]]:
        return self.part.comparisons(not negated)

    def bind(self, name: str) -> Not:
        return Not(self.part.bind(name))

    def __str__(self) -> str:
        return f"not {bracketed(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class And(Test):
    parts: tuple[Test, ...]

    def holds(self, values: Values) -> bool | None:
        return settled(self.parts, values, decisive=False)

    def comparisons(self, negated: bool = False) -> Iterator[tuple[Comparison, bool]]:
        for part in self.parts:
            yield from part.comparisons(negated)

    def bind(self, name: str) -> And:
        return And(tuple(part.bind(name) for part in self.parts))

    def __str__(self) -> str:
        return " and ".join(bracketed(part, And, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or(Test):
    parts: tuple[Test, ...]

    def holds(self, values: Values) -> bool | None:
        return settled(self.parts, values, decisive=True)

    def comparisons(self, negated: bool = False) -> Iterator[tuple[Comparison, bool]]:
        for part in self.parts:
            yield from part.comparisons(negated)

    def bind(self, name: str) -> Or:
        return Or(tuple(part.bind(name) for part in self.parts))

    def __str__(self) -> str:
        return " or ".join(bracketed(part, Or) for part in self.parts)


def settled(parts: tuple[Test, ...], values: Values, decisive: bool) -> bool | None:
    """One part that is `decisive` settles it, be the others known or not."""
    unknown = False
    for part in parts:
        holds = part.holds(values)
        if holds is decisive:
            return decisive
        unknown = unknown or holds is None
    return None if unknown else not decisive


def bracketed(part: Test, *kinds: type[Test]) -> str:
    return f"({part})" if isinstance(part, kinds) else str(part)
