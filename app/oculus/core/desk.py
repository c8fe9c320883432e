"""What a desktop can do for the rest of Oculus, where there is one.

The desktop stands above the runtime; the pages and the channels beside and below it know it by these words.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct, field

from oculus.core.event import Severity

AWAY_S = 120.0  # without a touch, and nobody sits there


class Popup(Struct, frozen=True, kw_only=True):
    """A few words near the clock. Plain text: whoever shows it escapes and shortens it."""

    title: str
    text: str
    severity: Severity
    path: str = "/"  # the page that a click opens
    over: bool = False  # the end of a trouble, not its beginning


class DeskStatus(Struct, frozen=True, kw_only=True):
    """How the desktop fares. `notes` says in sentences what is missing."""

    tray: str  # which kind of icon there is; empty when there is none
    window: bool  # whether it is open
    popups: str  # the last way a popup went; empty when none was shown
    starts_at_login: bool
    notes: list[str] = field(default_factory=list)


class Desk(Protocol):
    """Any thread may call any of it; only `popup`, `idle_s` and `start_at_login` wait, and not for long."""

    def open_window(self, path: str = "/") -> None:
        """Bring the window to the front, opened if need be."""

    def popup(self, popup: Popup) -> None:
        """Returns once it is shown. Raises ChannelError when it cannot be."""

    def idle_s(self) -> float | None:
        """Seconds since somebody last touched keyboard or mouse; None when that is not known."""

    def start_at_login(self, on: bool) -> None:
        """Raises OculusError when the system does not let us."""

    def status(self) -> DeskStatus: ...


def somebody_at(desk: Desk | None) -> bool:
    """Whether a person sits at the desktop. Where that is not known, nobody does."""
    idle_s = desk.idle_s() if desk else None
    return idle_s is not None and idle_s < AWAY_S
