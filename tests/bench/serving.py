"""What the benchmarks share: a host to watch, and `oculus serve` as a program of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

OCULUS = Path(sysconfig.get_path("scripts")) / ("oculus.exe" if sys.platform == "win32" else "oculus")
Row = tuple[str, str, str, str]


class Answering(BaseHTTPRequestHandler):
    """Says ok to everything."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        """Nothing is worth a line here."""


@contextmanager
def host() -> Iterator[int]:
    """A web server on this machine; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, name="bench-host", daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def fifty_collectors(port: int) -> list[dict[str, Any]]:
    """Probes of this machine, as different as a person's are."""
    tcp = [{"type": "tcp", "name": f"tcp{n}", "target": f"127.0.0.1:{port}"} for n in range(25)]
    http = [{"type": "http", "name": f"http{n}", "target": f"http://127.0.0.1:{port}/"} for n in range(20)]
    ping = [{"type": "ping", "name": f"ping{n}", "target": "127.0.0.1", "count": 1} for n in range(5)]
    return tcp + http + ping


def write_settings(path: Path, **settings: Any) -> Path:
    path.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def serving(
    config: Path, data: Path, port: int = 0, oculus: Sequence[str] = (str(OCULUS),)
) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """`oculus serve`, once /readyz says so; and how many seconds that took. Stopped as Ctrl+C does."""
    port = port or free_port()
    command = [*oculus, "serve", "--config", str(config), "--data", str(data), "--port", str(port)]
    begun = time.perf_counter()
    program = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_ready(program, f"http://127.0.0.1:{port}/readyz")
        yield program, time.perf_counter() - begun
    finally:
        if program.poll() is None:
            program.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
        program.wait(30)


def wait_ready(program: subprocess.Popen[bytes], url: str, limit_s: float = 30) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if program.poll() is not None:
            raise RuntimeError(f"oculus serve ended with exit code {program.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    raise RuntimeError(f"oculus serve was not ready within {limit_s:.0f} s")
