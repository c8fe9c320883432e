"""2000 TCP probes every 5 s on loopback: how late they start, and what they cost.

Aim   99 % start within 100 ms of their slot, under half a core

The cost is compared with a bare loop of socket.create_connection at the same pace in the same process. The
server that is probed runs in a process of its own, so that its work is not counted as ours.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence

from oculus.collectors.network.tcp import TcpSettings
from oculus.collectors.scheduler import Scheduler
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.durations import Duration
from oculus.core.metric import Metric
from serving import Row

SERVER = """
import socket
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(listener.getsockname()[1], flush=True)
while True:
    listener.accept()[0].close()
"""
PROBES = 2000
EVERY = Duration(seconds=5)
SECONDS = 20.0
IN_TIME_S = 0.1


class Lateness(Counters):
    """Counters that keep every lateness, not only the newest few."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def time(self, name: str, seconds: float) -> None:
        super().time(name, seconds)
        if name == "collectors.lateness":
            self.seconds.append(seconds)


def scheduled(port: int, probes: int, seconds: float) -> tuple[float, Counters, list[float]]:
    """CPU seconds per second, the counters, and how late each probe started, in seconds."""
    counters = Lateness()
    kept: deque[Sequence[Metric]] = deque(maxlen=1000)
    scheduler = Scheduler(kept.append, lambda event: None, counters, SystemClock())
    scheduler.replace(
        [TcpSettings(target=f"127.0.0.1:{port}", name=f"p{n}", interval=EVERY) for n in range(probes)]
    )
    scheduler.start()
    time.sleep(EVERY.total_seconds())  # the first round pays for imports and threads
    counters.seconds.clear()
    cpu, begun = time.process_time(), time.perf_counter()
    time.sleep(seconds)
    share = (time.process_time() - cpu) / (time.perf_counter() - begun)
    late = list(counters.seconds)
    scheduler.stop()
    return share, counters, late


def bare(port: int, per_second: float, seconds: float) -> float:
    """CPU seconds per second of connecting and hanging up at the same pace, and nothing else."""
    cpu, begun = time.process_time(), time.perf_counter()
    for number in range(round(per_second * seconds)):
        socket.create_connection(("127.0.0.1", port), 5.0).close()
        time.sleep(max(0.0, begun + (number + 1) / per_second - time.perf_counter()))
    return (time.process_time() - cpu) / (time.perf_counter() - begun)


def main() -> list[Row]:
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            share, counters, late = scheduled(port, PROBES, SECONDS)
            loop = bare(port, PROBES / EVERY.total_seconds(), SECONDS / 2)
        finally:
            server.terminate()
    return rows(share, loop, counters, sorted(late))


def rows(share: float, loop: float, counters: Counters, late: list[float]) -> list[Row]:
    what = f"{PROBES} TCP probes every {EVERY}"
    in_time = sum(seconds <= IN_TIME_S for seconds in late) / len(late)
    median, p99 = late[len(late) // 2] * 1000, late[int(len(late) * 0.99)] * 1000
    missed, failed = counters.get("collectors.missed"), counters.get("collectors.failures")
    return [
        (
            f"{what}: start within 100 ms of the slot",
            f"{in_time:.2%} of {len(late)}",
            f"p50 {median:.2f} ms, p99 {p99:.2f} ms, worst {late[-1] * 1000:.1f} ms",
            "99 %",
        ),
        (f"{what}: slots missed, runs failed", f"{missed:g}, {failed:g}", "", "none"),
        (
            f"{what}: processor",
            f"{share:.3f} of a core",
            f"{share / loop:.1f} x a bare loop of socket.create_connection",
            "under 0.5",
        ),
    ]


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
