"""How a condition is read. Loosest first:

condition   all { "or" all }
all         one { "and" one }
one         "not" one | "(" condition ")" | comparison
comparison  operand SIGN operand | operand "between" operand "and" operand | ... "outside" ...
operand     NUMBER | SYMBOL
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from math import isinf

from oculus.rules.tokens import LETTERS, NUMBERISH, ConditionError, Kind, Token, tokenize
from oculus.rules.tree import And, Compare, Not, Number, Operand, Or, Range, Symbol, Test

DEEPEST = 50  # brackets and nots within one another
RANGES = {"between": True, "outside": False}
WORDS = ("and", "or", "not", *RANGES)


class Grammar:
    """Reads one condition. Each method takes the tokens of what it is named after."""

    def __init__(self, text: str) -> None:
        self.text = text
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
        left = self.operand()
        if self.next.kind is Kind.SIGN:
            found: Compare | Range = Compare(left, self.take().text, self.operand())
        elif self.word() in RANGES:
            found = self.range(left, RANGES[self.take().text.lower()])
        else:
            raise self.no_comparison(left)
        if all(isinstance(operand, Number) for operand in found.operands()):
            raise self.wrong("compares nothing but numbers", "put a symbol on one side", begun)
        return found

    def range(self, operand: Operand, inside: bool) -> Range:
        begun = self.next
        low = self.operand()
        if not self.took("and"):
            raise self.wrong(f"{self.next} where and was expected", "write: x between 1 and 5")
        high = self.operand()
        if isinstance(low, Number) and isinstance(high, Number) and low.number > high.number:
            raise self.wrong(f"nothing lies between {low} and {high}", "write the smaller one first", begun)
        return Range(operand, low, high, inside)

    def operand(self) -> Operand:
        token = self.next
        if token.kind is Kind.NUMBER:
            if isinf(token.value):
                raise self.wrong(f"{token} is too large", "write a number below 1e308")
            return Number(self.take().value, token.text)
        if token.kind is not Kind.WORD or self.word() in WORDS:
            hint = "write such as net.ping.gw > 100"
            raise self.wrong(f"{token} where a symbol or a number was expected", hint)
        if self.tokens[self.at + 1].kind is Kind.OPEN:
            raise self.wrong(f"there is no function {token}", "write a symbol, a sign and a number")
        return self.symbol()

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
        hint = self.near(WORDS) or self.near(WORDS, str(left)) or example
        return self.wrong(f"{self.next} where a comparison of {left} was expected", hint)

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
        close = get_close_matches(text or self.word() or " ", words, n=1, cutoff=0.6)
        return f"did you mean {close[0]}?" if close else ""

    def wrong(self, what: str, hint: str, token: Token | None = None) -> ConditionError:
        return ConditionError(self.text, (token or self.next).column, what, hint)
