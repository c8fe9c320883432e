"""The window: a real web view on a real Oculus, and what happens where it cannot be shown."""

import json
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from fakes import screen as bench
from fakes.screen import last_page
from fakes.waiting import eventually
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.desktop import keeper as keeping
from oculus.desktop.keeper import Keeper
from oculus.runtime import Oculus
from oculus.settings.schema import ServerSettings, Settings
from oculus.web.serving.server import WebServer

READER = Path(bench.__file__).with_name("window_reader.py")
TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")


@pytest.fixture
def keep(tmp_path, monkeypatch):
    """Makes keepers of windows, whose windows are programs written in the test."""
    monkeypatch.setattr(keeping, "has_display", lambda: True)
    made = []

    def make(program, **options):
        command = [sys.executable, "-c", textwrap.dedent(program)] if isinstance(program, str) else program
        browsed = []
        keeper = Keeper(
            lambda path: f"http://oculus.test/login?once=x&next={path}",
            "http://oculus.test",
            tmp_path,
            command=command,
            **{"browse": lambda link: browsed.append(link) is None, **options},
        )
        keeper.browsed = browsed
        made.append(keeper)
        return keeper

    yield make
    for keeper in made:
        keeper.close()


def test_the_window_shows_the_live_dashboard_with_scripts_and_cookies(screen, tmp_path, monkeypatch):
    bench.needs_gtk()
    monkeypatch.setenv("DISPLAY", screen.name)
    monkeypatch.setattr(keeping, "SHOWN_S", 120.0)  # the machine may be busy
    seen = tmp_path / "seen"
    settings = Settings(server=ServerSettings(port=0))
    with Oculus(settings, tmp_path / "data") as oculus, WebServer(oculus, "127.0.0.1", 0, TOKEN) as server:

        def tell(value):
            now = oculus.clock.now_ms()
            oculus.writer.put([Metric(now, "net.ping", "net.ping.gw", value, {})])

        tell(11.8)
        script = f"exec {sys.executable} {READER} > {seen}"
        keeper = Keeper(
            lambda path: f"{server.one_time_link()}&next={path}",
            server.url,
            tmp_path,
            software=True,
            command=["sh", "-c", script],
        )
        keeper.open()
        try:
            eventually(lambda: "11.8" in last_page(seen)["text"])
            assert last_page(seen)["title"] == "Oculus"
            tell(47.3)
            eventually(lambda: "47.3" in last_page(seen)["text"])
        finally:
            keeper.close()


def test_where_there_is_no_web_view_the_browser_opens_with_the_reason(keep):
    keeper = keep("print('failed no web view: No module named webview', flush=True); raise SystemExit(1)")
    keeper.open("/alerts")
    eventually(lambda: keeper.browsed)
    assert keeper.browsed == ["http://oculus.test/login?once=x&next=/alerts"]
    assert keeper.trouble.startswith("No window: no web view: No module named webview.")


def test_a_window_that_does_not_come_is_given_up_for_the_browser(keep, monkeypatch):
    monkeypatch.setattr(keeping, "SHOWN_S", 0.3)
    keeper = keep("import time; time.sleep(60)")
    keeper.open()
    eventually(lambda: keeper.browsed)
    assert "it did not come within" in keeper.trouble
    eventually(lambda: not keeper.is_open())


def test_a_window_that_is_not_there_yet_when_its_program_goes_does_not_stay(tmp_path):
    never_shown = """
        import sys, time
        from unittest.mock import MagicMock
        from webview.errors import WebViewException

        webview = sys.modules["webview"] = MagicMock(WebViewException=WebViewException)
        webview.create_window().destroy.side_effect = WebViewException("Main window failed to start")
        webview.start.side_effect = lambda **_: time.sleep(60)
        from oculus.desktop import window

        window.run()
        """
    order = json.dumps({"link": "http://oculus.test", "folder": str(tmp_path)})
    command = [sys.executable, "-c", textwrap.dedent(never_shown)]
    done = subprocess.run(
        command, input=f"{order}\n", capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stdout) == (1, "failed Main window failed to start\n"), done.stderr


def test_a_program_that_cannot_be_started_is_told(keep):
    keeper = keep(["/nowhere/oculus"])
    keeper.open()
    eventually(lambda: keeper.browsed)
    assert "it cannot be started" in keeper.trouble


def test_a_browser_that_is_looked_for_in_vain_keeps_nobody_waiting(keep):
    asked, go, found = threading.Event(), threading.Event(), []

    def look(_link):
        asked.set()
        found.append(go.wait(30))

    keeper = keep(["/nowhere/oculus"], browse=look)
    keeper.open()
    assert asked.wait(60)
    keeper.close()
    assert found == [], "it is still looked for"
    go.set()
    eventually(lambda: "There is no browser either" in keeper.trouble)


def test_three_crashes_in_ten_minutes_are_mended_and_the_fourth_is_not(keep, tmp_path):
    keeper = keep(
        f"""
        import os
        with open({str(tmp_path / "starts")!r}, "a") as file:
            file.write("x")
        print("shown", flush=True)
        os._exit(3)
        """
    )
    keeper.open()
    eventually(lambda: keeper.browsed)
    assert (tmp_path / "starts").read_text() == "xxxx"
    assert "it crashed 4 times within 10 minutes" in keeper.trouble


def test_what_is_asked_of_a_window_that_is_closing_opens_the_next_one(keep, tmp_path):
    keeper = keep(
        f"""
        import sys
        print("shown", flush=True)
        with open({str(tmp_path / "starts")!r}, "a") as file:
            file.write("x")
        sys.stdin.readline()
        if open({str(tmp_path / "starts")!r}).read() == "x":
            sys.stdin.readline()  # asked, but it goes without a word
            raise SystemExit(0)
        sys.stdin.read()
        """
    )
    keeper.open()
    eventually(lambda: (tmp_path / "starts").exists())
    keeper.open()
    eventually(lambda: (tmp_path / "starts").read_text() == "xx")
    eventually(keeper.is_open)
    assert keeper.browsed == []


def test_a_window_that_ignores_its_end_is_ended(keep, monkeypatch):
    monkeypatch.setattr(keeping, "END_S", 0.2)
    keeper = keep("import time; print('shown', flush=True); time.sleep(60)")
    keeper.open()
    eventually(keeper.is_open)
    keeper.close()
    assert not keeper.is_open()
    keeper.open()
    assert not keeper.is_open(), "nothing is opened after the end"
