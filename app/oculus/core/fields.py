"""The kinds of setting that JSON does not know: lengths of time, sizes and secrets."""

from __future__ import annotations

import re
from typing import Any

from oculus.core.durations import PATTERN, Duration, parse_duration
from oculus.core.secret import Secret

SIZES = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?b)\s*", re.IGNORECASE)


class Size(int):
    """A number of bytes that is written 4GiB or 256MB."""


def parse_size(text: str) -> Size:
    """Read "4GiB", "256MB" or "1000B". Raises ValueError, worded for the person who wrote it."""
    match = SIZE.fullmatch(text)
    if match is None or match[2].lower() not in SIZES:
        raise ValueError(f"{text!r} is not a size; write 256MB or 4GiB")
    return Size(float(match[1]) * SIZES[match[2].lower()])


def read_special(kind: type, given: Any) -> Any:
    """msgspec's dec_hook. Raises ValueError, which msgspec turns into its ValidationError."""
    readers = {Duration: parse_duration, Size: parse_size, Secret: Secret}
    if kind not in readers:
        raise NotImplementedError(kind)
    if isinstance(given, kind):
        return given
    if not isinstance(given, str):
        raise ValueError(f"{given!r} should be text such as {EXAMPLES[kind]}")
    return readers[kind](given)


def write_special(given: Any) -> Any:
    """msgspec's enc_hook: the text a person would write; secrets come out masked."""
    if isinstance(given, Duration | Size | Secret):
        return str(given)
    raise NotImplementedError(type(given))


def describe_special(kind: type) -> dict[str, Any]:
    """msgspec's schema_hook."""
    schemas: dict[type, dict[str, Any]] = {
        Duration: {"type": "string", "pattern": f"^{PATTERN.pattern}$", "examples": ["30s", "5m"]},
        Size: {
            "type": "string",
            "pattern": r"^\s*\d+(\.\d+)?\s*([kKmMgGtT]?[iI]?[bB])\s*$",
            "examples": ["4GiB"],
        },
        Secret: {"type": "string"},
    }
    if kind not in schemas:
        raise NotImplementedError(kind)
    return schemas[kind]


EXAMPLES = {Duration: "30s", Size: "4GiB", Secret: '"${MY_TOKEN}"'}
