"""Twenty pages left open: half of them listen to the stream, half ask for the dashboard every two seconds."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from websockets.asyncio.client import connect

from soak_world import SECRET

LISTENERS = POLLERS = 10
PAGES = ("/", "/alerts", "/rules", "/collectors", "/metric/net.tcp.tcp1", "/rules/flap1", "/api/symbols")
LONGEST_S = 30.0


class Times:
    """Milliseconds of what was asked, since they were last taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._took: list[float] = []

    def add(self, took_ms: float) -> None:
        with self._lock:
            self._took.append(took_ms)

    def take(self) -> list[float]:
        with self._lock:
            taken, self._took = self._took, []
        return taken


class Pages:
    """`refreshes`, `opened` and `alerts` hold how long each took; `heard` counts what the listeners got."""

    def __init__(self, url: str, token: str, told: queue.Queue[float]) -> None:
        self.refreshes, self.opened, self.alerts = Times(), Times(), Times()
        self.heard = 0
        self.failures: list[str] = []
        self._url, self._told = url, told
        self._headers = {"Authorization": f"Bearer {token}"}
        self._stop = threading.Event()
        works = [*(self._poll for _ in range(POLLERS)), self._visit, self._switch, self._listen]
        self._threads = [threading.Thread(target=work, name="soak-page") for work in works]

    @contextmanager
    def open(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def _poll(self) -> None:
        """As the dashboard does: what it has it says, so that it gets only what changed."""
        seen = ""
        with requests.Session() as session:
            while not self._stop.wait(2.0):
                seen = self._get(session, "/partials/metrics", self.refreshes, seen)

    def _visit(self) -> None:
        """A person who goes from page to page."""
        number = 0
        with requests.Session() as session:
            while not self._stop.wait(1.0):
                self._get(session, PAGES[number % len(PAGES)], self.opened)
                number += 1

    def _get(self, session: requests.Session, path: str, times: Times, seen: str = "") -> str:
        """Returns what the answer calls its state; `seen` is that of the one before."""
        begun = time.perf_counter()
        try:
            answer = session.get(
                self._url + path, headers={**self._headers, "If-None-Match": seen}, timeout=LONGEST_S
            )
        except requests.RequestException as error:
            self.failures.append(f"{path}: {type(error).__name__}")
            return ""
        times.add((time.perf_counter() - begun) * 1000)
        if answer.status_code not in (200, 304):
            self.failures.append(f"{path}: {answer.status_code}")
        return answer.headers.get("ETag", "")

    def _switch(self) -> None:
        """A number that fires, one that resolves, over and over: from the push to the message."""
        value = 0.0
        while not self._stop.wait(1.0):
            value = 100.0 - value
            while not self._told.empty():  # what came after its time
                self._told.get_nowait()
            begun = time.perf_counter()
            try:
                requests.post(
                    f"{self._url}/in/switch?secret={SECRET}", json={"value": value}, timeout=LONGEST_S
                )
                self.alerts.add((self._told.get(timeout=LONGEST_S) - begun) * 1000)
            except (requests.RequestException, queue.Empty) as error:
                self.failures.append(f"the switch: {type(error).__name__}")

    def _listen(self) -> None:
        asyncio.run(self._all_listen())

    async def _all_listen(self) -> None:
        await asyncio.gather(*(self._one_listens() for _ in range(LISTENERS)))

    async def _one_listens(self) -> None:
        address = self._url.replace("http", "ws", 1) + "/api/stream"
        async with connect(address, additional_headers=self._headers, proxy=None, max_size=None) as link:
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(link.recv(), 1.0)
                    self.heard += 1
