"""The words of a condition: numbers, symbols, signs and brackets, each with its column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 2000  # characters; also what bounds every later step
FACTORS = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
BLANK = re.compile(r"\s+")
NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(ms|[kKMG%smhdwy]?)(?![\w.\-:/*%])")
NUMBERISH = re.compile(r"[+-]?\.?\d[\d._]*[A-Za-z]*%?")  # meant as a number, but not one we know
WORD = re.compile(r"[+\-]?[\w.\-:/*]+%?")
LETTERS = "write symbols with letters, digits and . _ - : / only"
SIGN = re.compile(r">=|<=|==|!=|>|<")
HINTS = {
    "=": "write == to compare",
    "<>": "write !=",
    "&": "write and",
    "|": "write or",
    "!": "write not before it, or != to compare",
    "≥": "write >=",
    "≤": "write <=",
    "≠": "write !=",
    '"': "write it without quotes",
    "'": "write it without quotes",
}


class ConditionError(ValueError):
    """A condition that cannot be read. `column` counts from 1."""

    def __init__(self, column: int, what: str, hint: str = "") -> None:
        super().__init__(f"column {column}: {what}; {hint}" if hint else f"column {column}: {what}")
        self.column = column


class Kind(StrEnum):
    """What a token is; the value is what an error message calls it."""

    NUMBER = "a number"
    WORD = "a word"
    SIGN = "a sign"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    END = "the end"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    column: int
    value: float = 0.0  # of a number
    unit: str = ""  # of a number: %, ms, s, m, h, d, w, y or none; 100k has none

    def __str__(self) -> str:
        return "the end" if self.kind is Kind.END else repr(self.text)


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, the last of them END. Raises ConditionError."""
    if len(text) > LONGEST:
        raise ConditionError(LONGEST + 1, f"is longer than {LONGEST} characters", "write two rules")
    text = BLANK.sub(" ", text)
    tokens, at = [], 0
    while at < len(text):
        if text[at] != " ":
            tokens.append(_token(text, at))
            at += len(tokens[-1].text)
        else:
            at += 1
    return [*tokens, Token(Kind.END, "", len(text) + 1)]


def _token(text: str, at: int) -> Token:
    column = at + 1
    if text[at] in "(),":
        return Token(Kind(text[at]), text[at], column)
    if found := SIGN.match(text, at):
        if text.startswith("<>", at):
            raise ConditionError(column, "'<>' is not a comparison", HINTS["<>"])
        return Token(Kind.SIGN, found[0], column)
    if found := NUMBER.match(text, at):
        unit = "" if found[2] in FACTORS else found[2]
        return Token(Kind.NUMBER, found[0], column, float(found[1]) * FACTORS.get(found[2], 1.0), unit)
    if found := WORD.match(text, at):
        return Token(Kind.WORD, found[0], column)
    raise ConditionError(column, f"{text[at]!r} does not belong here", HINTS.get(text[at], LETTERS))
