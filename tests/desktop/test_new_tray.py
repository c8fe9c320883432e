"""The icon in a tray of the new kind, which is told of icons over the session bus (KDE, Ubuntu, Xfce)."""

import sys
import time

import pytest

from fakes import screen as bench
from fakes.screen import NEW_TRAY, PANEL, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bench is an X server")

OK, CRITICAL = "#35c98a", "#ff5d5d"
WATCHER = "org.kde.StatusNotifierWatcher"
PROPERTIES = "org.freedesktop.DBus.Properties"


@pytest.fixture
def new_screen(screen, tmp_path):
    """A desktop whose panel has such a tray."""
    bench.needs_gtk()
    bench.needs_new_tray()
    screen.start_bus(tmp_path)
    screen.start_popups()
    screen.start_new_tray()
    return screen


def title(screen):
    """What the panel is told to say of the icon."""
    found = screen.ask(
        ("/StatusNotifierWatcher", WATCHER),
        PROPERTIES, "Get", "ss", (WATCHER, "RegisteredStatusNotifierItems"),
    )  # fmt: skip
    for item in found[0][1] if found else ():
        owner, _, path = item.partition("/")
        said = screen.ask(
            (f"/{path}", owner), PROPERTIES, "Get", "ss", ("org.kde.StatusNotifierItem", "Title")
        )
        return said[0][1] if said else ""
    return ""


def test_the_icon_follows_an_alert_and_its_menu_opens_the_window(new_screen, oculus, port):
    program = oculus(new_screen, "--hidden").ready()
    until(lambda: OK in new_screen.new_icon_colours())
    assert program.desk()["tray"] == "appindicator"
    until(lambda: title(new_screen).startswith("Oculus: oculus.queue"))
    port.close()
    until(lambda: CRITICAL in new_screen.new_icon_colours())
    until(lambda: title(new_screen) == "Oculus: 1 firing · critical: shop_down")
    new_screen.click(NEW_TRAY)
    time.sleep(0.7)  # the menu opens
    new_screen.press("Down", "Return")
    until(new_screen.windows)
    assert program.quit() == 0
    assert "Traceback" not in program.said()


def test_a_panel_that_was_ended_and_comes_again_shows_the_icon_again(new_screen, oculus):
    program = oculus(new_screen, "--hidden").ready()
    until(lambda: OK in new_screen.new_icon_colours())
    new_screen.programs.stop(PANEL)
    until(lambda: OK not in new_screen.new_icon_colours())
    new_screen.start_new_tray()
    until(lambda: OK in new_screen.new_icon_colours())
    assert program.quit() == 0
