"""A desktop that nobody looks at, and whole Oculus programs on it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from fakes import screen as bench
from fakes.waiting import eventually

SETTINGS = """
server: {{{server}port: 0, rate_limit: {{per_second: 1000, burst: 1000}}}}
desktop: {{pinned: [oculus.queue], software_rendering: true}}
collectors:
  - {{type: tcp, target: "127.0.0.1:{port}", name: shop, interval: 1s, timeout: 1s}}
rules:
  - name: "{rule}"
    condition: net.tcp.shop.up == 0
    severity: critical
    message: "{message}"
    channels: [desktop, log]
{rules}"""


@pytest.fixture
def screen(tmp_path):
    """A display with a window manager, and nothing else yet."""
    bench.needs()
    made = bench.Screen(tmp_path)
    yield made
    made.close()


@pytest.fixture
def full_screen(screen, tmp_path):
    """With all that a desktop has."""
    bench.needs_gtk()
    screen.start_bus(tmp_path)
    screen.start_popups()
    screen.start_tray()
    return screen


class Program:
    """An Oculus on the screen, started as a person would."""

    def __init__(self, screen, folder, *arguments, **environment):
        self.data = folder / "data"
        self.config = folder / "oculus.yaml"
        self.browsed = folder / "browsed"
        browser = folder / "browser"
        browser.write_text(f'#!/bin/sh\necho "$1" >> {self.browsed}\n')
        browser.chmod(0o755)
        self.log = (folder / "said").open("a")
        self.environment = {**screen.environment, "BROWSER": str(browser), "NO_COLOR": "1", **environment}
        self.process = self.start(*arguments)

    def start(self, *arguments):
        command = [sys.executable, "-m", "oculus", "--config", self.config, "--data", self.data, *arguments]
        return subprocess.Popen(command, env=self.environment, stderr=self.log, stdout=self.log)

    def said(self):
        return Path(self.log.name).read_text()

    def opened(self):
        """What the browser was asked to open; empty when nothing was."""
        return self.browsed.read_text() if self.browsed.exists() else ""

    def address(self):
        """Where its pages are, once they are."""
        for note in self.data.glob("*.owner"):
            return json.loads(note.read_bytes())["address"]
        return ""

    def ask(self, path, body=None):
        """The API, as `oculus status` and others use it."""
        return json.loads(self.page(path, body))

    def page(self, path, body=None):
        """Its text."""
        request = urllib.request.Request(
            eventually(self.address) + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {(self.data / 'token').read_text().strip()}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # the machine may be busy
            return answer.read().decode()

    def desk(self):
        return self.ask("/api/desktop")["desktop"]

    def ready(self):
        """Wait until it has its desktop."""
        eventually(self.address)
        eventually(self.desk)
        return self

    def children(self):
        """The processes it started, and theirs."""
        psutil = pytest.importorskip("psutil")
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [child for child in found if alive(child)]

    def command_lines(self):
        psutil, found = pytest.importorskip("psutil"), []
        for child in self.children():
            with contextlib.suppress(psutil.Error):  # it went this moment
                found.append(" ".join(child.cmdline()))
        return found

    def quit(self, number=signal.SIGTERM):
        """Its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


def alive(process):
    """Whether it runs; one that has ended and was not yet asked about does not."""
    psutil = pytest.importorskip("psutil")
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def lives():
    return alive


@pytest.fixture
def port():
    """A port on which nobody listens, until somebody does."""
    import socket

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    yield listener
    listener.close()


@pytest.fixture
def oculus(tmp_path, port):
    """Starts programs, and leaves none behind."""
    made = []

    def start(
        screen,
        *arguments,
        rule="shop_down",
        message="The shop is down",
        server="",
        rules="",
        listening=True,
        **environment,
    ):
        if listening:
            port.listen()
        number = port.getsockname()[1]
        text = SETTINGS.format(port=number, rule=rule, message=message, server=server, rules=rules)
        (tmp_path / "oculus.yaml").write_text(text, "utf-8")
        made.append(Program(screen, tmp_path, *arguments, **environment))
        return made[-1]

    yield start
    for program in made:
        for process in [*program.children(), program.process]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        program.process.wait()
        program.log.close()
