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

from oculus.desktop.bare_x import BareX
from oculus.desktop.display import has_notifier_tray
from oculus.desktop.ending import hear_end, let_signals_through
from oculus.desktop.icons import draw, size_here
from oculus.desktop.menu import LINE, Entry
from oculus.desktop.outlook import Outlook
from oculus.desktop.words import WINDOWS_TIP, windows_units

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
        self._bare_x: BareX | None = None  # where there is no GTK

    @property
    def kind(self) -> str:
        """appindicator, gtk, xorg, win32 or darwin."""
        return str(self._pystray.Icon.__module__).rpartition("._")[2]

    def run(self, outlook: Outlook, entries: Sequence[Entry], end: Callable[[], None]) -> None:
        """Returns after `stop`, or when the icon's loop ends by itself.

        `end` is called on this thread, and stops everything else, when the system will let nothing come back.
        """
        self._outlook, self._entries = outlook, tuple(entries)
        self._icon = self._pystray.Icon(
            "oculus",
            draw(outlook.state, size_here()),
            tip(outlook.tooltip, self.kind),
            self._menu(self._entries),
        )
        keep_signals(self._icon)
        hear_end(self._icon, end)
        if self.kind != "xorg":
            self._icon.run(self._set_up)
            return
        self._bare_x = BareX(self._icon)
        self._icon.run(self._set_up)
        self._bare_x.close()

    def show(self, outlook: Outlook, entries: Sequence[Entry]) -> None:
        """Change what is different. Nothing before the icon is there."""
        if self._ready.is_set():
            self._on_its_thread(lambda: self._change(outlook, tuple(entries)))
            let_signals_through(self._icon)

    def stop(self) -> None:
        if self._icon is not None:
            self._on_its_thread(self._icon.stop)

    def voice(self) -> Callable[[str, str], None] | None:
        """How the icon itself says a title and a text; None where it cannot."""
        icon = self._icon
        if self.kind != "win32" or not self._ready.is_set():
            return None
        return lambda title, text: icon.notify(text, title)

    def _change(self, outlook: Outlook, entries: tuple[Entry, ...]) -> None:
        with self._lock:
            before = self._outlook
            self._outlook = outlook
            if before is None or outlook.state is not before.state:
                self._icon.icon = draw(outlook.state, size_here())
            if before is None or outlook.tooltip != before.tooltip:
                self._icon.title = tip(outlook.tooltip, self.kind)
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

        def appear() -> None:
            icon.visible = True
            self._ready.set()
            log.info("tray: the icon is there (%s)", self.kind)

        self._on_its_thread(appear)

    def _on_its_thread(self, work: Callable[[], None]) -> None:
        """macOS and bare X take changes from one thread only; the others line them up themselves."""
        if self._bare_x:
            self._bare_x.put(work)
        elif sys.platform == "darwin":
            from PyObjCTools import AppHelper

            AppHelper.callAfter(work)
        else:
            work()


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


def escaped(text: str, kind: str) -> str:
    """Windows takes `&` as the mark of a key."""
    return text.replace("&", "&&") if kind == "win32" else text


def tip(text: str, kind: str) -> str:
    """Windows refuses a longer one."""
    return windows_units(escaped(text, kind), WINDOWS_TIP) if kind == "win32" else text


def acting(act: Callable[[], None] | None) -> Callable[[Any, Any], None]:
    def clicked(_icon: Any, _item: Any) -> None:
        if act:
            act()

    return clicked
