"""What the files say before it is known whether it makes sense."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from msgspec import Struct, field

Where = tuple[str | int, ...]  # ("collectors", 1, "interval")


class Place(NamedTuple):
    """Where a part of the settings is written."""

    file: str  # as a person calls it: "oculus.yaml", "conf.d/office.yaml"
    line: int  # from 1; 0 when it has none (the command line)
    path: Where  # within that file
    text: str = ""  # an unquoted number, true or false as it was written; else empty

    def spot(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


NOWHERE = Place("", 0, ())


class SettingsProblem(Struct, frozen=True):
    """One mistake: where it is, what is wrong, what to write instead."""

    place: Place
    what: str
    hint: str = ""

    def __str__(self) -> str:
        path = spell(self.place.path)
        told = f"{self.what}; {self.hint}" if self.hint else self.what
        return ": ".join(part for part in (self.place.spot(), path, told) if part)


class Draft(Struct):
    """Plain data, where each part of it stands, and what was found wrong so far."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Where, Place] = field(default_factory=dict)
    problems: list[SettingsProblem] = field(default_factory=list)
    notices: list[SettingsProblem] = field(default_factory=list)  # odd, but no reason to refuse
    files: list[Path] = field(default_factory=list)
    # What came from the environment, as written: "${PORT}".
    filled: dict[Where, str] = field(default_factory=dict)
    lost: set[Where] = field(default_factory=set)  # known to be wrong already: nothing more is said of it
    whole: bool = True  # False: a file could not be read, so what is missing may be in there

    def place(self, where: Where) -> Place:
        """Where `where` is written; for what is not written, where it would belong."""
        known = where
        while known and known not in self.places:
            known = known[:-1]
        found = self.places.get(known, NOWHERE)
        return found if known == where else Place(found.file, found.line, found.path + where[len(known) :])

    def wrong(self, where: Where, what: str, hint: str = "") -> None:
        self.problems.append(SettingsProblem(self.place(where), self._hushed(where, what), hint))

    def odd(self, where: Where, what: str, hint: str = "") -> None:
        self.notices.append(SettingsProblem(self.place(where), self._hushed(where, what), hint))

    def _hushed(self, where: Where, what: str) -> str:
        # What the environment holds may be a password put into the wrong place: name it, never show it.
        written = self.filled.get(where)
        value = self.at(where) if written else None
        return what.replace(value, written) if value and written else what

    def at(self, where: Where) -> Any:
        """The value there, or None."""
        found: Any = self.data
        for step in where:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def entries(self, section: str) -> list[Where]:
        """Where the entries of a list stand."""
        given = self.data.get(section)
        return [(section, number) for number in range(len(given))] if isinstance(given, list) else []


def spell(path: Where) -> str:
    """As a person would write it: collectors[1].interval."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def broken(file: str, line: int, what: str, hint: str = "") -> Draft:
    """The draft of a file that could not be read at all."""
    return Draft(problems=[SettingsProblem(Place(file, line, ()), what, hint)], whole=False)
