"""Popups: the ways a system can show one, tried in order. Each says how it failed, none waits for ever."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Sequence

from oculus.core.desk import Popup
from oculus.core.errors import ChannelError
from oculus.core.extras import remedy
from oculus.desktop.popup_icon import FromIcon, Say
from oculus.desktop.popup_plyer import Plyer
from oculus.desktop.popup_script import Script
from oculus.desktop.way import Unavailable, Way

log = logging.getLogger(__name__)

HELP = {
    "linux": "Start the notification service of your desktop, or install one such as dunst.",
    "win32": "Allow notifications under System, Notifications in the settings of Windows.",
    "darwin": "Allow notifications of Script Editor and of Oculus in the settings of the system.",
}


class Popups:
    """Tries each way until one works. Any thread may show; one at a time."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = ways
        self._lock = threading.Lock()
        self.last_way = ""
        self.trouble = ""

    def show(self, popup: Popup) -> None:
        """Raises ChannelError with what each way said."""
        said = []
        with self._lock:
            for way in self._ways:
                try:
                    way.show(popup)
                except Unavailable as error:
                    said.append(f"{way.name}: {error}")
                    log.info("popups: %s", said[-1])
                else:
                    self.last_way, self.trouble = way.name, ""
                    return
            self.last_way, self.trouble = "", "; ".join(said)
        raise ChannelError(
            f"No popup could be shown ({self.trouble or 'this system has no way to'})",
            HELP.get(sys.platform, HELP["linux"]),
        )

    def close(self) -> None:
        for way in self._ways:
            way.close()


def ways_here(open_page: Callable[[str], None], icon: Callable[[], Say | None]) -> list[Way]:
    """What this system offers, best first. `open_page` is called when a popup is clicked."""
    if sys.platform != "linux":
        return [Plyer(), FromIcon(icon) if sys.platform == "win32" else Script()]
    try:
        from oculus.desktop.popup_bus import Bus
    except ImportError as error:
        return [Lacking(str(error.name))]
    return [Bus(open_page)]  # plyer would ask the same service, and cannot tell that nobody answered


class Lacking:
    """Stands for the way whose library is not here."""

    name = "session bus"

    def __init__(self, library: str) -> None:
        self._library = library

    def show(self, _popup: Popup) -> None:
        raise Unavailable(f"the library {self._library} is not here. {remedy('desktop')}")

    def close(self) -> None:
        """Nothing is held."""


def who_shows_them() -> str:
    """The name of what shows popups here, asked without showing one. Raises Unavailable, or ImportError."""
    if sys.platform == "linux":
        from oculus.desktop.popup_bus import Bus

        bus = Bus(lambda _page: None)
        try:
            return bus.service()
        finally:
            bus.close()
    import plyer

    return str(plyer.__name__)
