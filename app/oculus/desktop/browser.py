"""The default browser, for when there is no window.

It is started by a child, never by this process: files that a browser saves are a person's to share, and ours
are not; and a frozen program's libraries are not for the browser.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import webbrowser

from oculus.core.extras import is_frozen
from oculus.core.private import usual_umask


def open_browser(address: str) -> bool:
    """False when there is none. The address opens the pages once, so it may be seen."""
    if os.name != "posix" or (is_frozen() and sys.platform != "linux"):
        return webbrowser.open(address)
    command = opener()
    if command is None:
        return False
    subprocess.Popen([*command, address], env=environment(), umask=usual_umask())  # noqa: S603  both are known
    return True


def opener() -> list[str] | None:
    """What opens an address, or None."""
    if is_frozen():
        found = shutil.which("xdg-open")
        return [found] if found else None
    try:
        webbrowser.get()
    except webbrowser.Error:
        return None
    return [sys.executable, "-m", "webbrowser"]


def environment() -> dict[str, str]:
    """A frozen program has put its own libraries before the system's."""
    if not is_frozen():
        return dict(os.environ)
    kept = os.environ.get("LD_LIBRARY_PATH_ORIG")
    clean = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    return clean | ({"LD_LIBRARY_PATH": kept} if kept else {})
