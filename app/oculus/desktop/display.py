"""Is there a screen, and a place for an icon? Asked before the libraries, which end the program if not."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

WATCHER = "org.kde.StatusNotifierWatcher"
ANSWER_S = 3.0  # at login everybody asks the bus at once


def has_display() -> bool:
    """Whether windows can be shown here. Windows and macOS always say yes."""
    if sys.platform in ("win32", "darwin"):
        return True
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland and (Path(os.environ.get("XDG_RUNTIME_DIR", "")) / wayland).exists():
        return True
    return bool(os.environ.get("DISPLAY")) and ask_x(lambda _x, _display: True, unknown=True)


def has_tray() -> bool:
    """Whether something shows icons now. On Linux it may come later than we do, or go."""
    return sys.platform in ("win32", "darwin") or has_xembed_tray() or has_notifier_tray()


def has_xembed_tray() -> bool:
    """The old kind: an X window that takes icons in."""
    if not os.environ.get("DISPLAY"):
        return False

    def owner(x: Any, display: int) -> bool:
        name = b"_NET_SYSTEM_TRAY_S%d" % x.XDefaultScreen(display)
        return bool(x.XGetSelectionOwner(display, x.XInternAtom(display, name, 0)))

    return ask_x(owner, unknown=False)


def has_notifier_tray() -> bool:
    """The new kind: a program on the session bus that is told of icons (KDE, Ubuntu, Xfce)."""
    try:
        return has_owner(WATCHER)
    except Exception:  # no bus, a broken one, or no library: none of these shows icons
        return False


def bus_hangs() -> bool:
    """Whether the session bus takes calls and answers none. GTK would wait for ever, deaf to signals."""
    if sys.platform in ("win32", "darwin"):
        return False
    try:
        has_owner(WATCHER)
    except TimeoutError:
        return True
    except Exception:  # none, a broken one, or no library: GTK does without
        return False
    return False


def has_owner(name: str) -> bool:
    """Whether some program has that name on the session bus. Raises TimeoutError, and much else."""
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
    with open_dbus_connection("SESSION", auth_timeout=ANSWER_S) as connection:
        asked = new_method_call(bus, "NameHasOwner", "s", (name,))
        return bool(connection.send_and_get_reply(asked, timeout=ANSWER_S).body[0])


def ask_x(question: Any, *, unknown: bool) -> bool:
    """Ask the X server. `unknown` is the answer when it cannot be asked without its library."""
    try:
        x = ctypes.CDLL("libX11.so.6")
    except OSError:
        return unknown
    pointer, number = ctypes.c_void_p, ctypes.c_ulong
    x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = pointer, [ctypes.c_char_p]
    x.XCloseDisplay.argtypes = x.XDefaultScreen.argtypes = [pointer]
    x.XInternAtom.restype, x.XInternAtom.argtypes = number, [pointer, ctypes.c_char_p, ctypes.c_int]
    x.XGetSelectionOwner.restype, x.XGetSelectionOwner.argtypes = number, [pointer, number]
    display = x.XOpenDisplay(None)
    if not display:
        return False
    try:
        return bool(question(x, display))
    finally:
        x.XCloseDisplay(display)
