"""What twenty dashboards left open cost `oculus serve`, with 500 collectors asked every five seconds.

Each does as a browser does: it listens to the stream, and whenever that says that something came it asks for
what changed, once a second at most. A third of them is sorted or filtered in a way of its own.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import psutil
import requests
from websockets.sync.client import connect

import soak_world as world
from serving import Row, free_port, serving, write_settings

PAGES = 20
VIEWS = ("", "", "", "", "?sort=worst", "?category=net.http")
LEAST_S = 1.0  # as live.js has it
WISH = '{"subscribe":{"changed":true,"alerts":true,"events":true}}'
TOKEN = "a-token-for-the-benchmark-of-more-than-32-letters"
EVERY = {"interval": "5s", "timeout": "2s"}
SETTLE_S, WATCH_S = 15.0, 30.0


def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, world.hosts() as (steady, restless):
        collectors = [{**each, **EVERY} for each in world.collectors(steady, restless)[:-1]]
        server = {"token": TOKEN, "rate_limit": {"per_second": 10_000, "burst": 10_000}}
        config = write_settings(
            Path(folder) / "oculus.yaml", server=server, connectivity="off", collectors=collectors
        )
        port = free_port()
        with serving(config, Path(folder) / "data", port) as (program, _):
            process = psutil.Process(program.pid)
            time.sleep(SETTLE_S)
            alone = per_minute(process)
            pages = [Page(f"127.0.0.1:{port}", VIEWS[n % len(VIEWS)]) for n in range(PAGES)]
            with all_open(pages):
                time.sleep(SETTLE_S)
                before = refreshes(pages)
                watched = per_minute(process)
                asked = (refreshes(pages) - before) * 60 / WATCH_S
            took = [each for page in pages for each in page.took_ms]
            failed = sum(page.failed for page in pages)
    if failed:
        raise RuntimeError(f"{failed} refreshes failed")
    return [
        (f"processor time a minute, {len(collectors)} collectors, no page", f"{alone:.1f} s", "1.0", ""),
        (f"the same with {PAGES} dashboards open", f"{watched:.1f} s", f"{watched / alone:.1f} x", ""),
        ("the same for one of their refreshes", f"{(watched - alone) * 1000 / asked:.1f} ms", "", ""),
        ("a refresh, p95", f"{quantiles(took, n=100)[94]:.0f} ms", f"{asked:.0f} a minute", ""),
    ]


def refreshes(pages: list[Page]) -> int:
    return sum(len(page.took_ms) for page in pages)


def per_minute(process: psutil.Process) -> float:
    """Processor seconds that it uses in a minute."""

    def used() -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    before = used()
    time.sleep(WATCH_S)
    return (used() - before) * 60 / WATCH_S


@contextlib.contextmanager
def all_open(pages: list[Page]) -> Iterator[None]:
    for page in pages:
        page.start()
        time.sleep(LEAST_S / PAGES)  # people do not open them all at the same moment
    try:
        yield
    finally:
        for page in pages:
            page.stop.set()
        for page in pages:
            page.join()


class Page(threading.Thread):
    """One dashboard in a browser."""

    def __init__(self, place: str, view: str) -> None:
        super().__init__(name="bench-page", daemon=True)
        self.stop = threading.Event()
        self.took_ms: list[float] = []
        self.failed = 0
        self._place, self._view = place, view
        self._headers = {"Authorization": f"Bearer {TOKEN}"}

    def run(self) -> None:
        address = f"ws://{self._place}/api/stream"
        with (
            connect(address, additional_headers=self._headers, proxy=None, max_size=None) as link,
            requests.Session() as session,
        ):
            link.send(WISH)
            seen = self._refresh(session, "")
            while not self.stop.wait(LEAST_S):
                told = False
                with contextlib.suppress(TimeoutError):
                    while link.recv(timeout=0 if told else LEAST_S):
                        told = True
                if told:
                    seen = self._refresh(session, seen)

    def _refresh(self, session: requests.Session, seen: str) -> str:
        begun = time.perf_counter()
        url = f"http://{self._place}/partials/metrics{self._view}"
        answer = session.get(url, headers={**self._headers, "If-None-Match": seen}, timeout=30)
        self.took_ms.append((time.perf_counter() - begun) * 1000)
        self.failed += answer.status_code not in (200, 304)
        return answer.headers.get("ETag", "")


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
