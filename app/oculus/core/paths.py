"""Where things lie: the person's settings and data, and the files that Oculus brings along."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

PACKAGE = Path(__file__).resolve().parent.parent


def settings_folder() -> Path:
    """Where oculus.yaml lies unless --config says otherwise."""
    return Path(platformdirs.user_config_dir("oculus", appauthor=False))


def data_folder() -> Path:
    """Where the database, the token and the logs lie unless --data or OCULUS_DATA says otherwise."""
    chosen = os.environ.get("OCULUS_DATA")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("oculus", appauthor=False))


def bundled(*parts: str) -> Path:
    """A file under ui/ or assets/: in a frozen program, a wheel, or the checkout, whichever has it."""
    frozen = getattr(sys, "_MEIPASS", None)
    roots = [Path(frozen)] if frozen else [PACKAGE, PACKAGE.parent.parent]
    found = [root.joinpath(*parts) for root in roots if root.joinpath(*parts).exists()]
    if not found:
        raise FileNotFoundError(f"{'/'.join(parts)} is missing from this installation of Oculus")
    return found[0]


def private_folder(path: Path) -> Path:
    """Make `path` for its owner only and return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
