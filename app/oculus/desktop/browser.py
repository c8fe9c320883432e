"""The default browser, for when there is no window."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import webbrowser

from oculus.core.extras import is_frozen
from oculus.core.private import as_usual


def open_browser(address: str) -> bool:
    """False when there is none. The address opens the pages once, so it may be seen."""
    kept = os.environ.get("LD_LIBRARY_PATH_ORIG")
    opener = shutil.which("xdg-open") if sys.platform == "linux" else None
    if not is_frozen() or opener is None:
        with as_usual():
            return webbrowser.open(address)
    # A frozen program has put its own libraries before the system's; the browser must not get them.
    clean = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    environment = clean | ({"LD_LIBRARY_PATH": kept} if kept else {})
    with as_usual():
        subprocess.Popen([opener, address], env=environment)  # noqa: S603  both are known
    return True
