"""How long `/partials/metrics` takes with 200 symbols, over HTTP, while new numbers keep coming.

Aim   p95 under 30 ms with 24 M rows in the file

Every symbol is asked every 5 s and has an hour of numbers behind it. Between two refreshes, 2 s of new ones
are put into the live cache, so that lines must be drawn again as they would be in life.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import requests

from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.schema import RateLimit, ServerSettings, Settings
from oculus.web.dashboard import shared
from oculus.web.serving.server import WebServer
from serving import Row

SYMBOLS = 200
ROWS = 24_000_000
EVERY_MS = 5_000
HOUR_MS = 3_600_000
ROUNDS = 120
TOKEN = Secret("a-token-for-the-benchmark-of-more-than-32-letters")
FILL = """
    INSERT INTO metrics
    SELECT make_timestamptz(($1 - (($2 - row) // 200) * 5000)::BIGINT * 1000), 'net.ping',
           'net.ping.host' || (row % 200), 10 + random(), NULL
    FROM range($2) AS rows(row)
"""


def main() -> list[Row]:
    shared.LASTS_S = 0.0  # what a page costs that nobody shares with
    server = ServerSettings(port=0, rate_limit=RateLimit(per_second=10_000, burst=10_000))
    with tempfile.TemporaryDirectory() as folder:
        oculus = Oculus(Settings(server=server), Path(folder))
        with oculus, WebServer(oculus, "127.0.0.1", 0, TOKEN) as web:
            now_ms = oculus.clock.now_ms()
            oculus.writer.change(lambda cursor: cursor.execute(FILL, [now_ms - HOUR_MS, ROWS])).result(900)
            feed = Feed(oculus, now_ms)
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {TOKEN.reveal()}"
            bare = timings(lambda: session.get(f"{web.url}/healthz", timeout=10))
            sizes: list[int] = []

            def refresh() -> None:
                sizes.append(len(session.get(f"{web.url}/partials/metrics", timeout=10).content))

            took = timings(refresh, before=feed.two_seconds)
    return [
        ("/healthz, p95", f"{p95(bare):.1f} ms", "1.0", ""),
        (
            "/partials/metrics, p50",
            f"{median(took):.1f} ms",
            f"{median(took) / median(bare):.1f} x /healthz",
            "",
        ),
        (
            f"/partials/metrics, {SYMBOLS} symbols, {ROWS / 1e6:.0f} M rows in the file, p95",
            f"{p95(took):.1f} ms",
            f"{p95(took) / p95(bare):.1f} x /healthz",
            "30 ms",
        ),
        ("the same, size of the answer", f"{max(sizes) / 1000:.0f} kB", "", ""),
    ]


class Feed:
    """Numbers of 200 hosts, an hour of them at once and then two seconds at a time."""

    def __init__(self, oculus: Oculus, now_ms: int) -> None:
        self._oculus = oculus
        self._then_ms = now_ms - HOUR_MS
        while self._then_ms < now_ms:
            self.two_seconds()

    def two_seconds(self) -> None:
        until_ms = self._then_ms + 2_000
        for number in range(SYMBOLS):
            shift = number * EVERY_MS // SYMBOLS
            due = (self._then_ms - shift) // EVERY_MS * EVERY_MS + EVERY_MS + shift
            if due <= until_ms:
                self._oculus.live.update(metrics(f"net.ping.host{number}", due))
        self._then_ms = until_ms


def metrics(symbol: str, ts_ms: int) -> list[Metric]:
    values = {"": 10 + random.random(), ".loss": 0.0, ".jitter": 0.4, ".min": 9.0, ".max": 12.0, ".up": 1.0}
    return [Metric(ts_ms, "net.ping", symbol + part, value, {}) for part, value in values.items()]


def timings(ask: Callable[[], object], before: Callable[[], None] = lambda: None) -> list[float]:
    """Milliseconds of each of many calls, after a few that do not count."""
    took = []
    for number in range(ROUNDS + 5):
        before()
        begun = time.perf_counter()
        ask()
        if number >= 5:
            took.append((time.perf_counter() - begun) * 1000)
    return took


def p95(values: list[float]) -> float:
    return quantiles(values, n=100)[94]


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
