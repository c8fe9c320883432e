"""What messages have in common, whatever language they are written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from oculus.core.nearest import did_you_mean

LONGEST = 2000  # characters of a message

Pieces = Callable[[Mapping[str, Any]], Iterable[str]]  # from the values to the text, bit by bit


class TemplateError(ValueError):
    """A message that cannot be read or made. Worded "what; what to write instead"."""


def instead(name: str, known: Iterable[str]) -> str:
    """What to write for a name that there is not."""
    return did_you_mean(name, known) or f"there are {', '.join(known)}"
