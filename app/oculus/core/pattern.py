"""Regular expressions that people write, with an end: on an unlucky text, `re` tries some of them for hours.

It holds up every other thread meanwhile, too. `regex` reads the same language, has a time limit and lets the
others run. It takes a megabyte of memory, so it is loaded with the first expression.
"""

from __future__ import annotations

from typing import Any

LONGEST_S = 1.0  # a megabyte of text takes a hundredth of it


class Pattern:
    """One expression. Its methods raise ValueError when the time is over, in words for whoever wrote it."""

    def __init__(self, text: str, *, multiline: bool = False) -> None:
        """Raises ValueError with the reason when it is no regular expression."""
        import regex

        self.text = text
        try:
            self._compiled = regex.compile(text, regex.MULTILINE if multiline else 0)
        except (regex.error, RecursionError, OverflowError) as error:
            raise ValueError(str(error)) from error

    @property
    def groups(self) -> int:
        return int(self._compiled.groups)

    def search(self, text: str) -> Any:
        """The first match, as `re` gives it; None when there is none."""
        return self._within(self._compiled.search, text)

    def fits(self, text: str) -> bool:
        """Whether it matches the whole text."""
        return self._within(self._compiled.fullmatch, text) is not None

    def _within(self, ask: Any, text: str) -> Any:
        try:
            return ask(text, timeout=LONGEST_S, concurrent=True)
        except TimeoutError as error:
            raise ValueError(f"{self.text} takes longer than {LONGEST_S:g} s; write a simpler one") from error
