"""The end of the session, as X tells it: the display goes, and its library ends whoever had it open.

Stopping in order needs a moment more, so the last call that the library makes is ours.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
from collections.abc import Callable

log = logging.getLogger(__name__)

Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
kept: list[object] = []  # the library has only the address


def when_display_goes(end: Callable[[], None]) -> None:
    """Call `end` once when the display is lost, then end the program with 0. Set it after GTK set its own."""
    if sys.platform != "linux":
        return
    try:
        x = ctypes.CDLL("libX11.so.6")
    except OSError:
        return

    def gone(_display: int) -> int:
        log.warning("desktop: the display has gone; stopping")
        try:
            end()
        finally:  # whoever returns from here is ended with 1
            os._exit(0)

    handler = Handler(gone)
    kept.append(handler)
    x.XSetIOErrorHandler(handler)
