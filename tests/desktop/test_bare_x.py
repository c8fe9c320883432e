"""The icon where there is no GTK: drawn over a bare connection to the X server."""

import subprocess
import sys
from contextlib import suppress

import pytest
from PIL import Image, ImageChops

from fakes.waiting import eventually
from oculus.desktop.bare_x import fitted
from oculus.desktop.icons import State, draw

XError = pytest.importorskip("Xlib.error").XError
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bench is an X server")

OK, CRITICAL = "#35c98a", "#ff5d5d"
# An icon after the other; a line begins each, and the next one ends it.
ICONS = """
import sys, threading
from oculus.desktop.icons import State
from oculus.desktop.outlook import Outlook
from oculus.desktop.tray import Tray

calm = Outlook(state=State.OK, tooltip="Oculus", troubles=(), pinned=(), paused=False)

def end(tray, left):
    sys.stdin.readline()
    while not left.wait(0.1):
        tray.stop()

while sys.stdin.readline():
    tray, left = Tray(), threading.Event()
    threading.Thread(target=end, args=(tray, left)).start()
    tray.run(calm, (), lambda: None)
    left.set()
    print(tray.kind, flush=True)
"""


@pytest.fixture
def bare(screen, oculus):
    """Starts an Oculus that finds no GTK."""
    screen.start_tray()

    def start(*arguments):
        return oculus(screen, *arguments, PYSTRAY_BACKEND="xorg").ready()

    return start


def test_icon_after_icon_is_painted_and_goes_when_told(screen):
    screen.start_tray()
    environment = {**screen.environment, "PYSTRAY_BACKEND": "xorg"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    program = subprocess.Popen([sys.executable, "-c", ICONS], env=environment, text=True, bufsize=1, **pipes)
    try:
        for _ in range(8):
            program.stdin.write("begin\n")
            eventually(lambda: OK in screen.icon_colours())
            program.stdin.write("end\n")
            assert program.stdout.readline() == "xorg\n"
            eventually(lambda: OK not in screen.icon_colours())
        assert program.communicate(timeout=30)[1] == ""
    finally:
        program.kill()
        program.wait()


def test_the_icon_follows_an_alert_and_its_click_opens_the_window(screen, bare, port):
    program = bare("--hidden")
    eventually(lambda: OK in screen.icon_colours())
    eventually(
        lambda: "#000000" not in screen.icon_colours()
    )  # it stands on the panel, not on a black square
    assert program.desk()["tray"] == "xorg"
    port.close()
    eventually(lambda: CRITICAL in screen.icon_colours())
    screen.click()
    eventually(screen.windows)
    assert program.quit() == 0
    eventually(lambda: CRITICAL not in screen.icon_colours())
    assert "Traceback" not in program.said()


@pytest.mark.parametrize("size", [(24, 32), (32, 24), (1, 1), (64, 64)])
def test_the_picture_keeps_its_shape_in_a_place_that_is_not_square(size):
    made = fitted(draw(State.OK, 64), size, (200, 200, 200))
    assert made.size == size
    edges = ImageChops.difference(made, Image.new("RGB", size, (200, 200, 200))).getbbox()
    across, down = edges[2] - edges[0], edges[3] - edges[1]
    assert abs(across - down) <= 1


def test_what_is_pinned_on_the_dashboard_is_in_the_tooltip(screen, bare):
    program = bare("--hidden")
    eventually(lambda: "oculus.queue" in tooltip(screen))
    program.ask("/api/pins", {"symbol": "net.tcp.shop"})
    eventually(lambda: " · shop 0." in tooltip(screen))


def tooltip(screen):
    """Without GTK it is the name of the icon's own window."""
    names, windows = [], [screen.x().screen().root]
    while windows:
        with suppress(XError):  # it went this moment
            window = windows.pop()
            if (window.get_wm_class() or ("",))[0] == "oculusSystemTrayIcon":
                names.append(window.get_wm_name())
            windows += window.query_tree().children
    return " ".join(map(str, names))


def test_a_tray_that_was_ended_and_comes_again_takes_the_icon_in_again(screen, bare):
    program = bare("--hidden")
    eventually(lambda: OK in screen.icon_colours())
    screen.programs.stop("trayer")
    eventually(lambda: OK not in screen.icon_colours())
    screen.start_tray()
    eventually(lambda: OK in screen.icon_colours())
    assert program.quit() == 0
    assert "Traceback" not in program.said()


def test_a_display_that_goes_away_is_an_orderly_end_here_too(screen, bare):
    program = bare("--hidden")
    eventually(lambda: OK in screen.icon_colours())
    screen.programs.stop("Xvfb")
    assert program.process.wait(60) == 0
    assert "everything collected is stored" in program.said()
    assert "Traceback" not in program.said()
