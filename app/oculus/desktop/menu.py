"""The icon's menu, as data: what it says and what each line does. The tray makes real menus of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from oculus.desktop.outlook import Outlook, Trouble
from oculus.desktop.words import ITEM, clipped

MOST = 10  # alerts in the menu; the rest is counted, and on the page
Act = Callable[[], None]


@dataclass(frozen=True)
class Entry:
    """One line. Two are equal when they look the same, whatever they do."""

    text: str
    act: Act | None = field(default=None, compare=False)
    checked: bool | None = None
    default: bool = False  # what a click on the icon does
    inside: tuple[Entry, ...] = ()

    @property
    def shape(self) -> object:
        """All that makes it another line, but for its words."""
        inside = tuple(each.shape for each in self.inside)
        return self.act is None, self.checked, self.default, self is LINE, inside


LINE = Entry("-")


class Deeds(Protocol):
    """What the menu can set going. None of it waits."""

    def open_window(self, path: str = "/") -> None: ...

    def acknowledge(self, alert_id: int) -> None: ...

    def pause(self, on: bool) -> None: ...

    def set_login(self, on: bool) -> None: ...

    def quit(self) -> None: ...


def menu(outlook: Outlook, at_login: bool, deeds: Deeds) -> tuple[Entry, ...]:
    """From top to bottom: open, what fires, what is pinned, what can be done, quit."""
    parts = [
        [Entry("Open Oculus", deeds.open_window, default=True)],
        troubles(outlook, deeds),
        [Entry(clipped(text, ITEM)) for text in outlook.pinned],
        [
            Entry("Pause collecting", lambda: deeds.pause(not outlook.paused), checked=outlook.paused),
            Entry("Start at login", lambda: deeds.set_login(not at_login), checked=at_login),
        ],
        [Entry("Quit Oculus", deeds.quit)],
    ]
    lines: list[Entry] = []
    for part in filter(None, parts):
        lines += [LINE, *part] if lines else part
    return tuple(lines)


def troubles(outlook: Outlook, deeds: Deeds) -> list[Entry]:
    lines = [trouble(each, deeds) for each in outlook.troubles[:MOST]]
    if hidden := len(outlook.troubles) - MOST:
        lines += [Entry(f"and {hidden} more", lambda: deeds.open_window("/alerts"))] if hidden > 0 else []
    return lines


def trouble(each: Trouble, deeds: Deeds) -> Entry:
    number = each.alert_id
    inside = [Entry("Open", lambda: deeds.open_window(f"/alerts#alert-{number}"))]
    if each.acknowledged:
        inside.append(Entry("Acknowledged"))
    else:
        inside.append(Entry("Acknowledge", lambda: deeds.acknowledge(number)))
    return Entry(clipped(each.label, ITEM), inside=tuple(inside))
