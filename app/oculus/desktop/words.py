"""Text from outside, made fit for menus, tooltips and popups: one line, short, nothing that is not print."""

from __future__ import annotations

from oculus.notify.render.news import one_line

ITEM = 60  # characters of a line in a menu
TOOLTIP = 120
TITLE, BODY = 100, 300  # of a popup
WINDOWS_TIP, WINDOWS_TITLE, WINDOWS_BODY = 127, 63, 255  # it refuses more; an emoji counts as two there


def clipped(text: str, longest: int) -> str:
    """`text` in one line, its end cut with an ellipsis where it is too long."""
    line = one_line(text)
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def clipped_lines(text: str, longest: int) -> str:
    """The same, keeping line breaks."""
    lines = [one_line(line) for line in text.splitlines()]
    whole = "\n".join(line for line in lines if line)
    return whole if len(whole) <= longest else f"{whole[: longest - 1].rstrip()}…"


def no_option(text: str) -> str:
    """A program that is given it must not take it for an option: a mark of no width comes before the dash."""
    return f"\u200b{text}" if text.startswith("-") else text


def windows_words(title: str, text: str) -> tuple[str, str]:
    """What Windows takes of a popup's title and text."""
    return (
        windows_units(clipped(title, WINDOWS_TITLE), WINDOWS_TITLE),
        windows_units(clipped_lines(text, WINDOWS_BODY), WINDOWS_BODY),
    )


def windows_units(text: str, longest: int) -> str:
    """As much of `text` as fits where Windows counts in its own units, two for what is rare."""
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")
