"""What a person does about libraries that are not here. A frozen program can be given none."""

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


def remedy(extra: str) -> str:
    """How to have the libraries of one extra of pyproject.toml, as sentences."""
    if is_frozen():
        return FROZEN[extra]
    return f"Run: pip install 'oculus-monitor[{extra}]', then start Oculus anew."
