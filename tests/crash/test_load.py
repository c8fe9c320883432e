"""A minute of 10,000 numbers a second, and a thousand clients at once, on the program itself.

python3 packaging/dev.py test -- -m long -s
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from http import HTTPStatus
from urllib.parse import urlsplit

import pytest
import websockets

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

PUSH = {"type": "push", "name": "box", "secret": "s"}
# Ten thousand numbers every second. What was handed over is noted beside it.
FLOOD = """
import time
from pathlib import Path
from oculus.plugin import Collector, CollectorSettings, Metric

NOTE = Path(__file__).with_name("made")

class Flood(Collector):
    category = "custom.flood"
    made = 0

    def collect(self):
        now_ms = time.time_ns() // 1_000_000
        found = [
            Metric(now_ms - n // 100, "custom.flood", f"custom.flood.s{n % 100}", float(self.made + n), {})
            for n in range(10_000)
        ]
        type(self).made += 10_000
        NOTE.write_text(str(self.made))
        return found
"""
SECONDS = 60
STORED = "SELECT count(*), count(DISTINCT value), max(value) FROM metrics WHERE category = 'custom.flood'"


def test_ten_thousand_numbers_a_second_for_a_minute_are_all_stored(copies, tmp_path):
    (tmp_path / "flood.py").write_text(FLOOD)
    copy = copies(
        collectors=[{"type": "plugin", "module": "flood.py", "interval": "1s", "timeout": "1s"}],
        rules=[{"name": "high", "condition": "custom.flood.s7 > 100000", "channels": ["log"]}],
    )
    copy.serve()
    waits, most_waiting, until = [], 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        begun = time.monotonic()
        status = copy.ask("/api/status")
        waits.append(time.monotonic() - begun)
        most_waiting = max(most_waiting, status["queue"])
        time.sleep(0.2)
    figures = copy.figures()
    fired = copy.ask("/api/alerts")["alerts"]
    assert status["rows_dropped"] == 0
    assert [alert["rule"] for alert in fired] == ["high"]
    assert copy.stop() == 0
    made = int((tmp_path / "made").read_text())
    [(rows, different, highest)] = copy.stored(STORED)
    print(f"{made:,} made, {rows:,} stored; at most {most_waiting:,} waited; page p95 "
          f"{sorted(waits)[int(len(waits) * 0.95)] * 1000:.0f} ms; {figures}")  # fmt: skip
    assert rows == different
    assert made - rows in (0, 10_000), "all but what the last run may not have handed over"
    assert highest == rows - 1
    assert rows >= 0.8 * 10_000 * SECONDS, "the machine was too busy to make that many"
    assert figures["mb"] < 400


ASKED = (
    "GET /api/status HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
)
READERS, ASKERS, ANSWERS = 400, 600, 3


class Crowd:
    """Clients that come again when they are turned away, as browsers and scripts do.

    Oculus serves 512 connections at once, 400 readers of the stream among them, and says so to the others.
    """

    def __init__(self, url, token):
        self.at = urlsplit(url)
        self.token = token
        self.seen = Counter()
        self.heard = 0

    async def patiently(self, what, within_s):
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            try:
                return await what()
            except (OSError, EOFError, websockets.WebSocketException) as error:
                self.seen[f"turned away: {type(error).__name__}"] += 1
            await asyncio.sleep(0.5)
        raise AssertionError(f"not served within {within_s} s")

    async def reader(self, over):
        """Listens until it is over; it must hear numbers."""

        async def listen():
            address = f"ws://{self.at.netloc}/api/stream"
            headers = {"Authorization": f"Bearer {self.token}"}
            async with websockets.connect(address, additional_headers=headers, open_timeout=20) as line:
                self.seen["reader"] += 1
                await line.send(json.dumps({"subscribe": {"symbols": ["custom.*"], "alerts": True}}))
                heard = json.loads(await line.recv())
                assert heard["type"] in ("metrics", "lag")
                self.heard += 1
                with contextlib.suppress(websockets.WebSocketException):
                    await over.wait()

        await self.patiently(listen, 120)

    async def asker(self):
        for _ in range(ANSWERS):
            self.seen[await self.patiently(self.answer, 120)] += 1

    async def answer(self):
        """The status of one answer on a connection of its own."""
        reader, writer = await asyncio.open_connection(self.at.hostname, self.at.port)
        try:
            writer.write(ASKED.format(host=self.at.netloc, token=self.token).encode())
            async with asyncio.timeout(30):
                status = int((await reader.readuntil(b"\r\n")).split()[1])
                await reader.read()
            if status == HTTPStatus.SERVICE_UNAVAILABLE:
                raise ConnectionRefusedError("there were too many of us")
            return status
        finally:
            writer.close()

    async def come(self):
        over = asyncio.Event()
        readers = [asyncio.create_task(self.reader(over)) for _ in range(READERS)]
        await asyncio.gather(*(self.asker() for _ in range(ASKERS)))
        async with asyncio.timeout(60):
            while self.heard < READERS:
                await asyncio.sleep(0.1)
        over.set()
        await asyncio.gather(*readers)


def test_a_thousand_clients_at_once_are_all_served_and_leave_nothing_behind(copies, tmp_path, eventually):
    (tmp_path / "flood.py").write_text(FLOOD.replace("10_000", "50"))
    copy = copies(collectors=[{"type": "plugin", "module": "flood.py", "interval": "1s", "timeout": "1s"}])
    copy.serve()
    for _ in range(20):
        copy.ask("/api/status")
    before = copy.figures()
    crowd = Crowd(copy.url, (copy.data / "token").read_text().strip())
    begun = time.monotonic()
    asyncio.run(crowd.come())
    during = copy.figures()
    print(f"{time.monotonic() - begun:.0f} s, {dict(crowd.seen)}, before {before}, at the end {during}")
    assert crowd.seen[200] == ASKERS * ANSWERS
    assert crowd.heard == READERS
    eventually(lambda: copy.figures()["files"] <= before["files"] + 10)
    assert copy.ready()["ready"]
    assert copy.ask("/api/status")["rows_dropped"] == 0
    assert during["threads"] < 150
    assert copy.stop() == 0
    assert "Traceback" not in "".join(copy.said)
