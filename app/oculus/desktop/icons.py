"""The icon near the clock, drawn: one shape and one colour for each state.

The shape alone says the state, for eyes that do not tell colours apart. A dark edge and a light sign keep
it readable on light and dark panels.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache

from PIL import Image, ImageDraw

SIZES = {"win32": 64, "darwin": 44}  # what each system scales down from, so that it stays sharp
LINUX = 64
FINE = 8  # drawn so many times larger, then made small: smooth edges
EDGE = "#0b0e13"
SIGN = "#ffffff"
DARK = "#14181f"

Pen = ImageDraw.ImageDraw
Point = tuple[float, float]


class State(StrEnum):
    """What the icon says, from good to bad and then what is neither."""

    OK = "ok"
    WARN = "warn"
    ERROR = "error"
    CRITICAL = "critical"
    PAUSED = "paused"
    BLIND = "blind"  # not watching


COLOURS = {
    State.OK: "#35c98a",
    State.WARN: "#f5c04a",
    State.ERROR: "#ff8a4c",
    State.CRITICAL: "#ff5d5d",
    State.PAUSED: "#8b97a6",
    State.BLIND: "#8b97a6",
}


def size_here() -> int:
    return SIZES.get(sys.platform, LINUX)


@lru_cache(maxsize=32)
def draw(state: State, size: int) -> Image.Image:
    """The icon, `size` pixels square, transparent around its shape."""
    large = size * FINE
    image = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    SHAPES[state](pen, large, COLOURS[state])
    return image.resize((size, size), Image.Resampling.LANCZOS)


@lru_cache(maxsize=8)
def emblem(size: int) -> Image.Image:
    """The program's own picture: the eye on its dark tile, as the pages show it."""
    large = size * FINE
    image = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, large - 1, large - 1), large * 7 / 32, fill=EDGE)
    eye(pen, large, COLOURS[State.CRITICAL], reach=0.36, line=0.075)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def disc(pen: Pen, size: int, colour: str) -> None:
    """All is well: an open eye in a round field."""
    round_field(pen, size, colour)
    eye(pen, size, SIGN, reach=0.33, line=0.075)


def triangle(pen: Pen, size: int, colour: str) -> None:
    corners = [(0.5, 0.03), (0.99, 0.95), (0.01, 0.95)]
    field(pen, size, colour, corners)
    exclamation(pen, size, DARK, top=0.34, bottom=0.64, dot=0.79)


def diamond(pen: Pen, size: int, colour: str) -> None:
    field(pen, size, colour, [(0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)])
    exclamation(pen, size, DARK, top=0.23, bottom=0.58, dot=0.75)


def octagon(pen: Pen, size: int, colour: str) -> None:
    turns = [math.radians(22.5 + 45 * corner) for corner in range(8)]
    field(pen, size, colour, [(0.5 + 0.52 * math.cos(turn), 0.5 + 0.52 * math.sin(turn)) for turn in turns])
    stroke(pen, size, SIGN, (0.31, 0.31), (0.69, 0.69), 0.13)
    stroke(pen, size, SIGN, (0.69, 0.31), (0.31, 0.69), 0.13)


def bars(pen: Pen, size: int, colour: str) -> None:
    """Paused, as every player shows it."""
    round_field(pen, size, colour)
    for left in (0.31, 0.55):
        box = tuple(part * size for part in (left, 0.28, left + 0.14, 0.72))
        pen.rounded_rectangle(box, size * 0.04, fill=SIGN)


def closed(pen: Pen, size: int, colour: str) -> None:
    """Not watching: an empty ring with a stroke through the eye."""
    pen.ellipse(box_of(size, 0.02), fill=EDGE)
    pen.ellipse(box_of(size, 0.06), outline=colour, width=round(size * 0.09))
    eye(pen, size, colour, reach=0.29, line=0.07)
    stroke(pen, size, EDGE, (0.2, 0.86), (0.86, 0.2), 0.2)
    stroke(pen, size, colour, (0.2, 0.8), (0.8, 0.2), 0.09)


SHAPES: dict[State, Callable[[Pen, int, str], None]] = {
    State.OK: disc,
    State.WARN: triangle,
    State.ERROR: diamond,
    State.CRITICAL: octagon,
    State.PAUSED: bars,
    State.BLIND: closed,
}


def round_field(pen: Pen, size: int, colour: str) -> None:
    pen.ellipse(box_of(size, 0.01), fill=EDGE)
    pen.ellipse(box_of(size, 0.05), fill=colour)


def field(pen: Pen, size: int, colour: str, corners: list[Point]) -> None:
    """A filled shape with a dark edge."""
    middle = (sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners))
    pen.polygon([(x * size, y * size) for x, y in corners], fill=EDGE)
    pen.polygon(
        [((m + (at - m) * 0.89) * size) for corner in corners for at, m in zip(corner, middle, strict=True)],
        fill=colour,
    )


def eye(pen: Pen, size: int, colour: str, *, reach: float, line: float) -> None:
    """Two arcs that meet left and right, and a pupil."""
    bend = reach * 1.12
    upper, lower = arc(reach, bend, -1), arc(reach, bend, 1)
    outline = [(x * size, y * size) for x, y in [*upper, *reversed(lower)]]
    pen.line([*outline, outline[0], outline[1]], fill=colour, width=round(size * line), joint="curve")
    pen.ellipse(box_of(size, 0.5 - reach * 0.36), fill=colour)


def arc(reach: float, bend: float, way: int) -> list[Point]:
    steps = range(41)
    return [
        (0.5 - reach + 2 * reach * step / 40, 0.5 + way * bend * 0.62 * math.sin(math.pi * step / 40))
        for step in steps
    ]


def exclamation(pen: Pen, size: int, colour: str, *, top: float, bottom: float, dot: float) -> None:
    stroke(pen, size, colour, (0.5, top), (0.5, bottom), 0.13)
    pen.ellipse([part * size for part in (0.43, dot - 0.07, 0.57, dot + 0.07)], fill=colour)


def stroke(pen: Pen, size: int, colour: str, begin: Point, end: Point, width: float) -> None:
    """A line with round ends."""
    half = width / 2
    pen.line([part * size for part in (*begin, *end)], fill=colour, width=round(width * size))
    for x, y in (begin, end):
        pen.ellipse([part * size for part in (x - half, y - half, x + half, y + half)], fill=colour)


def box_of(size: int, margin: float) -> tuple[float, float, float, float]:
    return (margin * size, margin * size, (1 - margin) * size - 1, (1 - margin) * size - 1)
