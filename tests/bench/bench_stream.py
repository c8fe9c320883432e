"""200 WebSockets, each told every number: how long from the commit to the last reader's hands."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import threading
import time
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.schema import RateLimit, ServerSettings, Settings
from oculus.web.serving.server import WebServer
from serving import Row

TOKEN = Secret("a-token-for-benchmarks-of-43-characters-len")
READERS = 200
BATCHES = 40
PAUSE_S = 0.1


def main() -> list[Row]:
    easy = ServerSettings(port=0, rate_limit=RateLimit(per_second=10_000, burst=10_000))
    with (
        tempfile.TemporaryDirectory() as folder,
        Oculus(Settings(server=easy), Path(folder)) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        url = server.url.replace("http", "ws") + "/api/stream"
        delays = sorted(asyncio.run(listen(url, oculus)))
    p95 = delays[int(len(delays) * 0.95)]
    median = statistics.median(delays)
    words = f"{median:.0f} ms half, {p95:.0f} ms p95, {delays[-1]:.0f} ms worst"
    return [(f"{READERS} WebSockets, from the writer's inbox to the reader", words, "", "p95 < 100 ms")]


async def listen(url: str, oculus: Oculus) -> list[float]:
    headers = {"Authorization": f"Bearer {TOKEN.reveal()}"}
    links = [await connect(url, additional_headers=headers, proxy=None) for _ in range(READERS)]
    sending = threading.Thread(target=send, args=(oculus,), name="bench-sender")
    sending.start()
    found = await asyncio.gather(*(read(link) for link in links))
    sending.join()
    await asyncio.gather(*(link.close() for link in links))
    return [delay for one in found for delay in one]


def send(oculus: Oculus) -> None:
    for number in range(BATCHES):
        now = time.perf_counter()
        ts_ms = oculus.clock.now_ms()
        oculus.writer.put([Metric(ts_ms, "custom.bench", f"custom.bench.n{number}", now, {})])
        time.sleep(PAUSE_S)


async def read(link: ClientConnection) -> list[float]:
    delays: list[float] = []
    while len(delays) < BATCHES:
        message = json.loads(await link.recv())
        now = time.perf_counter()
        told = (m for m in message.get("metrics", ()) if m["category"] == "custom.bench")
        delays += [(now - m["value"]) * 1000 for m in told]
    return delays
