"""The colours of charts and mails: the roles of the pages, for dark and for light grounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["dark", "light"]


@dataclass(frozen=True)
class Palette:
    """Colours as #rrggbb."""

    ground: str
    grid: str
    text: str
    second: str
    line: str
    states: dict[str, str]


DARK = Palette(
    ground="#11161d",
    grid="#202936",
    text="#e8edf3",
    second="#8b97a6",
    line="#4aa3ff",
    states={
        "resolved": "#35c98a",
        "info": "#4aa3ff",
        "warn": "#f5c04a",
        "error": "#ff8a4c",
        "critical": "#ff5d5d",
    },
)
LIGHT = Palette(
    ground="#ffffff",
    grid="#e3e8ee",
    text="#18202a",
    second="#566270",
    line="#1f6fc2",
    states={
        "resolved": "#12805c",
        "info": "#1f6fc2",
        "warn": "#8a6100",
        "error": "#b4470f",
        "critical": "#c62828",
    },
)
PALETTES: dict[Theme, Palette] = {"dark": DARK, "light": LIGHT}
