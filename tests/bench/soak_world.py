"""What the soak watches: hosts of this machine, some of which come and go, and the settings for it."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oculus.doctor.trial import receiver

SECRET = "a-secret-for-the-switch-of-the-soak"
EVERY = {"interval": "1m", "timeout": "50s"}  # of the hurried clock
UP_AND_DOWN_S = 10.0
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"a": 5}'
SQL = """
    SELECT symbol, avg(value) AS mean FROM metrics
    WHERE symbol LIKE 'net.%' AND ts > (SELECT max(ts) FROM metrics) - INTERVAL 1 HOUR
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
    """Two hundred: most never fire, some do every few minutes, some ask by SQL."""
    quiet = [f"net.tcp.tcp{n} > 5s" for n in range(100)]
    quiet += [f"avg(net.tcp.tcp{n}, 10m) > 900ms or net.tcp.tcp{n}.up == 0" for n in range(39)]
    quiet += [f"p95(net.http.web{n}, 1h) > 900ms" for n in range(20)]
    made = [{"name": f"quiet{n}", "condition": each, "channels": ["log"]} for n, each in enumerate(quiet)]
    made += [
        {"name": f"flap{n}", "condition": f"net.tcp.flap{n}.up == 0", "for": f"{n % 4}m", "channels": ["log"]}
        for n in range(20)
    ]
    made += [
        {"name": f"sql{n}", "sql": f"{SQL} {900 + n}",
         "schedule": f"{n} 0 * * * *", "message": "{{ symbol }}", "channels": ["log"]}
        for n in range(20)
    ]  # fmt: skip
    switch = {"name": "switch", "condition": "custom.switch.value > 50", "channels": ["told", "log"]}
    return [*made, switch]


def settings(steady: int, restless: int, told: str) -> dict[str, Any]:
    return {
        "server": {"rate_limit": {"per_second": 10_000, "burst": 10_000}},
        "connectivity": "off",  # hosts that fall together are no outage here
        "storage": {"memory_limit": "64MB", "retention": "12h"},
        "channels": {"told": {"type": "webhook", "url": told}},
        "collectors": collectors(steady, restless),
        "rules": rules(),
    }


@contextmanager
def hosts() -> Iterator[tuple[int, int]]:
    """The port that always answers, and the one that comes and goes; in a process of their own."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        steady, restless = map(int, program.stdout.readline().split())
        try:
            yield steady, restless
        finally:
            program.stdin.close()  # it ends when nobody holds on to it any more


async def be_hosts() -> None:
    steady = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
    with socket.create_server(("127.0.0.1", 0)) as found:
        restless = int(found.getsockname()[1])
    print(steady.sockets[0].getsockname()[1], restless, flush=True)
    flapping = asyncio.create_task(come_and_go(restless))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    flapping.cancel()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
    writer.close()


async def come_and_go(port: int) -> None:
    while True:
        await asyncio.sleep(UP_AND_DOWN_S)
        async with await asyncio.start_server(answer, "127.0.0.1", port, backlog=256):
            await asyncio.sleep(UP_AND_DOWN_S)


@contextmanager
def webhook() -> Iterator[tuple[str, queue.Queue[float]]]:
    """Where messages go, and when each came."""
    heard: queue.Queue[float] = queue.Queue()
    with receiver(heard) as port:
        yield f"http://127.0.0.1:{port}/", heard


if __name__ == "__main__":
    asyncio.run(be_hosts())
