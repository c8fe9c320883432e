"""Popups by plyer, for Windows and macOS. It gets a thread of its own and a time limit."""

from __future__ import annotations

import sys
import threading
import warnings
from typing import Any

from oculus.core.desk import Popup
from oculus.core.paths import bundled
from oculus.desktop.way import Unavailable
from oculus.desktop.words import BODY, TITLE, clipped, clipped_lines, no_option, windows_words

LIMIT_S = 10.0


class Plyer:
    """A way to show a popup. What hangs is left to itself, and not asked again until it came back."""

    name = "plyer"

    def __init__(self) -> None:
        self._busy: threading.Thread | None = None

    def show(self, popup: Popup) -> None:
        if self._busy and self._busy.is_alive():
            raise Unavailable("the last one still hangs")
        failed: list[Exception] = []
        self._busy = threading.Thread(target=notify, args=(popup, failed), name="popup-plyer", daemon=True)
        self._busy.start()
        self._busy.join(LIMIT_S)
        if self._busy.is_alive():
            raise Unavailable(f"it does not return within {LIMIT_S:.0f} s")
        if failed:
            raise Unavailable(f"{type(failed[0]).__name__}: {failed[0]}") from failed[0]

    def close(self) -> None:
        """Nothing is held."""


def notify(popup: Popup, failed: list[Exception]) -> None:
    try:
        from plyer import notification

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notification.notify(**arguments(popup))
    except Exception as error:  # each system fails in its own way; it is told by who asked
        failed.append(error)


def arguments(popup: Popup) -> dict[str, Any]:
    """As plyer wants it. Windows takes less than others, and a picture of its own kind."""
    given = {"app_name": "Oculus", "timeout": 10}
    if sys.platform == "win32":
        title, text = windows_words(popup.title, popup.text)
        return {**given, "title": title, "message": text,
                "app_icon": str(bundled("assets", "icons", "oculus.ico"))}  # fmt: skip
    title, text = no_option(clipped(popup.title, TITLE)), clipped_lines(popup.text, BODY)
    return {**given, "title": title, "message": text}
