"""Where the window was and how large: kept in the data folder, and not believed blindly."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

FILE = "window.json"
SMALLEST = 320
SEEN = 80  # pixels of it that must lie on a screen


class Geometry(Struct, kw_only=True):
    """In pixels. `x` and `y` are None for wherever the system puts it."""

    width: int = 1200
    height: int = 800
    x: int | None = None
    y: int | None = None


class Area(Struct, frozen=True):
    """One screen."""

    x: int
    y: int
    width: int
    height: int


def load(folder: Path, screens: Sequence[Area]) -> Geometry:
    """As it was left; the usual one when that is unknown or lies where no screen is any more."""
    try:
        found = msgspec.json.decode((folder / FILE).read_bytes(), type=Geometry)
    except (OSError, msgspec.MsgspecError):
        return Geometry()
    if screens:
        found.width = min(max(found.width, SMALLEST), max(screen.width for screen in screens))
        found.height = min(max(found.height, SMALLEST), max(screen.height for screen in screens))
    if not any(visible(found, screen) for screen in screens):
        found.x = found.y = None
    return found


def save(folder: Path, geometry: Geometry) -> None:
    fresh = folder / f".{FILE}.{os.getpid()}"
    with contextlib.suppress(OSError):  # it only costs the place on the screen
        fresh.write_bytes(msgspec.json.encode(geometry))
        fresh.replace(folder / FILE)


def visible(geometry: Geometry, screen: Area) -> bool:
    """Whether enough of it lies on the screen to be seen and moved."""
    if geometry.x is None or geometry.y is None:
        return False
    across = min(geometry.x + geometry.width, screen.x + screen.width) - max(geometry.x, screen.x)
    return across >= SEEN and screen.y <= geometry.y <= screen.y + screen.height - SEEN // 2
