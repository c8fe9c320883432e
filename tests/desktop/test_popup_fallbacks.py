"""What shows a popup where the first way does not."""

import json
import sys
import textwrap

import pytest

from oculus.core.desk import Popup
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.desktop import popup as popups
from oculus.desktop import popup_plyer, popup_script
from oculus.desktop.popup import Popups, ways_here
from oculus.desktop.popup_icon import FromIcon
from oculus.desktop.popup_script import Script
from oculus.desktop.way import Unavailable
from oculus.desktop.words import WINDOWS_BODY, WINDOWS_TITLE, windows_units

NASTY = Popup(
    title='-x <b>& "\\', text='" & (do shell script "id") & "\n' + "x" * 5000, severity=Severity.WARN
)


@pytest.fixture
def osascript(tmp_path, monkeypatch):
    """Stands for macOS's program: notes what it was given, and ends as it is told."""
    program, given = tmp_path / "osascript", tmp_path / "given"
    monkeypatch.setattr(popup_script, "PROGRAM", str(program))

    def write(ending):
        source = f"""\
            #!{sys.executable}
            import json, sys, time
            open({str(given)!r}, "w").write(json.dumps(sys.argv[1:]))
            {ending}
            """
        program.write_text(textwrap.dedent(source))
        program.chmod(0o755)
        return given

    return write


@pytest.mark.parametrize(
    ("system", "ways"),
    [("win32", ["plyer", "icon"]), ("darwin", ["plyer", "osascript"]), ("linux", ["session bus"])],
)
def test_plyer_is_first_where_it_can_tell_that_it_failed_and_another_way_comes_after_it(
    monkeypatch, system, ways
):
    monkeypatch.setattr("sys.platform", system)
    assert [way.name for way in ways_here(print, lambda: None)] == ways


def test_on_a_mac_no_text_becomes_script_or_option(osascript, monkeypatch):
    monkeypatch.setattr(popup_script, "LIMIT_S", 60)
    given = osascript("")
    Script().show(NASTY)
    words = json.loads(given.read_text())
    assert words[:6:2] == ["-e", "-e", "-e"]
    title, text = words[6:]
    assert title == "\u200b" + NASTY.title
    assert text.startswith('" & (do shell script "id") & "\nxxx')
    assert len(text) == 300
    assert not any("shell" in line for line in words[:6])


@pytest.mark.parametrize(
    ("ending", "limit_s", "says"),
    [
        ("sys.exit('not\\n allowed')", 60, "not allowed"),
        ("time.sleep(30)", 0.3, "does not return within 0 s"),
    ],
)
def test_a_mac_that_shows_nothing_says_why(osascript, monkeypatch, ending, limit_s, says):
    monkeypatch.setattr(popup_script, "LIMIT_S", limit_s)
    osascript(ending)
    with pytest.raises(Unavailable, match=says):
        Script().show(NASTY)
    monkeypatch.setattr(popup_script, "PROGRAM", "/nowhere/osascript")
    with pytest.raises(Unavailable, match="cannot be started"):
        Script().show(NASTY)


def test_on_windows_the_icon_says_it_in_as_many_units_as_windows_takes():
    said = []
    way = FromIcon(lambda: lambda *words: said.append(words))
    way.show(Popup(title="🔥" * 100, text="🔥" * 400, severity=Severity.WARN))
    ((title, text),) = said
    assert len(title.encode("utf-16-le")) // 2 <= WINDOWS_TITLE
    assert len(text.encode("utf-16-le")) // 2 <= WINDOWS_BODY
    assert windows_units("a🔥", 2) == "a", "half a sign is none"


def test_an_icon_that_is_not_there_or_fails_is_told():
    def broken(*_):
        raise OSError(6, "The handle is invalid")

    for icon, says in ((lambda: None, "no icon"), (lambda: broken, "The handle is invalid")):
        with pytest.raises(Unavailable, match=says):
            FromIcon(icon).show(NASTY)


def test_windows_gets_less_of_a_popup_and_a_picture_of_its_own_kind(monkeypatch):
    monkeypatch.setattr("sys.platform", "win32")
    given = popup_plyer.arguments(NASTY)
    assert (given["title"], len(given["message"])) == (NASTY.title, WINDOWS_BODY)
    assert given["app_icon"].endswith("oculus.ico")


def test_without_its_library_the_session_bus_is_told_to_be_missing_with_what_to_do(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setitem(sys.modules, "jeepney", None)
    monkeypatch.delitem(sys.modules, "oculus.desktop.popup_bus", raising=False)
    monkeypatch.delattr("oculus.desktop.popup_bus", raising=False)
    shown = Popups(ways_here(print, lambda: None))
    with pytest.raises(ChannelError, match=r"the library jeepney is not here. Run: .* -m pip install"):
        shown.show(NASTY)


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_what_to_do_is_what_the_system_offers(monkeypatch, system):
    monkeypatch.setattr("sys.platform", system)
    with pytest.raises(ChannelError) as error:
        Popups([]).show(NASTY)
    assert error.value.hint == popups.HELP[system]
