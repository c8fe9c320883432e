"""How Windows and macOS tell a program with an icon to end, put right around pystray. Untested there.

Windows asks every window whether the session may end, and pystray says no to whatever it does not know; its
loop lets no signal through. On macOS it ends the program at Ctrl+C, and so does the system at logging out,
before Python could store anything.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

QUERY_END, END, NULL = 0x0011, 0x0016, 0x0000  # Windows' messages
NOW = 1  # macOS: terminate without further ado
kept: list[object] = []  # macOS only has its address


def hear_end(icon: Any, end: Callable[[], None]) -> None:
    """Call `end`, which stops everything else, on the icon's thread once the system wants us to go."""
    if sys.platform == "win32":
        icon._message_handlers.update({QUERY_END: lambda *_: 1, END: lambda sure, _: sure and leave(end)})
    elif sys.platform == "darwin":
        asked = delegate(end)
        icon._app.setDelegate_(asked)
        kept.append(asked)


def leave(end: Callable[[], None]) -> None:
    try:
        end()
    finally:  # whoever answers is ended by Windows, sooner or later
        os._exit(0)


def delegate(end: Callable[[], None]) -> Any:
    """Whom macOS asks before it ends the program."""
    cocoa: Any = import_module("Foundation")  # macOS alone has it

    class Ending(cocoa.NSObject):  # type: ignore[misc]
        def applicationShouldTerminate_(self, _app: Any) -> int:  # noqa: N802
            end()
            return NOW

    return Ending.alloc().init()


def let_signals_through(icon: Any) -> None:
    """Every second: Python comes round to its handlers. On macOS each change of the icon does that."""
    if sys.platform == "win32":
        from pystray._util import win32

        win32.PostMessage(icon._hwnd, NULL, 0, 0)
