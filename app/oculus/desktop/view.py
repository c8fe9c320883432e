"""Is there a web view for the window? Looked at without opening one."""

from __future__ import annotations

import importlib.util
import sys

from oculus.core.extras import is_frozen, pip_install, remedy

DEBIAN = "sudo apt-get install gir1.2-webkit2-4.1"
NEEDED = {"Gtk": ("3.0",), "WebKit2": ("4.1", "4.0")}  # any of the versions will do


def missing_view() -> tuple[str, str]:
    """Why there is no window, and what to do about it; empty texts when there is one."""
    if importlib.util.find_spec("webview") is None:
        return "the library pywebview is not here", remedy("desktop")
    return missing_gtk() if sys.platform == "linux" else ("", "")


def missing_gtk() -> tuple[str, str]:
    """Windows and macOS bring a web view along; on Linux it is two packages, and Python's way to them."""
    try:
        import gi
    except ImportError:
        if is_frozen():  # it has its own, which wants the system's libraries
            return "the system has no GTK", f"Install it, on Debian: {DEBIAN}"
        return "Python's way to GTK is not here", f"{DEBIAN}, then: {pip_install('gtk')}"
    for name, versions in NEEDED.items():
        if not any(has(gi, name, version) for version in versions):
            return f"the system has no {name} {versions[0]}", f"Install it, on Debian: {DEBIAN}"
    return "", ""


def has(gi: object, name: str, version: str) -> bool:
    """Asked of the list of what is installed, so that nothing is loaded."""
    return version in gi.Repository.get_default().enumerate_versions(name)  # type: ignore[attr-defined]
