"""What every way to show a popup has in common."""

from __future__ import annotations

from typing import Protocol

from oculus.core.desk import Popup


class Unavailable(Exception):
    """This way cannot show it. The words are for people."""


class Way(Protocol):
    """One way to show a popup."""

    name: str

    def show(self, popup: Popup) -> None:
        """Returns once it is handed over. Raises Unavailable within a few seconds otherwise."""

    def close(self) -> None: ...
