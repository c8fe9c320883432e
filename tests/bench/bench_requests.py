"""The API under load: 500 requests a second from 20 connections, and how long each waits for its answer.

`oculus serve` is a program of its own, with fifty collectors at work; whoever asks is another.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from serving import Row, fifty_collectors, free_port, host, serving, write_settings

TOKEN = "a-token-for-benchmarks-of-43-characters-len"
CONNECTIONS = 20
PER_SECOND = 500
SECONDS = 6
PATHS = ("/api/status", "/api/symbols", "/api/metrics?limit=10", "/api/alerts", "/api/rules")


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, host() as target:
        server = {"token": TOKEN, "rate_limit": {"per_second": 1e6, "burst": 1_000_000}}
        config = write_settings(
            Path(folder) / "oculus.yaml", server=server, collectors=fifty_collectors(target)
        )
        port = free_port()
        with serving(config, Path(folder) / "data", port):
            asyncio.run(load(port, 1))  # what is made at the first request is made now
            took, seconds = asyncio.run(load(port, SECONDS))
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    words = f"{len(took) / seconds:.0f} a second, {took[len(took) // 2]:.0f} ms half, {p99:.0f} ms p99"
    return [("API requests, five kinds, 20 connections", words, "", "500 a second, p99 < 50 ms")]


async def load(port: int, seconds: int) -> tuple[list[float], float]:
    begun = time.perf_counter()
    share = PER_SECOND // CONNECTIONS
    found = await asyncio.gather(
        *(one(port, number, share * seconds, 1 / share) for number in range(CONNECTIONS))
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
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
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
