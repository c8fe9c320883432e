"""The API under load: 500 requests a second from 20 connections, and how long each waits for its answer."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.schema import RateLimit, ServerSettings, Settings
from oculus.web.serving.server import WebServer
from serving import Row

TOKEN = Secret("a-token-for-benchmarks-of-43-characters-len")
CONNECTIONS = 20
PER_SECOND = 500
SECONDS = 6
PATHS = ("/api/status", "/api/symbols", "/api/metrics?limit=10", "/api/alerts", "/api/rules")


def main() -> list[Row]:
    easy = ServerSettings(port=0, rate_limit=RateLimit(per_second=1e6, burst=1_000_000))
    with (
        tempfile.TemporaryDirectory() as folder,
        Oculus(Settings(server=easy), Path(folder)) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        now_ms = oculus.clock.now_ms()
        oculus.writer.put([Metric(now_ms, "custom.bench", f"custom.bench.n{n}", n, {}) for n in range(50)])
        took, seconds = asyncio.run(load(server.port))
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    words = f"{len(took) / seconds:.0f} a second, {took[len(took) // 2]:.0f} ms half, {p99:.0f} ms p99"
    return [("API requests, five kinds, 20 connections", words, "", "500 a second, p99 < 50 ms")]


async def load(port: int) -> tuple[list[float], float]:
    begun = time.perf_counter()
    share = PER_SECOND // CONNECTIONS
    found = await asyncio.gather(
        *(one(port, number, share * SECONDS, 1 / share) for number in range(CONNECTIONS))
    )
    return [each for part in found for each in part], time.perf_counter() - begun


async def one(port: int, number: int, requests: int, every_s: float) -> list[float]:
    """Milliseconds of each request of one connection, from when it was due."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter() + number * every_s / CONNECTIONS
    took: list[float] = []
    for turn in range(requests):
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        path = PATHS[(number + turn) % len(PATHS)]
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN.reveal()}\r\n\r\n"
        writer.write(head.encode())
        await answer(reader)
        took.append((time.perf_counter() - due) * 1000)
        due += every_s
    writer.close()
    return took


async def answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.startswith("http/1.1 200"), head
    await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
