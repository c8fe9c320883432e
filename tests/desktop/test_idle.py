"""For how long nobody has touched keyboard or mouse."""

import subprocess
import time

import pytest

from fakes.screen import needs
from fakes.waiting import eventually
from oculus.core.desk import somebody_at
from oculus.desktop import idle
from oculus.desktop.idle import Idle


def broken():
    raise OSError("no such library")


def test_the_first_way_that_knows_is_believed():
    assert Idle([broken, lambda: 7.0, lambda: 9.0]).seconds() == 7.0


def test_where_no_way_knows_nobody_is_there_and_that_is_said_once(caplog):
    caplog.set_level("INFO", "oculus")
    unknown = Idle([broken])
    for _ in range(3):
        assert unknown.seconds() is None
        unknown._asked_at = float("-inf")
    assert len(caplog.records) == 1
    assert "no such library" in caplog.text


def test_many_questions_in_one_moment_are_one(monkeypatch):
    monkeypatch.setattr(idle, "KEPT_S", 60.0)  # a busy machine makes moments long
    asked = []
    often = Idle([lambda: float(len(asked.append(0) or asked))])
    assert [often.seconds() for _ in range(50)] == [1.0] * 50


@pytest.mark.parametrize(
    ("seconds", "there"), [(0.0, True), (119.0, True), (120.0, False), (9999.0, False), (None, False)]
)
def test_somebody_is_there_until_two_minutes_after_the_last_touch(seconds, there):
    class Desk:
        def idle_s(self):
            return seconds

    assert somebody_at(Desk()) is there


def test_without_a_desktop_nobody_is_there():
    assert somebody_at(None) is False


def test_each_system_has_its_way(monkeypatch):
    for system, wayland, ways in [
        ("win32", "", [idle.windows]),
        ("darwin", "", [idle.macos]),
        ("linux", "", [idle.x11, idle.session_bus]),
        ("linux", "wayland-0", [idle.session_bus]),
    ]:
        monkeypatch.setattr("sys.platform", system)
        monkeypatch.setenv("WAYLAND_DISPLAY", wayland)
        assert idle.ways_here() == ways


@pytest.fixture
def display(monkeypatch, tmp_path):
    """An X server of its own, with nobody at it."""
    needs()
    read = tmp_path / "display"
    with read.open("w") as out:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", "1", "-noreset", "-nolisten", "tcp"], stdout=out, stderr=subprocess.DEVNULL
        )
    number = eventually(lambda: read.read_text().strip())
    monkeypatch.setenv("DISPLAY", f":{number}")
    yield
    server.terminate()
    server.wait(60)


def touch():
    """Move the mouse."""
    from Xlib import X
    from Xlib.display import Display
    from Xlib.ext import xtest

    x = Display()
    xtest.fake_input(x, X.MotionNotify, x=50, y=60)
    x.sync()
    x.close()


def test_x_counts_since_the_last_touch(display):
    eventually(lambda: idle.x11() > 0.5)
    begun = time.monotonic()
    touch()
    assert idle.x11() <= time.monotonic() - begun + 0.4
    assert eventually(lambda: idle.x11() > 0.6)
