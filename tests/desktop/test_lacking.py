"""What is not there, or goes, while the whole program runs: its libraries, the popups' service."""

import socket
import sys

import pytest

from fakes.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bench is an X server")

OK = "#35c98a"
ABSENT = """
from importlib.machinery import PathFinder

find = PathFinder.find_spec

def find_others(name, path=None, target=None):
    return None if name.partition(".")[0] in {names!r} else find(name, path, target)

PathFinder.find_spec = find_others
"""


@pytest.fixture
def without(tmp_path, monkeypatch):
    """An environment in which some libraries are not installed."""

    def make(*names):
        place = tmp_path / "absent"
        place.mkdir()
        (place / "sitecustomize.py").write_text(ABSENT.format(names=set(names)))
        found = [str(place), *filter(None, sys.path)]
        return {"PYTHONPATH": ":".join(found)}

    return make


def test_without_the_desktops_libraries_the_browser_opens_and_each_thing_says_what_to_do(
    screen, oculus, without
):
    screen.start_tray()
    program = oculus(screen, **without("pystray", "webview", "jeepney", "plyer", "gi", "Xlib")).ready()
    eventually(program.opened)
    icon, window = eventually(lambda: len(program.desk()["notes"]) == 2 and program.desk()["notes"])
    install = f'Run: {sys.executable} -m pip install "oculus-monitor[desktop]", then start Oculus anew'
    assert icon == f"The icon near the clock cannot be shown: the library pystray is not here. {install}"
    assert window.startswith(f"No window: the library pywebview is not here. {install}. The pages open in")
    failed = program.start("send-test", "desktop")
    assert failed.wait(60) == 1
    assert f"the library jeepney is not here. {install}" in program.said()
    assert program.quit() == 0
    assert "Traceback" not in program.said()


def test_a_session_bus_that_hangs_keeps_nothing_but_the_icon_away(screen, oculus, tmp_path):
    screen.start_tray()
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "deaf"))
        deaf.listen()
        program = oculus(screen, "--hidden", DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path}/deaf").ready()
        (note,) = eventually(lambda: program.desk()["notes"])
        assert note.startswith("The session bus does not answer")
        assert program.quit() == 0
    assert "everything collected is stored" in program.said()


def test_a_test_message_is_a_popup(full_screen, oculus):
    program = oculus(full_screen, "--hidden").ready()
    assert program.start("send-test", "desktop").wait(60) == 0
    (popup,) = eventually(full_screen.popups)
    assert "test" in popup["summary"].lower()
    assert program.desk()["popups"] == "session bus"


def is_silent(program):
    """It may say something else before: on a busy machine the icon is late."""
    why = "Popups cannot be shown (session bus: no notification service answers"
    return any(note.startswith(why) for note in program.desk()["notes"])


def test_a_popup_that_nobody_could_show_comes_once_somebody_can(full_screen, oculus, port):
    program = oculus(full_screen, "--hidden").ready()
    full_screen.programs.stop("dunst")
    port.close()
    eventually(lambda: is_silent(program))
    full_screen.start_popups()
    (popup,) = eventually(full_screen.popups)
    assert popup["summary"] == "shop_down fired (critical)"
    eventually(lambda: program.desk()["notes"] == [])
    assert program.quit() == 0


def test_a_popup_that_nobody_could_show_is_shown_by_the_next_start(full_screen, oculus, port):
    program = oculus(full_screen, "--hidden").ready()
    full_screen.programs.stop("dunst")
    port.close()
    eventually(lambda: is_silent(program))
    assert program.quit() == 0
    full_screen.start_popups()
    program.process = program.start("--hidden")  # it may be due before there is an icon
    (popup,) = eventually(full_screen.popups)
    assert popup["summary"] == "shop_down fired (critical)"
    assert program.quit() == 0
