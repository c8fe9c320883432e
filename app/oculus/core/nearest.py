"""The name that somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """That one of the known names, big and small letters aside; "" when none is near."""
    from difflib import get_close_matches  # only mistakes need it

    by_lower = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[near[0]] if near else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The question, as the end of a message; "" when no name is near."""
    near = nearest(name, known)
    return f"did you mean {near}?" if near else ""
