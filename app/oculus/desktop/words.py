"""Text from outside, made fit for menus, tooltips and popups: one line, short, nothing that is not print."""

from __future__ import annotations

from oculus.notify.render.news import one_line

ITEM = 60  # characters of a line in a menu
TOOLTIP = 120  # Windows takes 127 and refuses more
TITLE, BODY = 100, 300  # of a popup


def clipped(text: str, longest: int) -> str:
    """`text` in one line, its end cut with an ellipsis where it is too long."""
    line = one_line(text)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def clipped_lines(text: str, longest: int) -> str:
    """The same, keeping line breaks."""
    lines = [one_line(line) for line in text.splitlines()]
    whole = "\n".join(line for line in lines if line)
    return whole if len(whole) <= longest else f"{whole[: longest - 1].rstrip()}…"
