"""What Windows and macOS ask of an icon when the session ends, as far as that can be tried elsewhere."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from oculus.desktop import ending


@pytest.fixture
def left(monkeypatch):
    """Exit codes with which the program would have ended."""
    codes = []
    monkeypatch.setattr("os._exit", codes.append)
    return codes


def test_windows_may_end_the_session_and_only_then_is_everything_stopped(monkeypatch, left):
    monkeypatch.setattr("sys.platform", "win32")
    icon, ended = SimpleNamespace(_message_handlers={}), []
    ending.hear_end(icon, lambda: ended.append("stored"))
    asks, ends = icon._message_handlers[ending.QUERY_END], icon._message_handlers[ending.END]
    assert asks(0, 0) == 1
    ends(0, 0)  # somebody else said no
    assert (ended, left) == ([], [])
    ends(1, 0)
    assert (ended, left) == (["stored"], [0])


def test_windows_comes_round_to_ctrl_c(monkeypatch):
    posted = []
    util, win32 = ModuleType("pystray._util"), ModuleType("pystray._util.win32")
    util.win32, win32.PostMessage = win32, lambda *words: posted.append(words)
    monkeypatch.setitem(sys.modules, "pystray._util", util)
    monkeypatch.setitem(sys.modules, "pystray._util.win32", win32)
    ending.let_signals_through(SimpleNamespace(_hwnd=7))
    assert posted == []
    monkeypatch.setattr("sys.platform", "win32")
    ending.let_signals_through(SimpleNamespace(_hwnd=7))
    assert posted == [(7, ending.NULL, 0, 0)]


def test_macos_asks_before_it_ends_the_program(monkeypatch):
    class NSObject:
        @classmethod
        def alloc(cls):
            return cls()

        def init(self):
            return self

    foundation = ModuleType("Foundation")
    foundation.NSObject = NSObject
    monkeypatch.setitem(sys.modules, "Foundation", foundation)
    monkeypatch.setattr("sys.platform", "darwin")
    asked, ended = [], []
    ending.hear_end(SimpleNamespace(_app=SimpleNamespace(setDelegate_=asked.append)), lambda: ended.append(1))
    assert asked[0].applicationShouldTerminate_(None) == ending.NOW
    assert ended == [1]
    assert ending.kept[-1] is asked[0]
