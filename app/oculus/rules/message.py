"""What messages have in common, whatever language they are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

LONGEST = 2000  # characters of a message

Pieces = Callable[[Mapping[str, Any]], Iterable[str]]  # from the values to the text, bit by bit


class TemplateError(ValueError):
    """A message that cannot be read or made. Worded "what; what to write instead"."""


def nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
