"""Keeps the window: starts its process when it is wanted, brings it to the front, reopens it if it crashes.

Closing the window ends its process and gives its memory back. Where it cannot be shown, or crashes again and
again, the default browser opens the pages instead, and the reason is told once.
"""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from oculus.core.extras import own_command
from oculus.core.paths import bundled
from oculus.core.private import usual_umask
from oculus.desktop.browser import open_browser
from oculus.desktop.display import has_display
from oculus.desktop.window import Order

log = logging.getLogger(__name__)

SHOWN_S = 30.0  # a web view that takes longer is not going to come; on a busy machine it takes 11 s
RESTARTS, WITHIN_S = 3, 600.0
END_S = 1.0


class Child:
    """One window process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.shown = threading.Event()
        self.wanted = True  # until it is told to end
        self.said = ""  # why it failed
        self.asked: str | None = None  # the page it was told to show, until it has

    def tell(self, line: str) -> bool:
        """False when it has gone."""
        try:
            assert self.process.stdin is not None
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except (OSError, ValueError):
            return False
        return True


class Keeper:
    """`link(path)` makes an address that opens a page once. Nothing here waits for the window but `close`.

    `certificate` is the file with that of the pages, where they are served over TLS.
    """

    def __init__(
        self,
        link: Callable[[str], str],
        address: str,
        folder: Path,
        *,
        software: bool = False,
        certificate: Path | None = None,
        browse: Callable[[str], bool] = open_browser,
        command: list[str] | None = None,
    ) -> None:
        self._link = link
        self._address = address
        self._folder = folder
        self._software = software
        self._certificate = certificate
        self._browse = browse
        self._command = command or own_command()
        self._child: Child | None = None
        self._crashes: deque[float] = deque(maxlen=RESTARTS + 1)
        self._closing = False
        self._lock = threading.RLock()
        self.trouble = ""  # why the browser is used instead of the window

    def open(self, path: str = "/") -> None:
        """Bring the window to the front with that page, or start it."""
        with self._lock:
            if self._closing:
                return
            # Without a page asked for, the one that is shown stays.
            line = "show" if path == "/" else f"go {self._link(path)}"
            if self._child and self.is_open() and self._child.tell(line):
                self._child.asked = path
            else:
                self._start(path)

    def is_open(self) -> bool:
        child = self._child
        return child is not None and child.process.poll() is None

    def ask_to_close(self) -> None:
        """The window begins to go; no new one comes."""
        with self._lock:
            self._closing = True
            if self._child:
                self._child.wanted = False
                self._child.tell("quit")

    def close(self) -> None:
        """End the window, kindly or not."""
        self.ask_to_close()
        if self._child is None:
            return
        try:
            self._child.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._child.process.kill()
            self._child.process.wait()

    def _start(self, path: str) -> None:
        try:
            process = subprocess.Popen(  # noqa: S603  our own program
                [*self._command, "window", "--url", self._address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=self._environment(),
                umask=usual_umask(),  # what people save from a page is theirs to share
            )
        except OSError as error:
            self._fall_back(path, f"it cannot be started: {error.strerror}")
            return
        child = self._child = Child(process)
        child.tell(msgspec.json.encode(self._order(path)).decode())
        threading.Thread(target=self._watch, args=(child, path), name="window", daemon=True).start()

    def _order(self, path: str) -> Order:
        icon = bundled("assets", "icons", "oculus.png")
        certificate = str(self._certificate or "")
        return Order(self._link(path), str(self._folder), str(icon), certificate)

    def _environment(self) -> dict[str, str]:
        more = {"WEBKIT_DISABLE_DMABUF_RENDERER": "1"} if self._software else {}
        return {**os.environ, **more}

    def _watch(self, child: Child, path: str) -> None:
        """On a thread of its own, as long as the window lives."""
        late = threading.Timer(SHOWN_S, self._too_late, (child,))
        late.name, late.daemon = "window-late", True
        late.start()
        assert child.process.stdout is not None
        for line in child.process.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "shown":
                child.shown.set()
                self.trouble = ""
                late.cancel()
            elif word == "done":
                child.asked = None
            elif word == "failed":
                child.said = rest.rstrip(".")
        late.cancel()
        self._ended(child, child.process.wait(), path)

    def _too_late(self, child: Child) -> None:
        child.said = f"it did not come within {SHOWN_S:.0f} s"
        child.process.kill()

    def _ended(self, child: Child, code: int, path: str) -> None:
        with self._lock:
            if not child.wanted or self._closing or child is not self._child:
                return
            if code == 0:
                if child.asked is not None:  # it was closing already when it was asked
                    self._start(child.asked)
                return
            if not has_display():
                return  # the session ends, and nobody is there to see anything
            if child.said or not child.shown.is_set():
                self._fall_back(path, child.said or f"it ended with code {code} before it was shown")
                return
            self._crashes.append(time.monotonic())
            if len(self._crashes) > RESTARTS and self._crashes[-1] - self._crashes[0] < WITHIN_S:
                self._crashes.clear()
                self._fall_back(path, f"it crashed {RESTARTS + 1} times within {WITHIN_S / 60:.0f} minutes")
                return
            log.warning("window: ended with code %d; opening it again", code)
            self._start("/")

    def _fall_back(self, path: str, why: str) -> None:
        self.trouble = f"No window: {why}. The pages open in the browser instead"
        log.warning("window: %s", self.trouble)
        # Looking for a browser asks the session's services. They may hang, and nobody here waits for them.
        threading.Thread(target=self._open_elsewhere, args=(path, why), name="browser", daemon=True).start()

    def _open_elsewhere(self, path: str, why: str) -> None:
        if not self._browse(self._link(path)):
            self.trouble = f"No window: {why}. There is no browser either; `oculus open` prints an address"
            log.warning("window: %s", self.trouble)
