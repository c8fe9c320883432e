"""How this program was made: how it starts itself, and what to do about libraries that are not here."""

from __future__ import annotations

import sys

FROZEN = {
    "desktop": "Take the bundle whose name ends in -window; nothing can be installed into this one.",
    "apprise": "The bundle goes without it and nothing can be installed into it. Where there is a Python: "
    "pip install 'oculus-monitor[apprise]', and start that Oculus instead.",
}


def is_frozen() -> bool:
    """Whether this program was made by PyInstaller and needs no Python."""
    return bool(getattr(sys, "frozen", False))


def own_command() -> list[str]:
    """How this program starts itself; frozen, it is its own interpreter."""
    return [sys.executable] if is_frozen() else [sys.executable, "-m", "oculus"]


def remedy(extra: str) -> str:
    """How to have the libraries of one extra of pyproject.toml, as sentences."""
    if is_frozen():
        return FROZEN[extra]
    return f"Run: pip install 'oculus-monitor[{extra}]', then start Oculus anew."
