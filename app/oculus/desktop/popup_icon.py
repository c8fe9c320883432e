"""Popups from the icon near the clock, for where nothing else shows them on Windows. Untested there."""

from __future__ import annotations

from collections.abc import Callable

from oculus.core.desk import Popup
from oculus.desktop.way import Unavailable
from oculus.desktop.words import windows_words

Say = Callable[[str, str], None]  # title and text


class FromIcon:
    """A way to show a popup. `icon()` is how the icon says something, or None while there is no icon."""

    name = "icon"

    def __init__(self, icon: Callable[[], Say | None]) -> None:
        self._icon = icon

    def show(self, popup: Popup) -> None:
        say = self._icon()
        if say is None:
            raise Unavailable("there is no icon near the clock")
        try:
            say(*windows_words(popup.title, popup.text))
        except Exception as error:  # the library's own, and Windows' by their numbers
            raise Unavailable(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """The icon goes by itself."""
