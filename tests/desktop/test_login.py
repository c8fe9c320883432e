"""Starting at login on three systems, and where the window was."""

import json
import plistlib
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from oculus.core.errors import OculusError
from oculus.desktop import geometry
from oculus.desktop.autostart import DesktopFile, LaunchAgent, Login, Registry, command_here
from oculus.desktop.geometry import Area, Geometry

COMMAND = ["/opt/my apps/oculus", "--hidden", "--data", '/home/ada/50% "of" $it\\']


class WindowsRegistry(SimpleNamespace):
    """One key of the registry."""

    HKEY_CURRENT_USER, KEY_SET_VALUE, REG_SZ = 1, 2, 3

    def __init__(self):
        super().__init__(values={})

    @contextmanager
    def OpenKey(self, *_):  # noqa: N802
        yield self.values

    def QueryValueEx(self, key, name):  # noqa: N802
        if name not in key:
            raise FileNotFoundError(name)
        return key[name]

    def SetValueEx(self, key, name, _reserved, _kind, value):  # noqa: N802
        key[name] = value

    def DeleteValue(self, key, name):  # noqa: N802
        if key.pop(name, None) is None:
            raise FileNotFoundError(name)


@pytest.fixture
def places(tmp_path):
    return {
        "linux": DesktopFile(COMMAND, tmp_path / "autostart"),
        "macos": LaunchAgent(COMMAND, tmp_path / "agents"),
        "windows": Registry(COMMAND, WindowsRegistry()),
    }


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_it_can_be_switched_on_and_off_again_and_twice(places, system):
    login = Login(places[system])
    assert not login.is_on()
    for on in (True, True, False, False):
        login.set(on)
        assert login.is_on() is on


def test_linux_gets_a_command_that_its_desktops_read_as_it_is(places):
    pytest.importorskip("gi", reason="their own reader of such files is asked")
    from gi.repository import GLib

    place = places["linux"]
    place.set(True)
    keys = GLib.KeyFile()
    keys.load_from_file(str(place.path), GLib.KeyFileFlags.NONE)
    ok, parts = GLib.shell_parse_argv(keys.get_string("Desktop Entry", "Exec"))
    assert ok
    assert [part.replace("%%", "%") for part in parts] == COMMAND


def test_what_the_desktop_switched_off_counts_as_off(places):
    place = places["linux"]
    place.set(True)
    place.path.write_text(place.path.read_text() + "Hidden=true\n")
    assert not place.is_on()


def test_macos_gets_a_property_list_and_windows_a_line(places):
    places["macos"].set(True)
    wish = plistlib.loads(places["macos"].path.read_bytes())
    assert (wish["ProgramArguments"], wish["RunAtLoad"]) == (COMMAND, True)
    places["windows"].set(True)
    assert places["windows"]._registry.values["Oculus"].startswith('"/opt/my apps/oculus" --hidden --data')


@pytest.mark.parametrize(
    ("frozen", "system", "there", "started"),
    [
        (True, "win32", ["oculus.exe", "oculus-desktop.exe"], "oculus-desktop.exe"),
        (True, "win32", ["oculus.exe"], "oculus.exe"),
        (True, "linux", ["oculus", "oculus-desktop"], "oculus"),
        (False, "win32", ["python.exe", "oculus.exe", "oculus-desktop.exe"], "oculus-desktop.exe"),
        (False, "linux", ["python", "oculus"], "oculus"),
        (False, "linux", ["python"], "python"),
    ],
)
def test_windows_starts_the_program_without_a_terminal(tmp_path, monkeypatch, frozen, system, there, started):
    for name in there:
        (tmp_path / name).touch()
    monkeypatch.setattr("sys.frozen", frozen, raising=False)
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("sys.executable", str(tmp_path / there[0]))
    program, *rest = command_here()
    assert Path(program) == tmp_path / started
    assert rest == (["-m", "oculus"] if started == "python" else [])


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path):
    (tmp_path / "autostart").write_text("a file where the folder should be")
    with pytest.raises(OculusError, match="Starting at login cannot be changed"):
        Login(DesktopFile(COMMAND, tmp_path / "autostart")).set(True)


SCREEN = Area(0, 0, 1920, 1080)


def test_the_window_comes_back_where_it_was(tmp_path):
    left = Geometry(width=900, height=700, x=50, y=60)
    geometry.save(tmp_path, left)
    assert geometry.load(tmp_path, [SCREEN]) == left


@pytest.mark.parametrize("spot", [(5000, 10), (10, 4000), (-880, 10), (10, -200)])
def test_a_window_on_a_screen_that_is_gone_comes_to_the_middle(tmp_path, spot):
    geometry.save(tmp_path, Geometry(width=900, height=700, x=spot[0], y=spot[1]))
    found = geometry.load(tmp_path, [SCREEN])
    assert (found.x, found.y, found.width) == (None, None, 900)


def test_a_window_is_never_larger_than_the_screen_nor_too_small_to_see(tmp_path):
    geometry.save(tmp_path, Geometry(width=9000, height=2, x=0, y=0))
    found = geometry.load(tmp_path, [SCREEN])
    assert (found.width, found.height) == (1920, geometry.SMALLEST)


@pytest.mark.parametrize("text", ["", "{", json.dumps({"width": "wide"}), "[]"])
def test_a_note_that_makes_no_sense_is_forgotten(tmp_path, text):
    (tmp_path / geometry.FILE).write_text(text)
    assert geometry.load(tmp_path, [SCREEN]) == Geometry()
