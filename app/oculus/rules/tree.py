"""What a condition is made of. Every part can say itself, name its symbols and be computed.

A value may be unknown: never seen, or too old to go by. Then the answer is None as far as it depends
on that value, and only so far: `a > 1 or b > 2` holds with a = 5 whatever b may be.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}


class Values(Protocol):
    """Where a condition gets its numbers from."""

    def last(self, symbol: str) -> float | None:
        """The newest value of `symbol`; None when it is not known."""
        ...


class Operand(ABC):
    """Something with a number for a value."""

    @abstractmethod
    def value(self, values: Values) -> float | None: ...

    @abstractmethod
    def symbols(self) -> Iterator[str]: ...

    @abstractmethod
    def bind(self, name: str) -> Operand:
        """The same with `name` in the place of `*`."""


@dataclass(frozen=True, slots=True)
class Number(Operand):
    number: float
    written: str = field(default="", compare=False)  # as the person wrote it: 100k

    def value(self, _: Values) -> float | None:
        return self.number

    def symbols(self) -> Iterator[str]:
        return iter(())

    def bind(self, _: str) -> Number:
        return self

    def __str__(self) -> str:
        return self.written or (f"{self.number:.0f}" if self.number.is_integer() else repr(self.number))


@dataclass(frozen=True, slots=True)
class Symbol(Operand):
    name: str  # a glob when it holds a "*"

    def value(self, values: Values) -> float | None:
        return values.last(self.name)

    def symbols(self) -> Iterator[str]:
        yield self.name

    def bind(self, name: str) -> Symbol:
        return Symbol(fill(self.name, name))

    def __str__(self) -> str:
        return self.name


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


def fill(glob: str, name: str) -> str:
    """`glob` with `name` in the place of its `*`; several are parted by `*` in `name` as well."""
    if "*" not in glob:
        return glob
    pieces, names = glob.split("*"), name.split("*")
    return "".join(piece + given for piece, given in zip(pieces, [*names, ""], strict=True))
