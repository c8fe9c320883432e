"""For how long nobody has touched keyboard or mouse. What is not known is None, and counts as away.

Linux     X11's screen saver extension; under Wayland the services of GNOME and KDE on the session bus
Windows   GetLastInputInfo
macOS     CGEventSourceSecondsSinceLastEventType
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

KEPT_S = 1.0  # many rules may ask in the same moment
ANSWER_S = 0.5
COMBINED_SESSION, ANY_INPUT = 0, 0xFFFFFFFF  # macOS: what counts
SERVICES = (  # path, interface and bus name, method; each answers in ms
    ("/org/gnome/Mutter/IdleMonitor/Core", "org.gnome.Mutter.IdleMonitor", "GetIdletime"),
    ("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", "GetSessionIdleTime"),
)

Way = Callable[[], float]  # seconds; raises whatever it likes


class Idle:
    """Asks the ways of this system in turn, at most once a second."""

    def __init__(self, ways: Sequence[Way] | None = None) -> None:
        self._ways = ways_here() if ways is None else ways
        self._asked_at = float("-inf")
        self._seconds: float | None = None
        self._unknown = False  # that it is not known was said

    def seconds(self) -> float | None:
        """Since somebody was last seen to be there; None when no way can tell."""
        now = time.monotonic()
        if now - self._asked_at >= KEPT_S:
            self._asked_at, self._seconds = now, self._ask()
        return self._seconds

    def _ask(self) -> float | None:
        why: list[str] = []
        for way in self._ways:
            try:
                return way()
            except Exception as error:  # each system fails in its own way; the next may know
                why.append(f"{way.__name__}: {type(error).__name__}: {error}")
        if not self._unknown:
            self._unknown = True
            log.info("desktop: it is not known whether somebody sits here (%s)", "; ".join(why))
        return None


def ways_here() -> list[Way]:
    if sys.platform == "win32":
        return [windows]
    if sys.platform == "darwin":
        return [macos]
    # Under Wayland the X server sees only what happens in X windows, so it is no witness.
    return [session_bus] if os.environ.get("WAYLAND_DISPLAY") else [x11, session_bus]


def x11() -> float:
    from Xlib.display import Display

    display = Display()
    try:
        if not display.has_extension("MIT-SCREEN-SAVER"):
            raise OSError("the X server does not tell")
        return float(display.screen().root.screensaver_query_info().idle) / 1000
    finally:
        display.close()


def session_bus() -> float:
    from jeepney import DBusAddress, MessageType, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    with open_dbus_connection(bus="SESSION") as connection:
        for path, name, method in SERVICES:
            call = new_method_call(DBusAddress(path, name, name), method)
            reply = connection.send_and_get_reply(call, timeout=ANSWER_S)
            if reply.header.message_type is MessageType.method_return:
                return float(reply.body[0]) / 1000
    raise OSError("nothing on the session bus tells")


def windows() -> float:
    class LastInput(ctypes.Structure):
        _fields_ = (("size", ctypes.c_uint), ("ms", ctypes.c_uint))

    api = ctypes.CDLL("user32"), ctypes.CDLL("kernel32")
    last = LastInput(ctypes.sizeof(LastInput), 0)
    if not api[0].GetLastInputInfo(ctypes.byref(last)):
        raise OSError("Windows does not tell")
    # Both count ms since the start in 32 bits, which are full after 49 days.
    return float((api[1].GetTickCount() - last.ms) & 0xFFFFFFFF) / 1000


def macos() -> float:
    quartz = ctypes.CDLL(ctypes.util.find_library("ApplicationServices"))
    ask = quartz.CGEventSourceSecondsSinceLastEventType
    ask.restype, ask.argtypes = ctypes.c_double, [ctypes.c_int32, ctypes.c_uint32]
    return float(ask(COMBINED_SESSION, ANY_INPUT))
