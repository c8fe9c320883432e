"""${NAME} and ${NAME:-default}: values that are kept out of the files.

They go into strings that have been parsed already, and are never parsed again: whatever a value holds,
quotes, line ends or another ${, stays text. `$${` is a plain `${`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from oculus.settings.draft import Draft, Where

REFERENCE = re.compile(
    r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<spare>:-(?P<default>[^}]*))?\}|\$\{[^}]*\}?"
)

HOW = "write ${NAME} or ${NAME:-default}; a plain ${ is written $${"


def fill(draft: Draft, environment: Mapping[str, str]) -> None:
    """Put the values in, and note where: `draft.filled`."""
    Filling(draft, environment).walk(draft.data, ())


class Filling:
    def __init__(self, draft: Draft, environment: Mapping[str, str]) -> None:
        self.draft = draft
        self.environment = environment

    def walk(self, holder: Any, where: Where) -> None:
        entries = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for step, value in list(entries):
            if isinstance(value, dict | list):
                self.walk(value, (*where, step))
            elif isinstance(value, str) and "${" in value:
                holder[step] = self.text(value, (*where, step))

    def text(self, written: str, where: Where) -> str:
        found = REFERENCE.sub(lambda match: self.one(match, where), written)
        if found != written:
            self.draft.filled[where] = written
        return found

    def one(self, match: re.Match[str], where: Where) -> str:
        name, spare = match["name"], match["spare"]
        if match[0] == "$${":
            return "${"
        if name is None:
            self.lose(where, f"{match[0]} names nothing in the environment", HOW)
            return match[0]
        value = self.environment.get(name)
        if value or (value is not None and not spare):
            return value
        if not spare:
            self.lose(
                where, f"{name} is not set in the environment", f"set it, or give a default: ${{{name}:-...}}"
            )
        return match["default"] or ""

    def lose(self, where: Where, what: str, hint: str) -> None:
        self.draft.wrong(where, what, hint)
        self.draft.lost.add(where)
