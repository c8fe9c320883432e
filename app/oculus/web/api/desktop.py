"""The desktop, where there is one: its window, and whether it starts at login."""

from __future__ import annotations

from msgspec import Struct

from oculus.core.desk import Desk, DeskStatus
from oculus.runtime import Oculus
from oculus.web.access.login import inside
from oculus.web.errors import HttpError
from oculus.web.site import Site


class DesktopAnswer(Struct, frozen=True, kw_only=True):
    """`desktop` is null where Oculus runs without one."""

    desktop: DeskStatus | None


class WindowBody(Struct, frozen=True):
    """The page to show; without one the window comes to the front as it is."""

    path: str = "/"


class WindowAnswer(Struct, frozen=True):
    """False where there is no desktop; then a browser has to do."""

    opened: bool


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the desktop on `app`."""

    @app.get("/api/desktop")
    def desktop() -> DesktopAnswer:
        """How icon, window and popups are."""
        return DesktopAnswer(desktop=oculus.desk.status() if oculus.desk else None)

    @app.post("/api/window", body=WindowBody)
    def window(body: WindowBody) -> WindowAnswer:
        """Bring the window to the front."""
        if oculus.desk is None:
            return WindowAnswer(opened=False)
        oculus.desk.open_window(inside(body.path))
        return WindowAnswer(opened=True)

    @app.post("/api/desktop/login/<way:re:on|off>")
    def start_at_login(way: str) -> DesktopAnswer:
        """Start at login, or no longer. 409 where there is no desktop."""
        there = present(oculus)
        there.start_at_login(way == "on")
        return DesktopAnswer(desktop=there.status())


def present(oculus: Oculus) -> Desk:
    if oculus.desk is None:
        raise HttpError(
            409, "Oculus runs without a desktop here", "Start `oculus` instead of `oculus serve`."
        )
    return oculus.desk
