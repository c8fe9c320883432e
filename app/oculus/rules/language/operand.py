"""What a condition compares: numbers, symbols, and functions of symbols.

A value may be unknown: never seen, not looked up yet, or too old to go by. Then it is None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from oculus.core.durations import short
from oculus.core.symbols import is_share, unit_of
from oculus.rules.language.functions import IN_ITS_UNIT

SHARE = "share"  # the unit of what lies between 0 and 1


class Values(Protocol):
    """Where a condition gets its numbers from."""

    def last(self, symbol: str) -> float | None:
        """The newest value of `symbol`; None when it is not known."""
        ...

    def age(self, symbol: str) -> float | None:
        """Seconds since the newest sample was measured; None when there never was one."""
        ...

    def window(self, function: str, symbol: str, window_ms: int) -> float | None:
        """What `function` comes to over the last `window_ms`; None when it cannot be said."""
        ...

    def earlier(self, symbols: tuple[str, ...]) -> Values | None:
        """How it was at the sample of any of `symbols` before this moment's; None when that is not known.

        A moment before the very first sample has values that are all None.
        """
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

    @abstractmethod
    def unit(self) -> str:
        """What it is measured in, as far as a name can tell: ms, s, d, %, B, SHARE or ""."""

    def window(self) -> tuple[str, int] | None:
        """The function and the length of the window that it looks through."""
        return None


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

    def unit(self) -> str:
        return ""

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

    def unit(self) -> str:
        return SHARE if is_share(self.name) else unit_of(self.name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Function(Operand):
    """Something about all samples of the last while, such as their average."""

    name: str
    symbol: str
    window_ms: int

    def value(self, values: Values) -> float | None:
        return values.window(self.name, self.symbol, self.window_ms)

    def symbols(self) -> Iterator[str]:
        yield self.symbol

    def bind(self, name: str) -> Function:
        return Function(self.name, fill(self.symbol, name), self.window_ms)

    def unit(self) -> str:
        return (
            Symbol(self.symbol).unit()
            if self.name in IN_ITS_UNIT
            else "%"
            if self.name == "change_pct"
            else ""
        )

    def window(self) -> tuple[str, int]:
        return self.name, self.window_ms

    def __str__(self) -> str:
        return f"{self.name}({self.symbol}, {written(self.window_ms)})"


@dataclass(frozen=True, slots=True)
class Age(Operand):
    """How old the newest sample is, in seconds."""

    symbol: str

    def value(self, values: Values) -> float | None:
        return values.age(self.symbol)

    def symbols(self) -> Iterator[str]:
        yield self.symbol

    def bind(self, name: str) -> Age:
        return Age(fill(self.symbol, name))

    def unit(self) -> str:
        return "s"

    def __str__(self) -> str:
        return f"age({self.symbol})"


def fill(glob: str, name: str) -> str:
    """`glob` with `name` in the place of its `*`; several are parted by `*` in `name` as well."""
    if "*" not in glob:
        return glob
    pieces, names = glob.split("*"), name.split("*")
    return "".join(piece + given for piece, given in zip(pieces, [*names, ""], strict=True))


def written(ms: int) -> str:
    """A length of time as a condition holds it, to the millisecond."""
    return short(ms / 1000) if ms % 1000 == 0 else f"{ms}ms"
