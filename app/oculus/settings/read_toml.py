"""TOML as plain data, with the line of every part.

Python's own reader knows no lines, so a second, simpler walk finds them. It may trust the text: what
it walks has been read without complaint.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from typing import Any

from oculus.settings.draft import Draft, Place, Where, broken

BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
KEY = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*""")
VALUE = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|'[^']*'|[^,\]}#\n]+''', re.DOTALL
)
SPOT = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", re.DOTALL)
WORDS = {
    "Cannot overwrite a value": ("is set a second time", "keep one of them"),
    "Cannot declare": ("this table is opened a second time", "put its lines together under one [name]"),
    "Invalid value": ("no value that TOML knows", 'put text in quotes: "..."'),
    "Unclosed array": ("a [ is never closed", "look for a missing ]"),
    'Expected "\'"': ("a quote is opened and never closed", "close it"),
    "Unterminated string": ("a quote is opened and never closed", "close it"),
    "Expected '='": ("a name without a value", "write name = value"),
    "Illegal character": (
        "a quote is not closed on its line, or a character is no text",
        "close or remove it",
    ),
}


def read_toml(text: str, file: str) -> Draft:
    """Never raises: what is wrong is in the draft's problems."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return broken(file, *in_words(str(error), text))
    except RecursionError:
        return broken(file, 1, "is nested far too deeply", "close the brackets")
    walk = Walk(text, file)
    walk.document()
    return Draft(data=as_text(data), places=walk.places)


def in_words(said: str, text: str) -> tuple[int, str, str]:
    """Line, what is wrong, what to do."""
    found = SPOT.fullmatch(said)
    what = found[1] if found else said
    line = int(found[2]) if found and found[2] else text.count("\n") + 1
    for beginning, words in WORDS.items():
        if what.startswith(beginning):
            return line, *words
    return line, f"is not TOML: {what}", "look at this line and the one before"


def as_text(value: Any) -> Any:
    """Dates and times become the text they were: no setting is one."""
    if isinstance(value, dict):
        return {name: as_text(part) for name, part in value.items()}
    if isinstance(value, list):
        return [as_text(part) for part in value]
    return value.isoformat() if isinstance(value, date | time) else value


class Walk:
    """Goes through a sound TOML text once and notes the line of every name and every item."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.at = 0
        self.line = 1
        self.counted = 0  # how far `line` has counted
        self.places: dict[Where, Place] = {(): Place(file, 1, ())}
        self.tables: dict[Where, int] = {}  # how many [[name]] there were so far

    def document(self) -> None:
        table: Where = ()
        while self.skip() < len(self.text):
            table = self.header() if self.text[self.at] == "[" else self.pair(table)

    def header(self) -> Where:
        """[name] or [[name]]: returns the path that the following lines belong to."""
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        names = self.names()
        self.at += 2 if many else 1
        path: Where = ()
        for number, name in enumerate(names, 1):
            path = (*path, name)
            self.note(path)
            opens = many and number == len(names)
            if path in self.tables and not opens:
                path = (*path, self.tables[path] - 1)
        if many:
            self.tables[path] = self.tables.get(path, 0) + 1
            path = (*path, self.tables[path] - 1)
        self.note(path)
        return path

    def pair(self, table: Where) -> Where:
        """name = value, inside `table`; returns `table`."""
        start = self.at
        path = (*table, *self.names())
        for length in range(len(table) + 1, len(path) + 1):
            self.note(path[:length], start)
        self.at = self.text.index("=", self.at) + 1
        self.value(path)
        return table

    def value(self, path: Where) -> None:
        self.skip()
        self.note(path)
        opening = self.text[self.at]
        if opening not in "[{":
            self.at = self.matched(VALUE).end()
            return
        self.at += 1
        number = 0
        while self.text[self.skip()] not in "]}":
            if opening == "{":
                self.pair(path)
            else:
                self.value((*path, number))
                number += 1
            if self.text[self.skip()] == ",":
                self.at += 1
        self.at += 1

    def names(self) -> Where:
        """A dotted name, in parts."""
        found: list[str] = []
        while True:
            key = self.matched(KEY)
            self.at = key.end()
            # The quoted kinds are strings like any other: let the reader undo their escapes.
            found.append(tomllib.loads(f"x = {key[1]}")["x"] if key[1][0] in "\"'" else key[1])
            if self.text[self.at] != ".":
                return tuple(found)
            self.at += 1

    def skip(self) -> int:
        """Past blanks, line ends and comments; returns where that is."""
        self.at = self.matched(BLANK).end()
        return self.at

    def matched(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:  # cannot be, in a text that was read
            raise ValueError(f"{self.file}:{self.line}: lost the thread")
        return found

    def note(self, path: Where, at: int | None = None) -> None:
        at = self.at if at is None else at
        if at > self.counted:
            self.line += self.text.count("\n", self.counted, at)
            self.counted = at
        self.places.setdefault(path, Place(self.file, self.line, path))
