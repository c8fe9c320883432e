"""Which parts of the settings must not be seen: what is a Secret, and what looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from oculus.core.secret import MASK, Secret

NAMES = re.compile(r"authorization|cookie|token|secret|passw|api[-_]?key|credential", re.IGNORECASE)
USER = re.compile(r"(?<=://)[^/\s?#@]*@")
QUERY = re.compile(
    r"(?<=[?&])[^=&\s#]*(?:key|token|secret|passw|auth|sig)[^=&\s#]*=([^&\s#]+)", re.IGNORECASE
)


def secrets_of(value: Any, name: str = "") -> Iterator[str]:
    """Every secret text in settings: Secrets, headers such as Authorization, passwords in addresses."""
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, str):
        yield from secrets_in(value, name)
    else:
        for key, part in parts_of(value, name):
            yield from secrets_of(part, key)


def parts_of(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """What a group or a list consists of, each with its name; nothing for what has no parts."""
    if isinstance(value, Struct):
        yield from ((field, getattr(value, field)) for field in value.__struct_fields__)
    elif isinstance(value, dict):
        yield from ((str(key), part) for key, part in value.items())
    elif isinstance(value, list | tuple):
        yield from ((name, part) for part in value)


def secrets_in(text: str, name: str) -> Iterator[str]:
    if text and NAMES.search(name):
        yield text
    for user in USER.findall(text):
        yield user.rstrip("@").partition(":")[2]
    yield from QUERY.findall(text)


def masked(text: str, name: str) -> str:
    """`text` with its secret parts as dots."""
    if text and NAMES.search(name):
        return MASK
    text = USER.sub(f"{MASK}@", text)
    return QUERY.sub(lambda found: found[0].removesuffix(found[1]) + MASK, text)
