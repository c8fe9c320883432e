"""The numbers that strangers write."""

from __future__ import annotations

import math
from typing import Any

PLAIN = (str, int, float)
LONGEST = 40  # characters of a foreign value that are shown


def number(given: Any) -> float:
    """A real number; true and false are 1 and 0, and text that is nothing but a number counts as one.

    Raises ValueError: "null is not a number".
    """
    try:
        value = float(given)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    # To Python 1_000 is a number, and so are some bytes.
    if not math.isfinite(value) or not isinstance(given, PLAIN) or (isinstance(given, str) and "_" in given):
        raise ValueError(f"{shown(given)} is not a number")
    return value


def shown(given: Any) -> str:
    """A foreign value in a few words."""
    if isinstance(given, dict):
        return f"a group of {len(given)}"
    if isinstance(given, list):
        return f"a list of {len(given)}"
    if given is None or isinstance(given, bool):
        return {None: "null", True: "true", False: "false"}[given]
    text = repr(given)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}...{text[-1]}"
