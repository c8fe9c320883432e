"""The icon near the clock, by pystray. Its loop has the main thread; clicks only set going what others do.

pystray 0.19.5 wants a few things done around it, each named below where it is done.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from oculus.desktop.display import has_notifier_tray
from oculus.desktop.icons import draw, size_here
from oculus.desktop.menu import LINE, Entry
from oculus.desktop.outlook import Outlook

log = logging.getLogger(__name__)

REBUILD_S = 10.0  # a menu whose numbers alone changed is made anew no sooner: it may be open


class Tray:
    """Shows an outlook and a menu. `show` from any thread; `run` on the main one, until `stop`."""

    def __init__(self) -> None:
        self._pystray = import_pystray()
        self._icon: Any = None
        self._outlook: Outlook | None = None
        self._entries: tuple[Entry, ...] = ()
        self._built_at = float("-inf")
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._ended = threading.Event()

    @property
    def kind(self) -> str:
        """appindicator, gtk, xorg, win32 or darwin."""
        return str(self._pystray.Icon.__module__).rpartition("._")[2]

    def run(self, outlook: Outlook, entries: Sequence[Entry]) -> None:
        """Returns after `stop`, or when the icon's loop ends by itself."""
        self._outlook, self._entries = outlook, tuple(entries)
        self._icon = self._pystray.Icon(
            "oculus",
            draw(outlook.state, size_here()),
            escaped(outlook.tooltip, self.kind),
            self._menu(self._entries),
        )
        keep_signals(self._icon)
        if self.kind == "xorg":
            hear_clicks(self._icon)  # before its loop runs: later, the first request to paint may be lost
            self._run_beside()
        else:
            self._icon.run(self._set_up)

    def show(self, outlook: Outlook, entries: Sequence[Entry]) -> None:
        """Change what is different. Nothing before the icon is there."""
        if self._ready.is_set():
            on_main(lambda: self._change(outlook, tuple(entries)))

    def stop(self) -> None:
        self._ended.set()
        # Xlib may hang when two threads use it at once; its icon goes with the program.
        if self._icon is not None and self.kind != "xorg":
            on_main(self._icon.stop)

    def _change(self, outlook: Outlook, entries: tuple[Entry, ...]) -> None:
        with self._lock:
            before = self._outlook
            self._outlook = outlook
            if before is None or outlook.state is not before.state:
                self._icon.icon = draw(outlook.state, size_here())
            if before is None or outlook.tooltip != before.tooltip:
                self._icon.title = escaped(outlook.tooltip, self.kind)
            if entries != self._entries:
                self._change_menu(entries)

    def _change_menu(self, entries: tuple[Entry, ...]) -> None:
        same_lines = [each.shape for each in entries] == [each.shape for each in self._entries]
        if same_lines and time.monotonic() - self._built_at < REBUILD_S:
            return
        self._entries, self._built_at = entries, time.monotonic()
        self._icon.menu = self._menu(entries)

    def _menu(self, entries: Sequence[Entry]) -> Any:
        return self._pystray.Menu(*(self._item(each) for each in entries))

    def _item(self, entry: Entry) -> Any:
        if entry is LINE:
            return self._pystray.Menu.SEPARATOR
        text = escaped(entry.text, self.kind)
        if entry.inside:
            return self._pystray.MenuItem(text, self._menu(entry.inside))
        checked = entry.checked
        return self._pystray.MenuItem(
            text,
            acting(entry.act),
            checked=None if checked is None else lambda _item: checked,
            default=entry.default,
            enabled=entry.act is not None,
        )

    def _set_up(self, icon: Any) -> None:
        """On a thread of pystray's, once its loop runs. Must return soon: `stop` waits for it."""
        icon.visible = True
        self._ready.set()
        log.info("tray: the icon is there (%s)", self.kind)

    def _run_beside(self) -> None:
        # Xlib waits in a call that no signal handler of Python's can end, so it gets a thread of its own.
        thread = threading.Thread(target=self._icon.run, args=(self._set_up,), name="tray", daemon=True)
        thread.start()
        while thread.is_alive() and not self._ended.wait(0.2):
            pass


def import_pystray() -> Any:
    """pystray, told which kind of icon to make where there is a choice.

    An old tray opens the window at a click and the menu at another one; of the new ones, which pystray
    would always try first, every click opens the menu.
    """
    if sys.platform == "linux":
        # The first GTK program of a session looks for what its graphics card can do. An icon needs none of
        # it, and where the card is done in software that look costs 55 MB for good.
        os.environ["GDK_GL"] = "disable"
        for backend in ("appindicator", "gtk", "xorg") if has_notifier_tray() else ("gtk", "xorg"):
            os.environ.setdefault("PYSTRAY_BACKEND", backend)
            try:
                import pystray

                break
            except Exception as error:  # no GTK here, or not all of it: each fails its own way
                log.debug("tray: no %s icon: %s", os.environ.pop("PYSTRAY_BACKEND"), error)
    import pystray

    os.environ.pop("GDK_GL", None)  # the window is another matter
    without_popups()
    return pystray


def without_popups() -> None:
    """Cut off pystray's own popups: they end the program where nothing shows any."""
    if notify_dbus := sys.modules.get("pystray._util.notify_dbus"):
        notify_dbus.Notifier = NoPopups  # type: ignore[attr-defined]


class NoPopups:
    """Stands for pystray's own popups. Ours go another way."""

    def notify(self, *_: object) -> None:
        """Nobody asks for it."""

    def hide(self) -> None:
        """There is nothing to hide."""


def keep_signals(icon: Any) -> None:
    """pystray gives Ctrl+C back to the system when its loop starts, and so would lose what is not stored."""
    initialize = getattr(icon, "_initialize", None)
    if initialize is None:
        return

    def keeping() -> None:
        before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
        initialize()
        for name, handler in before.items():
            signal.signal(name, handler)

    icon._initialize = keeping


def hear_clicks(icon: Any) -> None:
    """pystray's xorg icon never asks the X server for clicks."""
    from Xlib import X

    icon._window.change_attributes(event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask)
    icon._display.flush()


def on_main(work: Callable[[], None]) -> None:
    """macOS ends a program that changes its icon from elsewhere; the others line it up themselves."""
    if sys.platform == "darwin":
        from PyObjCTools import AppHelper

        AppHelper.callAfter(work)
    else:
        work()


def escaped(text: str, kind: str) -> str:
    """Windows takes `&` as the mark of a key."""
    return text.replace("&", "&&") if kind == "win32" else text


def acting(act: Callable[[], None] | None) -> Callable[[Any, Any], None]:
    def clicked(_icon: Any, _item: Any) -> None:
        if act:
            act()

    return clicked
