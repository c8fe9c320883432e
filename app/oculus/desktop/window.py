"""The window's own process: the dashboard in a web view. Told what to do by its parent, line by line.

Standard input: first what it is to show, then `show`, `go <address>`, `quit`. Its end means that the parent
has gone, and the window goes too. Standard output: `shown` once it is on the screen, `done` after each line,
`failed <reason>`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from oculus.desktop import geometry
from oculus.desktop.geometry import Area, Geometry
from oculus.desktop.trust import trust
from oculus.desktop.view import missing_view

SMALLEST = (360, 480)
GROUND = "#0b0e13"


class Order(Struct, frozen=True):
    """The first line. `link` opens the pages once; it never stands on a command line."""

    link: str
    folder: str  # where cookies and the window's place are kept
    icon: str = ""
    certificate: str = ""  # of the pages, where they are served over TLS


def run() -> int:
    """Show the window until it is closed. Returns the exit code: 0 also when the parent has gone."""
    line = sys.stdin.buffer.readline()
    if not line.strip():
        return 0
    order = msgspec.json.decode(line, type=Order)
    name_program()
    try:
        import webview

        Window(webview, order).run()
    except Exception as error:  # the parent opens the browser instead and says why
        return failed(missing() or f"{type(error).__name__}: {error}")
    return 0


def missing() -> str:
    """What is not here, and what to do about it; empty when that is not the reason."""
    why, help_ = missing_view()
    return f"{why}. {help_}" if why else ""


def name_program() -> None:
    """By this name the system knows whose window it is, and which picture belongs to it."""
    with contextlib.suppress(ImportError):
        from gi.repository import GLib

        GLib.set_prgname("oculus")


def failed(why: str) -> int:
    say(f"failed {' '.join(why.split())[:300]}")
    return 1


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Window:
    """One web view."""

    def __init__(self, webview: Any, order: Order) -> None:
        self._webview = webview
        self._order = order
        self._folder = Path(order.folder)
        self._leaving = False
        self._place = geometry.load(self._folder, screens(webview))
        webview.settings["ALLOW_DOWNLOADS"] = True  # tables are to be had as CSV
        webview.settings["OPEN_EXTERNAL_LINKS_IN_BROWSER"] = True
        self._window = webview.create_window(
            "Oculus",
            order.link,
            width=self._place.width,
            height=self._place.height,
            x=self._place.x,
            y=self._place.y,
            min_size=SMALLEST,
            background_color=GROUND,
            text_select=True,
        )
        if order.certificate:
            trust(webview, self._window, order.link, order.certificate, self._refuse)
        events = self._window.events
        events.before_show += self._put
        events.shown += self._shown
        events.resized += self._resized
        events.moved += self._moved
        events.closing += self._closing

    def run(self) -> None:
        threading.Thread(target=self._listen, name="orders", daemon=True).start()
        # Not private: what the pages keep (theme, closed panels) is to be there the next time.
        self._webview.start(
            private_mode=False, storage_path=str(self._folder / "webview"), icon=self._order.icon or None
        )

    def _put(self) -> None:
        """pywebview counts from the corner of one screen, which need not be the first of several."""
        for view in gtk_views():
            if self._place.x is not None and self._place.y is not None:
                view.window.move(self._place.x, self._place.y)

    def _shown(self) -> None:
        watch_pages()
        say("shown")

    def _refuse(self, why: str) -> None:
        failed(why)
        os._exit(1)  # there is nothing to show

    def _closing(self) -> None:
        self._leaving = True
        geometry.save(self._folder, gtk_place() or self._place)

    def _resized(self, width: int, height: int) -> None:
        self._place.width, self._place.height = int(width), int(height)

    def _moved(self, x: int, y: int) -> None:
        self._place.x, self._place.y = int(x), int(y)

    def _listen(self) -> None:
        try:
            self._obey()
        except self._webview.WebViewException as error:  # it has not come in the time that pywebview gives it
            self._refuse(str(error))

    def _obey(self) -> None:
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            if word == "quit":
                break
            if word == "go":
                self._window.load_url(rest)
            self._window.restore()
            self._window.show()
            if not self._leaving:
                say("done")
        self._window.destroy()


def screens(webview: Any) -> list[Area]:
    """Empty when they cannot be told before the window is there."""
    try:
        return [Area(s.x, s.y, s.width, s.height) for s in webview.screens]
    except Exception:  # each system fails here in its own way; it only costs the place on the screen
        return []


def watch_pages() -> None:
    """WebKit draws in a process of its own. When that dies the window is blank: end, so as to be reopened."""
    for view in gtk_views():
        view.webview.connect("web-process-terminated", lambda *_: os._exit(1))


def gtk_place() -> Geometry | None:
    """With its frame, as a window is put; its events tell of it without. For GTK's thread. Else None."""
    for view in gtk_views():
        (x, y), (width, height) = view.window.get_position(), view.window.get_size()
        return Geometry(width=width, height=height, x=x, y=y)
    return None


def gtk_views() -> list[Any]:
    platform = sys.modules.get("webview.platforms.gtk")
    return list(platform.BrowserView.instances.values()) if platform else []
