"""How a condition is read. Loosest first:

condition   all { "or" all }
all         one { "and" one }
one         "not" one | "(" condition ")" | comparison
comparison  operand SIGN operand | operand "between" operand "and" operand | ... "outside" ...
            | operand "crosses_above" operand | operand "crosses_below" operand
operand     NUMBER | SYMBOL | FUNCTION "(" SYMBOL "," LENGTH ")" | "age" "(" SYMBOL ")"

A number is meant in the unit of what it is compared with: 2s is 2000 beside an answer time in ms and 2
beside an age in seconds; 60% is 0.6 beside odds, which lie between 0 and 1, and 60 anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isinf
from typing import NamedTuple

from oculus.core.durations import UNITS, parse_duration
from oculus.core.nearest import did_you_mean
from oculus.rules.language.functions import FUNCTIONS
from oculus.rules.language.operand import SHARE, Age, Function, Number, Operand, Symbol
from oculus.rules.language.tokens import LETTERS, NUMBERISH, ConditionError, Kind, Token, tokenize
from oculus.rules.language.tree import And, Compare, Cross, Not, Or, Range, Test

DEEPEST = 50  # brackets and nots within one another
RANGES = {"between": True, "outside": False}
CROSSINGS = {"crosses_above": True, "crosses_below": False}
WORDS = ("and", "or", "not", *RANGES, *CROSSINGS)
IN_SECONDS = {"ms": 0.001, "s": 1.0, "d": 86400.0}  # the units in which symbols measure time


class Part(NamedTuple):
    """An operand and where it was read."""

    token: Token
    operand: Operand


class Grammar:
    """Reads one condition. Each method takes the tokens of what it is named after."""

    def __init__(self, text: str) -> None:
        self.tokens = tokenize(text)
        self.at = 0
        self.depth = 0

    def read(self) -> Test:
        """The whole text. Raises ConditionError."""
        if len(self.tokens) == 1:
            raise self.wrong("is empty", "write such as net.http.shop.status != 200")
        found = self.condition()
        if self.next.kind is Kind.END:
            return found
        if self.next.kind is Kind.CLOSE:
            raise self.wrong("this ) closes nothing", "take it out, or open one before")
        if self.next.kind is Kind.SIGN:
            raise self.wrong("a second comparison", "write: x between 1 and 5, or join two with and")
        if self.next.kind is Kind.COMMA:
            raise self.wrong("a comma does not belong here", "write numbers without: 100000 or 100k")
        raise self.wrong(
            f"{self.next} was not expected", self.near(("and", "or")) or "write and, or, or nothing"
        )

    def condition(self) -> Test:
        parts = self.joined("or", self.all)
        return Or(parts) if len(parts) > 1 else parts[0]

    def all(self) -> Test:
        parts = self.joined("and", self.one)
        return And(parts) if len(parts) > 1 else parts[0]

    def joined(self, word: str, read: Callable[[], Test]) -> tuple[Test, ...]:
        parts = [read()]
        while self.took(word):
            parts.append(read())
        return tuple(parts)

    def one(self) -> Test:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(f"more than {DEEPEST} brackets within one another", "write two rules")
        try:
            return self.nested()
        finally:
            self.depth -= 1

    def nested(self) -> Test:
        opened = self.next
        if self.took("not"):
            return Not(self.one())
        if opened.kind is not Kind.OPEN:
            return self.comparison()
        self.take()
        inner = self.condition()
        if self.next.kind is not Kind.CLOSE:
            raise self.wrong(f"{self.next} where ) was expected", f"close the ( of column {opened.column}")
        self.take()
        return inner

    def comparison(self) -> Test:
        begun = self.next
        read = [self.part()]
        word = self.word()
        if self.next.kind is not Kind.SIGN and word not in (*RANGES, *CROSSINGS):
            raise self.no_comparison(read[0].operand)
        sign = self.take().text
        read.append(self.part())
        if word in RANGES:
            read.append(self.upper_bound())
        operands = [in_unit(part, read) for part in read]
        if all(isinstance(operand, Number) for operand in operands):
            raise self.wrong("compares nothing but numbers", "put a symbol on one side", begun)
        if word in CROSSINGS:
            return Cross(operands[0], CROSSINGS[word], operands[1])
        return (
            self.range(operands, RANGES[word], read[1].token)
            if word in RANGES
            else Compare(operands[0], sign, operands[1])
        )

    def upper_bound(self) -> Part:
        if not self.took("and"):
            raise self.wrong(f"{self.next} where and was expected", "write: x between 1 and 5")
        return self.part()

    def range(self, operands: list[Operand], inside: bool, begun: Token) -> Range:
        operand, low, high = operands
        if isinstance(low, Number) and isinstance(high, Number) and low.number > high.number:
            raise self.wrong(f"nothing lies between {low} and {high}", "write the smaller one first", begun)
        return Range(operand, low, high, inside)

    def part(self) -> Part:
        return Part(self.next, self.operand())

    def operand(self) -> Operand:
        token = self.next
        if token.kind is Kind.NUMBER:
            if isinf(token.value):
                raise self.wrong(f"{token} is too large", "write a number below 1e308")
            return Number(self.take().value, token.text)
        if token.kind is not Kind.WORD or self.word() in WORDS:
            hint = "write such as net.ping.gw > 100"
            raise self.wrong(f"{token} where a symbol or a number was expected", hint)
        return self.function() if self.tokens[self.at + 1].kind is Kind.OPEN else self.symbol()

    def function(self) -> Operand:
        name, token = self.word(), self.next
        if name not in (*FUNCTIONS, "age"):
            hint = self.near((*FUNCTIONS, "age")) or f"there are {', '.join(FUNCTIONS)} and age"
            raise self.wrong(f"there is no function {token}", hint)
        example = "age(net.ping.gw)" if name == "age" else f"{name}(net.ping.gw, 5m)"
        self.at += 2
        symbol = self.inner_symbol(name, example)
        window_ms = 0 if name == "age" else self.window(name, example)
        if self.next.kind is not Kind.CLOSE:
            raise self.wrong(f"{self.next} where ) was expected", f"write {example}")
        self.take()
        return Age(symbol) if name == "age" else Function(name, symbol, window_ms)

    def inner_symbol(self, function: str, example: str) -> str:
        if self.next.kind is not Kind.WORD:
            raise self.wrong(f"{self.next} where {function} needs a symbol", f"write {example}")
        if self.tokens[self.at + 1].kind is Kind.OPEN:
            raise self.wrong("a function within a function", f"write {example}")
        return self.symbol().name

    def window(self, function: str, example: str) -> int:
        if self.next.kind is not Kind.COMMA:
            raise self.wrong(f"{function} needs to know over how long", f"write {example}")
        self.take()
        try:
            window_ms = parse_duration(self.next.text).ms
        except ValueError:
            window_ms = 0
        if window_ms < 1:
            raise self.wrong(f"{self.next} is not a length of time", f"write {example}")
        self.take()
        return window_ms

    def symbol(self) -> Symbol:
        token, name = self.next, self.next.text
        if NUMBERISH.fullmatch(name):
            raise self.wrong(f"{token} is not a number", "write 100, 1.5, 100k, 1.5M or 5%")
        if not name.isascii() or name[0] == "+" or name.endswith("%"):
            raise self.wrong(f"{token} is not a symbol", LETTERS)
        if name != name.lower():
            raise self.wrong(f"{token} holds capitals", f"write {name.lower()}")
        if "**" in name:
            raise self.wrong(f"{token} holds two * in a row", "write one")
        return Symbol(self.take().text)

    def no_comparison(self, left: Operand) -> ConditionError:
        if self.word() == "not":
            return self.wrong("not stands before a comparison", "write: not x > 5, or x outside 1 and 5")
        example = f"write {left} > 100" if isinstance(left, Symbol) else "write a comparison such as x > 100"
        hint = self.two_words() or self.near(WORDS) or self.near(WORDS, str(left)) or example
        return self.wrong(f"{self.next} where a comparison of {left} was expected", hint)

    def two_words(self) -> str:
        """For somebody who wrote `crosses above`."""
        joined = f"{self.word()}_{self.tokens[self.at + 1].text.lower()}" if self.word() else ""
        return f"write {joined}" if joined in WORDS else ""

    # The tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def word(self) -> str:
        return self.next.text.lower() if self.next.kind is Kind.WORD else ""

    def took(self, word: str) -> bool:
        """Step over `word` if it comes next."""
        if self.word() != word:
            return False
        self.take()
        return True

    def near(self, words: tuple[str, ...], text: str = "") -> str:
        return did_you_mean(text or self.word() or " ", words)

    def wrong(self, what: str, hint: str, token: Token | None = None) -> ConditionError:
        return ConditionError((token or self.next).column, what, hint)


def in_unit(part: Part, others: list[Part]) -> Operand:
    """A number as it is meant beside the first of `others` that is none. Raises ConditionError."""
    token, operand = part
    beside = next((each.operand for each in others if not isinstance(each.operand, Number)), None)
    if not isinstance(operand, Number) or not token.unit or beside is None:
        return operand
    unit = beside.unit()
    if token.unit == "%":
        return Number(token.value / 100, token.text) if unit == SHARE else operand
    if unit in IN_SECONDS:
        return Number(round(token.value * UNITS[token.unit] / IN_SECONDS[unit], 9), token.text)
    if token.unit == "ms":
        return operand
    what = f"{token} is a length of time, and {beside} is not known to be one"
    raise ConditionError(token.column, what, "write the number alone, or 5M for millions")
