"""Pictures of icon, menu, window and popup on a real display: packaging/screenshots_desktop.py [FOLDER]

Starts an X server without a monitor with all that a desktop has, runs `oculus` on it over a handful of
ports of this machine, lets one of them go, and photographs what a person sees. Development only.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the same bench as in the tests

from fakes.screen import WIDTH, Screen, until  # type: ignore[import-not-found]  # noqa: E402

SETTINGS = """
server: {{port: 0}}
desktop: {{pinned: [net.tcp.shop, net.tcp.database], software_rendering: true}}
collectors:
{collectors}
rules:
  - {{name: database_down, condition: net.tcp.database.up == 0, for: 1s, severity: critical,
     message: "The database refuses connections", channels: [desktop, log]}}
"""
COLLECTOR = '  - {{type: tcp, target: "127.0.0.1:{port}", name: {name}, interval: 1s, timeout: 500ms}}'
NAMES = ("shop", "mail", "database", "cache", "search")
CRITICAL = "#ff5d5d"


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        screen = Screen(home)
        try:
            screen.start_bus(home)
            screen.start_popups()
            screen.start_tray()
            photograph(screen, home, folder)
        finally:
            screen.close()
    return 0


def photograph(screen: Screen, home: Path, folder: Path) -> None:
    hosts = {name: socket.create_server(("127.0.0.1", 0)) for name in NAMES}
    lines = [COLLECTOR.format(port=host.getsockname()[1], name=name) for name, host in hosts.items()]
    (home / "oculus.yaml").write_text(SETTINGS.format(collectors="\n".join(lines)), "utf-8")
    background(screen)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "oculus",
        "--config",
        home / "oculus.yaml",
        "--data",
        home / "data",
    ]
    program = subprocess.Popen(command, env=screen.environment)
    try:
        until(screen.windows, 20)
        time.sleep(20)  # some life for the lines
        tray = (WIDTH - 150, 0, WIDTH, 40)
        well = screen.picture().crop(tray)
        hosts["database"].close()
        until(lambda: CRITICAL in screen.icon_colours())
        time.sleep(1.5)
        screen.picture().save(folder / "desktop.png", optimize=True)
        screen.picture().crop((WIDTH - 420, 0, WIDTH, 180)).save(folder / "popup.png", optimize=True)
        beside(well, screen.picture().crop(tray)).save(folder / "tray.png", optimize=True)
        screen.popups()  # closes it
        for window in screen.windows():
            screen.tell_to_close(window)
        until(lambda: not screen.windows())
        screen.click(button=3)
        time.sleep(0.7)
        screen.press("Down", "Down", "Right")
        time.sleep(0.5)
        screen.picture().crop((WIDTH - 560, 0, WIDTH, 300)).save(folder / "menu.png", optimize=True)
        screen.press("Escape", "Escape")
    finally:
        program.terminate()
        program.wait(10)
        for host in hosts.values():
            host.close()


def background(screen: Screen) -> None:
    """A calm colour instead of black."""
    root = screen.x().screen().root
    root.change_attributes(background_pixel=0x2B3A4A)
    root.clear_area()
    screen.x().sync()


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Both in one picture, twice as large."""
    both = Image.new("RGB", (left.width + right.width + 8, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + 8, 0))
    return both.resize((both.width * 2, both.height * 2))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")))
