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


def pip_install(extra: str) -> str:
    """The command that installs one extra of pyproject.toml: here, and not wherever else a `pip` may be."""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    return f'{python} -m pip install "oculus-monitor[{extra}]"'


def remedy(extra: str) -> str:
    """How to have the libraries of one extra, as sentences."""
    return FROZEN[extra] if is_frozen() else f"Run: {pip_install(extra)}, then start Oculus anew."
