"""Messages as templates: text with places for values, whose language is Jinja's (sandbox.py).

Most messages are plain text. Jinja takes more than a megabyte and is loaded with the first that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

NAMES = ("value", "symbol", "threshold", "rule", "severity", "since", "duration", "tags")
LONGEST = 2000  # characters of a message

Pieces = Callable[[Mapping[str, Any]], Iterable[str]]  # from the values to the text, bit by bit


class TemplateError(ValueError):
    """A message that cannot be read or made. Worded "what; what to write instead"."""


class Template:
    """A message with places for values. Any thread may render it."""

    def __init__(self, pieces: Pieces, names: frozenset[str] = frozenset()) -> None:
        self._pieces = pieces
        self.names = names  # the values it uses

    @classmethod
    def parse(cls, text: str, names: tuple[str, ...] | None = NAMES) -> Template:
        """Read a template; `names` are those it may use, None for any. Raises TemplateError."""
        return _parse(text, names)

    def check(self, facts: Mapping[str, Any]) -> None:
        """Raises TemplateError when it uses a value that there is not."""
        for name in sorted(self.names - facts.keys()):
            raise TemplateError(f"names {name!r}, which is no column; {nearest(name, facts)}")

    def render(self, facts: Mapping[str, Any]) -> str:
        """At most LONGEST characters, cut with an ellipsis. Raises TemplateError."""
        text = ""
        try:
            for piece in self._pieces(facts):
                text += piece
                if len(text) > LONGEST:
                    break
        except Exception as error:  # a template can raise whatever its values can
            raise TemplateError(f"cannot be made: {error}; write it without that part") from error
        return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@lru_cache(maxsize=4096)
def _parse(text: str, names: tuple[str, ...] | None) -> Template:
    if "{" in text:
        from oculus.rules.sandbox import parse

        return parse(text, names)
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    return Template(lambda _facts: (plain,))


def nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
