"""A copy of Oculus for a moment, in a folder of its own, that watches a port of this machine."""

from __future__ import annotations

import http.client
import json
import queue
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from oculus.core.errors import OculusError
from oculus.core.extras import own_command

COLLECTORS = 50
START_S = 60.0
STOP_S = 20.0
ANSWER_S = 10.0
HERE = "127.0.0.1"


class Trial:
    """The running copy. `started_s` is how long it took until it was ready."""

    def __init__(self, port: int, token: str, heard: queue.Queue[float], started_s: float, pid: int) -> None:
        self.started_s = started_s
        self.pid = pid
        self._port = port
        self._token = token
        self._heard = heard

    def get(self, path: str) -> float:
        """Milliseconds until the whole answer was there. Raises OculusError when it is none."""
        begun = time.perf_counter()
        ask(self._port, "GET", path, headers={"Authorization": f"Bearer {self._token}"})
        return (time.perf_counter() - begun) * 1000

    def push(self, value: float) -> float:
        """Milliseconds from handing in a number to the message that it caused."""
        begun = time.perf_counter()
        ask(self._port, "POST", f"/in/trial?secret={self._token}", json.dumps({"value": value}).encode())
        try:
            return (self._heard.get(timeout=ANSWER_S) - begun) * 1000
        except queue.Empty as error:
            raise OculusError("an alert did not reach its webhook", "Is the machine very busy?") from error


@contextmanager
def trial(folder: Path) -> Iterator[Trial]:
    """Start one in `folder`, and end it afterwards. Raises OculusError when it does not start."""
    token, heard = secrets.token_urlsafe(32), queue.Queue[float]()
    with receiver(heard) as target, socket.create_server((HERE, 0)) as found:
        port = int(found.getsockname()[1])
        found.close()
        config = folder / "oculus.yaml"
        config.write_text(json.dumps(settings(target, token)), encoding="utf-8")  # JSON is YAML
        begun = time.perf_counter()
        where = ["--config", str(config), "--data", str(folder / "data"), "--port", str(port)]
        program = subprocess.Popen(  # noqa: S603 - ourselves
            [*own_command(), "serve", *where],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until_ready(program, port)
            yield Trial(port, token, heard, time.perf_counter() - begun, program.pid)
        finally:
            end(program)


def settings(target: int, token: str) -> dict[str, Any]:
    probes = [
        {"type": "tcp", "name": f"trial{n}", "target": f"{HERE}:{target}"} for n in range(COLLECTORS - 1)
    ]
    rule = {"name": "trial", "condition": "custom.trial.value > 50", "channels": ["trial"]}
    return {
        "server": {"token": token, "rate_limit": {"per_second": 1000, "burst": 1000}},
        "connectivity": "off",
        "collectors": [*probes, {"type": "push", "name": "trial", "secret": token}],
        "channels": {"trial": {"type": "webhook", "url": f"http://{HERE}:{target}/"}},
        "rules": [rule],
    }


def wait_until_ready(program: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if program.poll() is not None:
            raise OculusError(
                f"the trial copy ended with exit code {program.returncode}", "Its log is gone with it."
            )
        try:
            ask(port, "GET", "/readyz")
            return
        except (OSError, OculusError):
            time.sleep(0.01)
    raise OculusError(f"the trial copy was not ready within {START_S:.0f} s", "Is the machine very busy?")


def ask(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> None:
    connection = http.client.HTTPConnection(HERE, port, timeout=ANSWER_S)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        answer.read()
    except http.client.HTTPException as error:
        raise OculusError("the trial copy answered with something that is not HTTP") from error
    finally:
        connection.close()
    if answer.status >= 300:
        raise OculusError(f"the trial copy answered {answer.status} to {path.partition('?')[0]}")


def end(program: subprocess.Popen[bytes]) -> None:
    """As Ctrl+C does; by force when it does not listen."""
    if program.poll() is None:
        program.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)
    try:
        program.wait(STOP_S)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()


@contextmanager
def receiver(heard: queue.Queue[float]) -> Iterator[int]:
    """A port that takes probes and messages, and notes when a message came."""

    class Receiving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            heard.put(time.perf_counter())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing here is worth a line."""

    server = ThreadingHTTPServer((HERE, 0), Receiving)
    thread = threading.Thread(target=server.serve_forever, name="trial-receiver", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
