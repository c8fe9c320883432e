"""Failures in words a person can use, with nothing secret in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oculus.core.secret import MASK

LONGEST = 300  # characters of a foreign message
USER = re.compile(r"(?<=://)[^/\s?#]*@")
QUERY = re.compile(
    r"(?<=[?&])([^=&\s#]*(?:key|token|secret|passw|auth|sig)[^=&\s#]*=)[^&\s#'\"]+", re.IGNORECASE
)


def masked(text: str) -> str:
    """`text` without the passwords and tokens that addresses in it may carry."""
    return QUERY.sub(rf"\g<1>{MASK}", USER.sub(f"{MASK}@", text))


def short(trouble: str) -> str:
    """Why something is down, as it stands in a tag."""
    return trouble if len(trouble) <= LONGEST else f"{trouble[: LONGEST - 1]}…"


def some(parts: Sequence[str], most: int = 3, between: str = "; ") -> str:
    """The first of them: "a; b; c; and 4 more"."""
    more = len(parts) - most
    return between.join([*parts[:most], *([f"and {more} more"] if more > 0 else [])])


def of_crash(error: BaseException) -> str:
    """An exception nobody expected, on one line."""
    said = " ".join(str(error).split())
    return masked(f"{type(error).__name__}: {said}" if said else type(error).__name__)[:LONGEST]
