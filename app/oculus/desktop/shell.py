"""The desktop shell: icon, window and popups around one running Oculus. It ends when it is told to.

The main thread has the icon's loop, or waits for somewhere to put an icon. Everything that a click sets
going, and the look at how things stand every second, is done by one thread beside it.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from oculus.core.desk import DeskStatus, Popup
from oculus.core.extras import remedy
from oculus.core.worker import Worker
from oculus.desktop.actions import MenuActions
from oculus.desktop.autostart import Login
from oculus.desktop.display import bus_hangs, has_display, has_tray
from oculus.desktop.idle import Idle
from oculus.desktop.keeper import Keeper
from oculus.desktop.libraries import PageReleaser
from oculus.desktop.lost import when_display_goes
from oculus.desktop.menu import menu
from oculus.desktop.outlook import outlook
from oculus.desktop.popup import Popups, ways_here
from oculus.desktop.tray import Tray
from oculus.runtime import Oculus

log = logging.getLogger(__name__)

LOOK_S = 1.0
TRAY_S = 2.0  # between two looks for somewhere to put the icon
PLACE_S = 5.0  # between two looks whether the icon still has one
BROKEN_S = 60.0  # before the next try, where there is a place but no icon could be made
NO_TRAY = "There is no place for an icon on this desktop. Oculus goes on without, and takes one when it comes"
BUS_HANGS = (
    "The session bus does not answer, and without it there is no icon. Oculus goes on, and waits for it"
)


class Shell(Worker):
    """A Desk. `run` on the main thread; everything else on any.

    `once()` makes an address that opens the pages once. `end()` stops everything else from the main thread,
    for when it will not come back: X ends whoever loses the display. `certificate` is the file with that of
    the pages, where they are served over TLS. `hidden`: the window stays closed until it is asked for.
    Popups can be shown before `run`, too.
    """

    pause_s = 0

    def __init__(
        self,
        oculus: Oculus,
        once: Callable[[], str],
        data: Path,
        login: Login,
        stop: threading.Event,
        end: Callable[[], None],
        certificate: Path | None = None,
        *,
        hidden: bool = False,
    ) -> None:
        super().__init__("desktop")
        self._hidden = hidden
        self._oculus = oculus
        self._login = login
        self._stop = stop
        self._end = end
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._actions = MenuActions(oculus, login, stop, self.open_window, self._work.put, self._look)
        self._look_at = self._place_at = 0.0
        self._tray: Tray | None = None
        self._tray_trouble = ""
        self._told: set[str] = set()  # each trouble is logged once
        self._left = threading.Event()  # the icon's loop has been left for good
        self._idle = Idle()
        self._releaser = PageReleaser()
        self._popups = Popups(ways_here(self.open_window, self._voice))
        self._keeper = Keeper(
            lambda path: f"{once()}&next={quote(path, safe='/')}",
            oculus.address,
            data,
            software=oculus.settings.desktop.software_rendering,
            certificate=certificate,
        )

    def run(self) -> None:
        """Until `stop` is set."""
        self.start()
        self._releaser.start()
        threading.Thread(target=self._await_stop, name="desktop-stop", daemon=True).start()
        try:
            if not self._hidden:
                self.open_window()
            while not self._stop.is_set():
                self._stop.wait(self._show_icon())
        finally:
            self._left.set()
            self._keeper.ask_to_close()
            self._releaser.stop(1.0)
            self.stop(1.0)

    def close(self) -> None:
        """The window has had its time to go while everything else stopped, which could still show popups."""
        self._popups.close()
        self._keeper.close()

    # What the rest of Oculus asks of a Desk

    def open_window(self, path: str = "/") -> None:
        self._work.put(lambda: self._keeper.open(path))

    def popup(self, popup: Popup) -> None:
        self._popups.show(popup)

    def idle_s(self) -> float | None:
        return self._idle.seconds()

    def start_at_login(self, on: bool) -> None:
        self._login.set(on)
        self._look_soon()

    def status(self) -> DeskStatus:
        tray = self._tray
        silent = self._popups.trouble
        popups = f"Popups cannot be shown ({silent})" if silent else ""
        notes = [self._tray_trouble, self._keeper.trouble, popups]
        return DeskStatus(
            tray=tray.kind if tray and not self._tray_trouble else "",
            window=self._keeper.is_open(),
            popups=self._popups.last_way,
            starts_at_login=self._login.is_on(),
            notes=[note for note in notes if note],
        )

    def _voice(self) -> Callable[[str, str], None] | None:
        """How the icon says something itself, where there is one that can."""
        return self._tray.voice() if self._tray else None

    # The thread beside the icon

    def step(self) -> None:
        try:
            work = self._work.get(timeout=max(0.0, self._look_at - time.monotonic()))
        except queue.Empty:
            self._look_at = time.monotonic() + LOOK_S
            self._look()
        else:
            work()

    def wake(self) -> None:
        self._work.put(lambda: None)

    def _look(self) -> None:
        tray = self._tray
        if tray:
            self._look_for_place()
            now = outlook(self._oculus)
            tray.show(now, menu(now, self._login.is_on(), self._actions))

    def _look_for_place(self) -> None:
        """A panel may be ended under the icon, which it takes in again when it comes back."""
        if time.monotonic() < self._place_at:
            return
        self._place_at = time.monotonic() + PLACE_S
        if has_tray():
            self._tray_trouble = ""
        elif has_display():
            self._without_tray(NO_TRAY)

    def _look_soon(self) -> None:
        self._work.put(self._look)

    # The main thread

    def _show_icon(self) -> float:
        """Returns when the icon's loop has ended, at once when there is nowhere to put one.

        The answer is how long to wait before the next try.
        """
        if not has_display():
            log.warning("desktop: the display has gone; stopping")
            self._stop.set()
            return 0.0
        if not has_tray():
            self._without_tray(NO_TRAY)
            return TRAY_S
        if bus_hangs():
            self._without_tray(BUS_HANGS)
            return TRAY_S
        try:
            self._tray = Tray()
            self._tray_trouble = ""
            when_display_goes(self._lost)
            now = outlook(self._oculus)
            self._tray.run(now, menu(now, self._login.is_on(), self._actions), self._lost)
        except Exception as error:  # each system's tray fails in its own way; Oculus goes on without
            self._without_tray(f"The icon near the clock cannot be shown: {why_not(error)}")
            return BROKEN_S
        finally:
            self._tray = None
        return TRAY_S

    def _lost(self) -> None:
        """On the main thread, inside a call that does not return."""
        self._keeper.ask_to_close()
        self._end()
        self._keeper.close()

    def _without_tray(self, why: str) -> None:
        if why not in self._told:
            log.warning("tray: %s", why)
        self._told.add(why)
        self._tray_trouble = why

    def _await_stop(self) -> None:
        """Whoever sets `stop`, a signal too, ends the icon's loop, even one that is only about to begin."""
        self._stop.wait()
        self._keeper.ask_to_close()
        while not self._left.wait(0.1):
            tray = self._tray
            if tray:
                tray.stop()


def why_not(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"the library {error.name} is not here. {remedy('desktop').rstrip('.')}"
    return f"{type(error).__name__}: {error}"
