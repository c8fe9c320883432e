"""Pictures of icon, menu, window and popup on a real display: packaging/screenshots_desktop.py [FOLDER]

Starts an X server without a monitor with all that a desktop has and, on it, the real icon and window of a
real Oculus that has seen a made-up world (screenshot_world.py); lets one more host of that world go down, and
photographs what a person sees. Development only.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PIL import Image

import screenshot_world
from oculus.core.secret import Secret
from oculus.desktop.autostart import DesktopFile, Login
from oculus.desktop.icons import COLOURS, State
from oculus.desktop.outlook import Outlook
from oculus.desktop.shell import Shell
from oculus.desktop.tray import Tray
from oculus.web.serving.server import WebServer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))  # the same bench as in the tests

from fakes.screen import WIDTH, Screen  # type: ignore[import-not-found]  # noqa: E402
from fakes.waiting import eventually  # type: ignore[import-not-found]  # noqa: E402

PINNED = 'desktop: {pinned: ["net.ping.google.com", "crypto.price.btc_usd"], software_rendering: true}\n'
RULE = """\
  - {name: nas_down, condition: net.ping.nas.local.up == 0, severity: critical, channels: [desktop, log],
     message: "nas.local does not answer"}
"""
VICTIM, SAID = "net.ping.nas.local", "nas.local does not answer"
TOKEN = Secret("a-token-for-pictures-of-enough-characters")
DARK = {"GTK_THEME": "Adwaita:dark"}
CALM_S = 3.0  # for the page to be drawn, and what moves to have arrived
ICON = (WIDTH - 34, 0, WIDTH, 34)


def main(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        screen = Screen(home)
        screen.environment.update(DARK)
        try:
            background(screen)
            screen.start_bus(home)
            screen.start_popups()
            screen.start_tray()
            side_by_side([icon(screen, state) for state in State]).save(folder / "tray.png", optimize=True)
            with started(screen, "world", str(home)) as program:
                photograph(screen, program, folder)
        finally:
            screen.close()
    return 0


# What is photographed; each runs in a program of its own


def world(home: str) -> None:
    """A desktop in that made-up world. SIGUSR1 takes one more host away."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    seen: list[screenshot_world.World] = []
    within(seen)
    with (
        screenshot_world.running(Path(home)) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        oculus.address = server.url
        signal.signal(
            signal.SIGUSR1, lambda *_: threading.Thread(target=lose, args=(oculus, seen[0])).start()
        )
        login = Login(DesktopFile(["oculus"], Path(home)))
        shell = oculus.desk = Shell(oculus, server.one_time_link, Path(home), login, stop, stop.set)
        shell.run()
        shell.close()


def within(seen: list[screenshot_world.World]) -> None:
    """Have the world come with one rule more, and know it when it is made."""
    usual = screenshot_world.World
    before, after = screenshot_world.SETTINGS.split("channels:\n", 1)

    def known() -> screenshot_world.World:
        seen.append(usual())
        return seen[0]

    screenshot_world.SETTINGS = PINNED + before + RULE + "channels:\n" + after
    screenshot_world.World = known  # type: ignore[assignment,misc]


def lose(oculus: Any, seen: screenshot_world.World) -> None:
    seen.courses[VICTIM] = replace(seen.courses[VICTIM], down=10**6, trouble=SAID)
    screenshot_world.until(lambda: screenshot_world.asked(oculus, "nas.local"), "it is not asked")


def alone(state: str) -> None:
    """The icon in that state."""
    tray = Tray()
    signal.signal(signal.SIGTERM, lambda *_: tray.stop())
    shown = Outlook(state=State(state), tooltip="Oculus", troubles=(), pinned=(), paused=False)
    tray.run(shown, (), lambda: None)


# Who photographs


@contextmanager
def started(screen: Screen, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    program = subprocess.Popen([sys.executable, __file__, *words], env=screen.environment)
    try:
        yield program
    finally:
        program.terminate()
        program.wait(15)


def icon(screen: Screen, state: State) -> Image.Image:
    """As it is near the clock."""
    with started(screen, "alone", state.value):
        eventually(lambda: COLOURS[state] in screen.icon_colours())
        time.sleep(0.2)
        seen: Image.Image = screen.picture().crop(ICON)
    return seen


def photograph(screen: Screen, program: subprocess.Popen[bytes], folder: Path) -> None:
    eventually(screen.windows)
    time.sleep(CALM_S)
    program.send_signal(signal.SIGUSR1)
    time.sleep(CALM_S)
    screen.picture().save(folder / "desktop.png", optimize=True)
    screen.picture().crop((WIDTH - 420, 0, WIDTH, 180)).save(folder / "popup.png", optimize=True)
    screen.popups()  # closes it
    for window in screen.windows():
        screen.tell_to_close(window)
    eventually(lambda: not screen.windows())
    screen.open_menu()
    screen.press("Down", "Down", "Right")
    time.sleep(0.5)
    screen.picture().crop((WIDTH - 560, 0, WIDTH, 340)).save(folder / "menu.png", optimize=True)
    screen.press("Escape", "Escape")


def background(screen: Screen) -> None:
    """A calm colour instead of black."""
    root = screen.x().screen().root
    root.change_attributes(background_pixel=0x2B3A4A)
    root.clear_area()
    screen.x().sync()


def side_by_side(pictures: list[Image.Image]) -> Image.Image:
    """All in one picture, twice as large."""
    wide, high = pictures[0].size
    whole = Image.new("RGB", (len(pictures) * (wide + 2) - 2, high), "white")
    for place, picture in enumerate(pictures):
        whole.paste(picture, (place * (wide + 2), 0))
    return whole.resize((whole.width * 2, whole.height * 2), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    if sys.argv[1:2] == ["world"]:
        world(sys.argv[2])
    elif sys.argv[1:2] == ["alone"]:
        alone(sys.argv[2])
    else:
        raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")))
