"""What pystray's icon for bare X needs before it can be relied upon. It is used where there is no GTK.

It asks the tray twice to be taken in, once to be shown and once with its first picture; a tray that is still
busy with the first of them takes it in twice and then throws it out. It never asks for clicks. It paints the
picture on black, stretched to the place that it gets. And it lets several threads speak to the X server over
one connection, with a loop that no signal can end.
"""

from __future__ import annotations

import contextlib
import os
import queue
import select
from collections.abc import Callable, Iterator
from typing import Any

from PIL import Image

Colour = tuple[int, int, int]
BLACK: Colour = (0, 0, 0)
STRIP = 3  # pixels of the panel beside the icon that are looked at


class BareX:
    """Mends `icon`, then run as ever; its loop alone speaks to the X server. `put` from any thread."""

    def __init__(self, icon: Any) -> None:
        self._icon = icon
        self._display = icon._display
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._hears, self._wakes = os.pipe()
        os.set_blocking(self._hears, False)
        os.set_blocking(self._wakes, False)
        icon._events = self._events
        icon._assert_docked = self._dock
        icon._assert_icon_data = self._fit
        hear_clicks(icon)

    def put(self, work: Callable[[], None]) -> None:
        """Have it done soon by the loop's thread; never, when the loop has ended."""
        self._work.put(work)
        with contextlib.suppress(OSError):  # it is awake already, or has ended
            os.write(self._wakes, b".")

    def close(self) -> None:
        """Once the loop has ended, also by the loss of its display."""
        from Xlib.error import ConnectionClosedError

        with contextlib.suppress(ConnectionClosedError):
            self._display.close()
        # pystray does all this again when it forgets the icon, and cannot bear a lost display.
        self._icon._running, self._icon._display = False, contextlib.ExitStack()
        hears, wakes = self._hears, self._wakes
        self._hears = self._wakes = -1
        os.close(hears)
        os.close(wakes)

    def _dock(self) -> None:
        """Ask the tray, once each, to take the icon in. One that comes later is asked when there is work."""
        if self._icon._systray_manager is None:
            self._icon._dock_window()

    def _fit(self, width: int, height: int) -> None:
        """Have the picture that is painted into a window of that size."""
        icon = self._icon
        if icon._icon_data is None or icon._icon_data.size != (width, height):
            icon._icon_data = fitted(icon._icon, (width, height), ground(icon, width, height))
            icon._icon_data.tostring = icon._icon_data.tobytes  # as the library calls it

    def _events(self) -> Iterator[Any]:
        """What happens to the icon, until its display is lost. What others want done is done in between."""
        from Xlib.error import ConnectionClosedError

        with contextlib.suppress(ConnectionClosedError):
            while True:
                self._do_work()
                while self._display.pending_events():
                    yield self._display.next_event()
                self._display.sync()  # what was drawn is with the server before this sleeps
                if not self._display.pending_events():
                    select.select([self._display, self._hears], [], [])

    def _do_work(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._hears, 4096)
        with contextlib.suppress(queue.Empty):
            while True:
                self._work.get_nowait()()
                if self._icon.visible:
                    self._dock()


def fitted(picture: Image.Image, size: tuple[int, int], colour: Colour) -> Image.Image:
    """In the middle of a place of that size, which is not always square, on that colour."""
    side = max(1, min(size))
    small = picture.resize((side, side), Image.Resampling.LANCZOS)
    made = Image.new("RGB", size, colour)
    made.paste(small, ((size[0] - side) // 2, (size[1] - side) // 2), small)
    return made


def ground(icon: Any, width: int, height: int) -> Colour:
    """The colour of the panel, which shows beside the icon; black where it cannot be told."""
    from Xlib import X
    from Xlib.error import XError

    root = icon._display.screen().root
    try:
        corner = root.translate_coords(icon._window, 0, 0)
        left = corner.x - STRIP if corner.x >= STRIP else corner.x + width
        seen = root.get_image(left, corner.y, STRIP, height, X.ZPixmap, 0xFFFFFFFF)
        strip = Image.frombytes("RGB", (STRIP, height), seen.data, "raw", "BGRX")
    except (XError, ValueError):  # outside of the screen; a depth that nobody has any more
        return BLACK
    _, colour = max(strip.getcolors(STRIP * height) or [(0, BLACK)])
    return colour  # type: ignore[return-value]  # three numbers, as it is RGB


def hear_clicks(icon: Any) -> None:
    """Before the loop runs; later, the first request to paint may be lost."""
    from Xlib import X

    icon._window.change_attributes(event_mask=X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask)
    icon._display.flush()
