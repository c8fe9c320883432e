"""The program as a person starts it: a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http import HTTPStatus

import pytest

from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings

OWN = ("OCULUS_CONFIG", "OCULUS_DATA", "OCULUS_TOKEN", "OCULUS_LOG")


class Home:
    """A folder with settings and data, and the means to run Oculus on it."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "oculus.yaml"
        self.data = folder / "data"
        self.running = []

    def command(self, *words):
        return [
            sys.executable,
            "-m",
            "oculus",
            "--data",
            str(self.data),
            "--config",
            str(self.config),
            *words,
        ]

    def environment(self):
        return {name: value for name, value in os.environ.items() if name not in OWN}

    def run(self, *words, stdin=None, env=None):
        return subprocess.run(
            self.command(*words),
            capture_output=True,
            text=True,
            timeout=120,
            input=stdin,
            env=self.environment() | (env or {}),
        )

    def ask(self, server, path):
        """What the running copy answers, as text."""
        token = (self.data / "token").read_text().strip()
        asked = urllib.request.Request(server.url + path, headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refused:
            if refused.code != HTTPStatus.TOO_MANY_REQUESTS:
                raise
        time.sleep(1)  # who asks until something has come may ask too often
        return self.ask(server, path)

    def numbers(self, server):
        """How many of its ping the running copy has stored."""
        return json.loads(self.ask(server, "/api/metrics?symbol=net.*"))["count"]

    def store_nothing(self):
        """A database without a number in it, as after a start that was stopped at once."""
        open_database(self.data, StorageSettings(), SystemClock()).close()

    def serve(self, *words, largest_file=None, through=()):
        """With `largest_file` no file may grow beyond so many bytes, as on a disk that is nearly full.

        `through` is a program that starts it.
        """
        server = Serving(
            subprocess.Popen(
                [*through, *self.command("serve", "--port", "0", *words)],
                stderr=subprocess.PIPE,
                text=True,
                env=self.environment(),
                preexec_fn=largest_file and (lambda: limit_files(largest_file)),
            )
        )
        self.running.append(server)
        return server


def limit_files(size):
    import resource  # not on Windows

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


class Serving:
    """`oculus serve` in the background; what it says is kept."""

    def __init__(self, process):
        self.process = process
        self.said = []
        self.url = ""
        self._ready = threading.Event()
        self._listener = threading.Thread(target=self._listen, name="listen", daemon=True)
        self._listener.start()
        assert self._ready.wait(60), self.said

    def _listen(self):
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(r"Oculus is at (\S+)", line):
                self.url = found[1].rstrip("/")
                self._ready.set()
        self._ready.set()

    def stop(self, how=signal.SIGTERM):
        """The exit code, and everything it said."""
        self.process.send_signal(how)
        code = self.process.wait(60)
        self._listener.join(30)
        self.process.stderr.close()
        return code, "".join(self.said)


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    made.config.write_text("collectors:\n  - {type: ping, target: 127.0.0.1, interval: 1s, timeout: 1s}\n")
    yield made
    for server in made.running:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
