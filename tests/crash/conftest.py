"""Oculus as a program of its own, which may be killed, starved and lied to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from oculus.core.clock import SystemClock
from oculus.storage.file.database import open_database
from oculus.storage.settings import StorageSettings

OWN = ("OCULUS_CONFIG", "OCULUS_DATA", "OCULUS_TOKEN", "OCULUS_LOG")
START = [sys.executable, "-m", "oculus"]


class Copy:
    """`oculus serve` on a folder of its own."""

    def __init__(self, folder, start=START):
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "oculus.yaml"
        self.start = list(start)
        self.process = None
        self.url = ""
        self.said = []

    def settings(self, **sections):
        free = {"rate_limit": {"per_second": 100_000, "burst": 100_000}}
        server = free | sections.pop("server", {})
        self.config.write_text(json.dumps({"server": server, "connectivity": "off"} | sections))

    def command(self, *words):
        return [*self.start, "--data", str(self.data), "--config", str(self.config), *words]

    def serve(self, within_s=60.0):
        """Start it and wait until it says where it is."""
        self.said, self.url, ready = [], "", threading.Event()
        self.process = subprocess.Popen(
            self.command("serve", "--port", "0"),
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name not in OWN},
        )

        def listen(stream):
            for line in stream:
                self.said.append(line)
                if found := re.search(r"Oculus is at (\S+)", line):
                    self.url = found[1].rstrip("/")
                    ready.set()
            ready.set()

        threading.Thread(target=listen, args=[self.process.stderr], name="listen", daemon=True).start()
        assert ready.wait(within_s), "it did not start in time"
        assert self.url, self.said
        return self

    def run(self, *words, timeout=60):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=timeout)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        assert self.process.wait(60) == -signal.SIGKILL

    def stop(self):
        """Its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def ask(self, path, body=None, secret="", timeout=30):
        """The answer's JSON; HTTP errors are raised. `secret` stands for the token."""
        secret = secret or (self.data / "token").read_text().strip()
        asked = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {secret}"})
        if body is not None:
            asked.data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with urllib.request.urlopen(asked, timeout=timeout) as answer:
            return json.loads(answer.read())

    def query(self, sql):
        return self.ask("/api/query", {"sql": sql})["rows"]

    def ready(self):
        """What /readyz says, whether it is ready or not."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            return json.loads(refused.read())

    def figures(self):
        """Threads, open files and resident MB of the process."""
        about = Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":\t", 1) for line in (about / "status").read_text().splitlines())
        return {
            "threads": int(status["Threads"]),
            "files": len(list((about / "fd").iterdir())),
            "mb": int(status["VmRSS"].split()[0]) // 1024,
        }

    def stored(self, sql):
        """What the file says once nobody uses it, opened as the next start would open it."""
        with closing(open_database(self.data, StorageSettings(), SystemClock())) as database:
            assert database.notices == []
            return database.cursor().execute(sql).fetchall()


@pytest.fixture
def copies(tmp_path):
    """Makes copies of Oculus; whatever still runs at the end is killed."""
    made = []

    def make(folder=tmp_path, start=START, **sections):
        copy = Copy(folder, start)
        copy.settings(**sections)
        made.append(copy)
        return copy

    yield make
    for copy in made:
        if copy.process and copy.process.poll() is None:
            copy.process.kill()
            copy.process.wait(30)
        if copy.process:
            copy.process.stderr.close()
