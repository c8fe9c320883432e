"""Messages as templates: text with places for values, whose language is Jinja's (sandbox.py).

Most messages are plain text. Jinja takes more than a megabyte and is loaded with the first that is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from oculus.rules.message import LONGEST, Pieces, TemplateError, instead

__all__ = ["LONGEST", "NAMES", "Template", "TemplateError"]

NAMES = ("value", "symbol", "threshold", "rule", "severity", "since", "duration", "tags")


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
            raise TemplateError(f"names {name!r}, which is no column; {instead(name, facts)}")

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

        return Template(*parse(text, names))
    plain = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    return Template(lambda _facts: (plain,))
