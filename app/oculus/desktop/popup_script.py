"""Popups by macOS's own script language, for where plyer lacks its way to the system. Untested on a Mac."""

from __future__ import annotations

import subprocess

from oculus.core.desk import Popup
from oculus.desktop.way import Unavailable
from oculus.desktop.words import BODY, TITLE, clipped, clipped_lines, no_option

PROGRAM = "/usr/bin/osascript"
LIMIT_S = 5.0
# What is said is handed over as arguments, so no text can become part of the script.
SCRIPT = (
    "on run said",
    "display notification (item 2 of said) with title (item 1 of said)",
    "end run",
)


class Script:
    """A way to show a popup. macOS shows it as one of its Script Editor."""

    name = "osascript"

    def show(self, popup: Popup) -> None:
        lines = [word for line in SCRIPT for word in ("-e", line)]
        said = no_option(clipped(popup.title, TITLE)), no_option(clipped_lines(popup.text, BODY))
        try:
            done = subprocess.run(  # noqa: S603  no shell, and no script, sees the text
                [PROGRAM, *lines, *said],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                encoding="utf-8", errors="replace", timeout=LIMIT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"it does not return within {LIMIT_S:.0f} s") from error
        except OSError as error:
            raise Unavailable(f"it cannot be started: {error.strerror}") from error
        if done.returncode:
            raise Unavailable(" ".join(done.stderr.split())[:200] or f"it ended with {done.returncode}")

    def close(self) -> None:
        """Nothing is held."""
