"""Rows as a person reads them in a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

WIDEST = 60  # characters a column; the rest is cut, with an ellipsis
LAST = 240  # of the last one, behind which nothing has to stand straight: mostly it says why


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Columns under their names, numbers to the right. Empty text for no rows is only the names."""
    most = [WIDEST] * (len(columns) - 1) + [LAST]
    cells = [[_cell(value, longest) for value, longest in zip(row, most, strict=True)] for row in rows]
    widths = [max(width_of(line[i]) for line in [list(columns), *cells]) for i in range(len(columns))]
    right = [all(_is_number(row[i]) for row in rows) and bool(rows) for i in range(len(columns))]
    lines = [list(columns), ["-" * min(width, WIDEST) for width in widths], *cells]
    return "\n".join(_line(line, widths, right) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [
        " " * (width - width_of(cell)) + cell if to_right else cell + " " * (width - width_of(cell))
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    ]
    return "  ".join(padded).rstrip()


def _cell(value: Any, longest: int) -> str:
    text = "" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)
    # A value from outside must not move the cursor or colour the terminal.
    text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def width_of(text: str) -> int:
    """Columns on a terminal: East Asian wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )
