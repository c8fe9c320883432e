"""The pictures in assets/icons, drawn by the same code as the tray's: python packaging/icons.py

PNG for popups and menus of Linux and macOS, ICO for Windows. Development only.
"""

from __future__ import annotations

import sys
from pathlib import Path

from oculus.desktop.icons import State, draw, emblem

ICONS = Path(__file__).resolve().parent.parent / "assets" / "icons"
POPUP = 64
LARGE = 256
WINDOWS = [(size, size) for size in (16, 20, 24, 32, 48, 64, 256)]


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    for state in State:
        draw(state, POPUP).save(folder / f"{state}.png", optimize=True)
    picture = emblem(LARGE)
    picture.save(folder / "oculus.png", optimize=True)
    picture.save(folder / "oculus.ico", sizes=WINDOWS)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ICONS))
