"""The icon in a tray of the new kind, which is told of icons over the session bus (KDE, Ubuntu, Xfce)."""

import sys

import pytest

from fakes import screen as bench
from fakes.screen import NEW_TRAY, PANEL
from fakes.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bench is an X server")

OK, CRITICAL = "#35c98a", "#ff5d5d"
LONG = """\
  - name: "-x <b>&"
    sql: "SELECT string_agg('z', '') AS message FROM range(5000)"
    schedule: "* * * * * *"
    severity: critical
    channels: [desktop]
"""
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


def told(screen, what):
    """A property of the icon, and the name of its program on the bus; empty texts before it is there."""
    watched = ("/StatusNotifierWatcher", WATCHER)
    found = screen.ask(watched, PROPERTIES, "Get", "ss", (WATCHER, "RegisteredStatusNotifierItems"))
    for item in found[0][1] if found else ():
        owner, _, path = item.partition("/")
        said = screen.ask((f"/{path}", owner), PROPERTIES, "Get", "ss", ("org.kde.StatusNotifierItem", what))
        return (said[0][1], owner) if said else ("", "")
    return "", ""


def title(screen):
    """What the panel says of the icon."""
    return told(screen, "Title")[0]


def labels(screen):
    """The lines of the icon's menu, as the panel is told of them, from top to bottom."""
    menu = told(screen, "Menu")
    answer = screen.ask(menu, "com.canonical.dbusmenu", "GetLayout", "iias", (0, -1, [])) if all(menu) else ()
    found, waiting = [], list(answer[1:])  # the menu may be made anew this moment
    while waiting:
        _, about, inside = waiting.pop()
        # One underscore would be the mark of a key.
        found += [about["label"][1].replace("__", "_")] if "label" in about else []
        waiting += [child for _, child in reversed(inside)]
    return found


def with_line(text, lines):
    return lines if text in lines else None


def test_the_icon_follows_an_alert_and_its_menu_opens_the_window(new_screen, oculus, port):
    program = oculus(new_screen, "--hidden").ready()
    eventually(lambda: OK in new_screen.new_icon_colours())
    assert program.desk()["tray"] == "appindicator"
    eventually(lambda: title(new_screen).startswith("Oculus: oculus.queue"))
    port.close()
    eventually(lambda: CRITICAL in new_screen.new_icon_colours())
    eventually(lambda: title(new_screen) == "Oculus: 1 firing · critical: shop_down")
    eventually(lambda: "critical: shop_down" in labels(new_screen))
    new_screen.open_menu(NEW_TRAY, button=1)
    new_screen.press("Down", "Return")
    eventually(new_screen.windows)
    assert program.quit() == 0
    assert "Traceback" not in program.said()


def test_a_rule_of_odd_name_and_5000_characters_harm_neither_title_nor_menu(new_screen, oculus):
    program = oculus(new_screen, "--hidden", rules=LONG).ready()
    eventually(lambda: title(new_screen) == "Oculus: 1 firing · critical: -x <b>&")
    lines = eventually(lambda: with_line("critical: -x <b>&", labels(new_screen)))
    assert (lines[0], lines[-1]) == ("Open Oculus", "Quit Oculus")
    (alert,) = program.ask("/api/alerts")["alerts"]
    assert alert["message"] == "z" * 5000
    (popup,) = eventually(new_screen.popups)
    assert popup["summary"] == "-x <b>& fired (critical)"
    assert popup["body"].startswith("zzz")
    assert len(popup["body"]) <= 300
    assert program.quit() == 0
    assert "Traceback" not in program.said()


def test_a_panel_that_was_ended_and_comes_again_shows_the_icon_again(new_screen, oculus):
    program = oculus(new_screen, "--hidden").ready()
    eventually(lambda: OK in new_screen.new_icon_colours())
    new_screen.programs.stop(PANEL)
    eventually(lambda: OK not in new_screen.new_icon_colours())
    new_screen.start_new_tray()
    eventually(lambda: OK in new_screen.new_icon_colours())
    assert program.quit() == 0
