"""The numbers that strangers write."""

from __future__ import annotations

import math
from typing import Any

LONGEST = 40  # characters of a foreign value that are shown


def number(given: Any) -> float:
    """A real number; true and false are 1 and 0, and text that is nothing but a number counts as one.

    Raises ValueError: "null is not a number".
    """
    value = None
    if isinstance(given, bool | int | float) or (isinstance(given, str) and "_" not in given):
        try:
            value = float(given)
        except (ValueError, OverflowError):
            value = None
    if value is None or not math.isfinite(value):
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
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
