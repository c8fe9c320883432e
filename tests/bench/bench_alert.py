"""From a sample to an alert in somebody's hands: queue, commit, rule, transaction, webhook.

The clock starts when a collector's number is handed to the writer, and stops when the receiver has the
request.

Aim   p95 under 100 ms
"""

from __future__ import annotations

import queue
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import quantiles
from typing import Any

from oculus.core.metric import Metric
from oculus.runtime import Oculus
from oculus.settings.load import load
from serving import Row, write_settings

ROUNDS = 40
REST_S = 0.3  # between two samples, so that one is not in the wake of the other; real ones are rarer
SYMBOL = "custom.bench.value"
RULE = {"name": "over", "condition": f"{SYMBOL} > 50", "severity": "warn", "channels": ["receiver"]}
BACKGROUND = 200  # rows twenty times a second: as much as 2000 probes write
LIMIT_S = 10


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, receiver() as (url, received):
        config = write_settings(
            Path(folder) / "oculus.yaml",
            channels={"receiver": {"type": "webhook", "url": url}},
            rules=[RULE],
        )
        with Oculus(load(config), Path(folder) / "data", config) as oculus:
            quiet = measure(oculus, received)
            with background(oculus):
                busy = measure(oculus, received)
    return [
        ("sample to webhook, p50", f"{p(quiet, 50):.0f} ms", "1.0", ""),
        (
            "sample to webhook, p95",
            f"{p(quiet, 95):.0f} ms",
            f"{p(quiet, 95) / p(quiet, 50):.1f} x p50",
            "100 ms",
        ),
        (
            f"the same while {BACKGROUND * 20} rows/s are written, p95",
            f"{p(busy, 95):.0f} ms",
            f"{p(busy, 95) / p(quiet, 95):.1f} x quiet",
            "100 ms",
        ),
    ]


def measure(oculus: Oculus, received: queue.Queue[float]) -> list[float]:
    """Milliseconds of each piece of news: it fires, it resolves, and again."""
    took = []
    for number in range(ROUNDS * 2):
        value = 100.0 if number % 2 == 0 else 0.0
        begun = time.perf_counter()
        oculus.writer.put([Metric(oculus.clock.now_ms(), "custom.bench", SYMBOL, value, {})])
        took.append((received.get(timeout=LIMIT_S) - begun) * 1000)
        time.sleep(REST_S)
    return took


def p(took: list[float], percent: int) -> float:
    return quantiles(took, n=100)[percent - 1]


@contextmanager
def background(oculus: Oculus) -> Iterator[None]:
    """Other numbers, as a machine with much to watch writes them."""
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.05):
            now = oculus.clock.now_ms()
            oculus.writer.put(
                [Metric(now, "custom.other", f"custom.other.n{n}", float(n), {}) for n in range(BACKGROUND)]
            )

    thread = threading.Thread(target=write, name="bench-background")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def receiver() -> Iterator[tuple[str, queue.Queue[float]]]:
    """A webhook's other end: its address, and when each request was there."""
    received: queue.Queue[float] = queue.Queue()

    class Receiving(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            received.put(time.perf_counter())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is worth a line here."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiving)
    threading.Thread(target=server.serve_forever, name="bench-receiver", daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", received
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
