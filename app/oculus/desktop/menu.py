"""The icon's menu, as data: what it says and what each line does. The tray makes real menus of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Protocol

from oculus.core.durations import Duration
from oculus.desktop.outlook import Outlook, Trouble
from oculus.desktop.words import ITEM, clipped
from oculus.rules.life.silence import ALL

HOUR = Duration(hours=1)
MORNING = time(8)
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


class Actions(Protocol):
    """What the menu can set going. None of it waits."""

    def open_window(self, path: str = "/") -> None: ...

    def acknowledge(self, alert_id: int) -> None: ...

    def snooze(self, rule: str, length: Duration) -> None: ...

    def wake_all(self) -> None: ...

    def pause(self, on: bool) -> None: ...

    def set_login(self, on: bool) -> None: ...

    def quit(self) -> None: ...


def menu(outlook: Outlook, at_login: bool, actions: Actions) -> tuple[Entry, ...]:
    """From top to bottom: open, what fires, what is pinned, what can be done, quit."""
    parts = [
        [Entry("Open Oculus", actions.open_window, default=True)],
        troubles(outlook, actions),
        [Entry(clipped(text, ITEM)) for text in outlook.pinned],
        [
            snoozing(outlook, actions),
            Entry("Pause collecting", lambda: actions.pause(not outlook.paused), checked=outlook.paused),
            Entry("Start at login", lambda: actions.set_login(not at_login), checked=at_login),
        ],
        [Entry("Quit Oculus", actions.quit)],
    ]
    lines: list[Entry] = []
    for part in filter(None, parts):
        lines += [LINE, *part] if lines else part
    return tuple(lines)


def troubles(outlook: Outlook, actions: Actions) -> list[Entry]:
    lines = [trouble(each, actions) for each in outlook.troubles[:MOST]]
    hidden = len(outlook.troubles) - MOST
    if hidden > 0:
        lines.append(Entry(f"and {hidden} more", lambda: actions.open_window("/alerts")))
    return lines


def trouble(each: Trouble, actions: Actions) -> Entry:
    number = each.alert_id
    inside = [Entry("Open", lambda: actions.open_window(f"/alerts#alert-{number}"))]
    if each.acknowledged:
        inside.append(Entry("Acknowledged"))
    else:
        inside.append(Entry("Acknowledge", lambda: actions.acknowledge(number)))
    if each.snoozed:
        inside.append(Entry("Snoozed"))
    else:
        inside.append(Entry("Snooze 1 h", lambda: actions.snooze(each.rule, HOUR)))
    return Entry(clipped(each.label, ITEM), inside=tuple(inside))


def snoozing(outlook: Outlook, actions: Actions) -> Entry:
    """Silence about everything, or its end."""
    if outlook.snoozed:
        return Entry(f"Snoozed until {outlook.snoozed}", inside=(Entry("Tell me again", actions.wake_all),))
    lengths = (
        ("15 minutes", lambda: Duration(minutes=15)),
        ("1 hour", lambda: HOUR),
        ("until tomorrow", lambda: until_tomorrow(datetime.now().astimezone())),
    )
    return Entry("Snooze all", inside=tuple(snooze(text, length, actions) for text, length in lengths))


def snooze(text: str, length: Callable[[], Duration], actions: Actions) -> Entry:
    return Entry(text, lambda: actions.snooze(ALL, length()))


def until_tomorrow(now: datetime) -> Duration:
    """Until a person gets up, in their time zone."""
    morning = datetime.combine(now.date() + timedelta(days=1), MORNING).astimezone()
    return Duration(seconds=(morning - now).total_seconds())
