"""The settings as plain data for pages and `oculus check`: merged, complete, secrets masked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from oculus.core.fields import SIZES, Size, write_special
from oculus.settings.hidden import masked
from oculus.settings.schema import SECTIONS, Settings


def shown(settings: Settings) -> dict[str, Any]:
    """{"server": {...}, ..., "collectors": [{"type": ...}], ...} with durations and sizes as text."""
    plain = msgspec.to_builtins(settings, enc_hook=as_text)
    return {name: hushed(plain[name], "") for name in SECTIONS}


def as_text(value: Any) -> Any:
    if isinstance(value, Size):
        return size_text(value)
    return str(value) if isinstance(value, Path) else write_special(value)


def size_text(size: int) -> str:
    """4GiB rather than 4294967296."""
    units = sorted(((factor, name) for name, factor in SIZES.items()), reverse=True)
    factor, name = next(((f, n) for f, n in units if size and size % f == 0), (1, "b"))
    return f"{size // factor}{name[0].upper()}{name[1:].replace('b', 'B')}"


def hushed(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: hushed(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [hushed(part, name) for part in value]
    return masked(value, name) if isinstance(value, str) else value
