"""What a desktop needs, looked at on a real one: an X server, a bus, a notification service, a tray."""

import pytest

from fakes import screen as bench
from oculus.desktop import view
from oculus.doctor import desk
from oculus.doctor.finding import State


@pytest.mark.parametrize(("frozen", "words"), [(False, "pip install"), (True, "ends in -window")])
def test_what_is_to_be_done_about_a_missing_window_can_be_done(monkeypatch, frozen, words):
    monkeypatch.setattr(view.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr("sys.frozen", frozen, raising=False)
    found = desk.window()
    assert found.state is State.ODD
    assert words in found.remedy


@pytest.fixture
def screen(tmp_path, monkeypatch):
    bench.needs()
    made = bench.Screen(tmp_path)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", made.name)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    yield made
    made.close()


def test_a_bare_display_misses_tray_and_popups_each_with_a_remedy(screen):
    found = {each.check: each for each in desk.desktop()}
    assert found["display"].state is State.OK
    for check, words in (("tray", "AppIndicator"), ("popups", "dunst")):
        assert found[check].state is State.ODD
        assert words in found[check].remedy


def test_without_a_session_bus_the_remedy_is_to_be_within_the_session(screen, monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)  # whose bus is nowhere
    assert "start Oculus within the desktop's session" in desk.popups().says


def test_a_full_desktop_misses_nothing_and_shows_no_popup_for_being_asked(screen, tmp_path, monkeypatch):
    bench.needs_gtk()
    for limit in ("display", "popup_bus"):
        monkeypatch.setattr(f"oculus.desktop.{limit}.ANSWER_S", 30.0)  # the machine may be busy
    screen.start_bus(tmp_path)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", screen.environment["DBUS_SESSION_BUS_ADDRESS"])
    screen.start_popups()
    screen.start_tray()
    found = {each.check: each for each in desk.desktop()}
    assert {each.state for each in found.values()} == {State.OK}
    assert "dunst" in found["popups"].says
    assert "XEmbed" in found["tray"].says
    assert screen.popups() == []
