"""What the soak watches: hosts of this machine, some of which come and go, and the settings for it."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "a-secret-for-the-switch-of-the-soak"
EVERY = {"interval": "1s", "timeout": "900ms"}  # as often as is allowed
UP_AND_DOWN_S = 10.0
SQL = """
    SELECT symbol, avg(value) AS mean FROM metrics
    WHERE symbol LIKE 'net.%' AND ts > now() - INTERVAL 1 MINUTE
    GROUP BY symbol HAVING mean >
"""


def collectors(steady: int, restless: int) -> list[dict[str, Any]]:
    """Five hundred, of every kind of probe that needs no network."""
    web = f"http://127.0.0.1:{steady}/"
    return [
        *({"type": "tcp", "name": f"tcp{n}", "target": f"127.0.0.1:{steady}", **EVERY} for n in range(380)),
        *({"type": "tcp", "name": f"flap{n}", "target": f"127.0.0.1:{restless}", **EVERY} for n in range(20)),
        *({"type": "http", "name": f"web{n}", "target": web, **EVERY} for n in range(60)),
        *({"type": "ping", "name": f"ping{n}", "target": "127.0.0.1", "count": 1, **EVERY}
          for n in range(20)),
        *({"type": "http_json", "name": f"json{n}", "url": f"{web}numbers", "metrics": {"a": "a"}, **EVERY}
          for n in range(19)),
        {"type": "push", "name": "switch", "secret": SECRET},
    ]  # fmt: skip


def rules() -> list[dict[str, Any]]:
    """Two hundred: most never fire, some do every few seconds, some ask by SQL."""
    quiet = [f"net.tcp.tcp{n} > 5s" for n in range(100)]
    quiet += [f"avg(net.tcp.tcp{n}, 1m) > 900ms or net.tcp.tcp{n}.up == 0" for n in range(39)]
    quiet += [f"p95(net.http.web{n}, 5m) > 900ms" for n in range(20)]
    made = [{"name": f"quiet{n}", "condition": each, "channels": ["log"]} for n, each in enumerate(quiet)]
    made += [
        {"name": f"flap{n}", "condition": f"net.tcp.flap{n}.up == 0", "for": f"{n % 4}s", "channels": ["log"]}
        for n in range(20)
    ]
    made += [
        {"name": f"sql{n}", "sql": f"{SQL} {900 + n}",
         "schedule": f"{n} * * * * *", "message": "{{ symbol }}", "channels": ["log"]}
        for n in range(20)
    ]  # fmt: skip
    switch = {"name": "switch", "condition": "custom.switch.value > 50", "channels": ["told", "log"]}
    return [*made, switch]


def settings(steady: int, restless: int, told: str) -> dict[str, Any]:
    return {
        "server": {"rate_limit": {"per_second": 10_000, "burst": 10_000}},
        "connectivity": "off",  # hosts that fall together are no outage here
        "storage": {"memory_limit": "64MB"},
        "channels": {"told": {"type": "webhook", "url": told}},
        "collectors": collectors(steady, restless),
        "rules": rules(),
    }


class Answering(BaseHTTPRequestHandler):
    """Numbers to who asks; what is posted is noted."""

    protocol_version = "HTTP/1.1"
    heard: queue.Queue[float]

    def do_GET(self) -> None:
        self.answer(200, b'{"a": 5}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.put(time.perf_counter())
        self.answer(204, b"")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is worth a line here."""


class Host(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True


@contextmanager
def hosts() -> Iterator[tuple[int, int, queue.Queue[float]]]:
    """The port that always answers, the one that comes and goes, and when messages arrived."""
    heard: queue.Queue[float] = queue.Queue()
    server = Host(("127.0.0.1", 0), type("Hearing", (Answering,), {"heard": heard}))
    threading.Thread(target=server.serve_forever, name="soak-host", daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as found:
        restless = int(found.getsockname()[1])
    stop = threading.Event()
    flapping = threading.Thread(target=come_and_go, args=(restless, stop), name="soak-restless")
    flapping.start()
    try:
        yield server.server_address[1], restless, heard
    finally:
        stop.set()
        flapping.join()
        server.shutdown()
        server.server_close()


def come_and_go(port: int, stop: threading.Event) -> None:
    while not stop.wait(UP_AND_DOWN_S):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port), backlog=256) as there:
            there.settimeout(0.2)
            until = time.monotonic() + UP_AND_DOWN_S
            while time.monotonic() < until and not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    there.accept()[0].close()
