"""2000 hosts that swallow every packet, probed every 30 s beside 500 that answer, probed every 5 s: how late
the probes of each start, and what it costs.

Aim   99 % of either start within 100 ms of their slot, while a thousand wait at once

A port of this machine whose queue of connections is full behaves like such a host: nothing comes back. The
probes of the dark ones begin within ten seconds and wait for five, so that half of them wait together.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from bench_probes import IN_TIME_S
from oculus.collectors.collector import CollectorSettings
from oculus.collectors.network.tcp import TcpSettings
from oculus.collectors.scheduler import Scheduler
from oculus.core.durations import Duration
from peer_programs import accepting, anonymous_mb
from serving import Row

DARK, HEALTHY = 2000, 500
SECONDS = 95.0  # three rounds of the dark ones
LOOK_S = 0.5


class Seen:
    """A run of the scheduler, looked at from outside."""

    def __init__(self, settings: list[CollectorSettings], seconds: float) -> None:
        process = psutil.Process()
        scheduler = Scheduler(lambda metrics: None, lambda event: None)
        scheduler.replace(settings)
        before_mb, self.most_mb, self.threads = anonymous_mb(process), 0.0, 0
        scheduler.start()
        cpu, begun = time.process_time(), time.perf_counter()
        while time.perf_counter() - begun < seconds:
            time.sleep(LOOK_S)
            self.threads = max(self.threads, threading.active_count())
            self.most_mb = max(self.most_mb, anonymous_mb(process) - before_mb)
        self.share = (time.process_time() - cpu) / (time.perf_counter() - begun)
        self.jobs = list(scheduler._roster.jobs)
        scheduler.stop()

    def of(self, kind: str) -> tuple[str, str]:
        """The share of the starts of one kind that were in time, and how late the others were."""
        mine = [job.health for job in self.jobs if job.label.startswith(kind)]
        late = sorted(late_s for health in mine for late_s in health.lateness_s)
        in_time = sum(late_s <= IN_TIME_S for late_s in late) / len(late)
        half, p99, worst = (late[int(len(late) * share)] * 1000 for share in (0.5, 0.99, 0.99999))
        missed = sum(health.missed for health in mine)
        how = f"half {half:.1f} ms, p99 {p99:.0f} ms, worst {worst:.0f} ms, {missed} slots missed"
        return f"{in_time:.2%} of {len(late)}", how


@contextmanager
def dark() -> Iterator[int]:
    """A port that neither accepts nor refuses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        crowd = [socket.socket() for _ in range(4)]
        for each in crowd:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for each in crowd:
            each.close()


def probes(kind: str, port: int, count: int, every_s: float, retries: int = 0) -> list[CollectorSettings]:
    target, interval = f"127.0.0.1:{port}", Duration(seconds=every_s)
    return [
        TcpSettings(target=target, name=f"{kind}{n}", interval=interval, retries=retries)
        for n in range(count)
    ]


def main(count: int = DARK, retries: int = 0) -> list[Row]:
    logging.getLogger("oculus").setLevel(logging.ERROR)  # that a dark one is down is known
    with accepting() as well, dark() as silent:
        settings = [*probes("dark", silent, count, 30, retries), *probes("well", well, HEALTHY, 5)]
        seen = Seen(settings, SECONDS)
    what = f"{count} dark hosts beside {HEALTHY} that answer"
    return [
        (f"{what}: the dark ones start within 100 ms of the slot", *seen.of("dark"), "99 %"),
        (f"{what}: the others start within 100 ms of the slot", *seen.of("well"), "99 %"),
        (f"{what}: threads, memory for them", f"{seen.threads}, {seen.most_mb:.0f} MB", "", ""),
        (f"{what}: processor", f"{seen.share:.3f} of a core", "", ""),
    ]


if __name__ == "__main__":
    for row in main(*map(int, sys.argv[1:])):
        print(*row, sep="   ")
