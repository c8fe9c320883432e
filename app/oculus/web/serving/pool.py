"""Threads for requests that block. They are daemons, so a stuck request cannot keep Oculus from ending."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any

log = logging.getLogger(__name__)

Job = tuple[Future[Any], Callable[[], Any]]


class PoolFull(Exception):
    """Every worker is busy and as many requests wait as may."""


class Pool(Executor):
    """At most `workers` threads, with at most `waiting` requests in line behind them.

    The first is there from the start, the others are made when needed: where the system has no more to give,
    one at least goes on.
    """

    def __init__(self, name: str, workers: int, waiting: int) -> None:
        self._name = name
        self._workers = workers
        self._most = workers + waiting
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0
        self._lock = threading.Lock()
        self._short = False  # of threads; said once
        self._add_thread()

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Run `work` on a thread. Raises PoolFull instead of letting a caller wait for ever."""
        future: Future[Any] = Future()
        with self._lock:
            if self._unfinished >= self._most:
                raise PoolFull(self._name)
            self._unfinished += 1
            self._jobs.put((future, lambda: work(*args, **named)))
            if len(self._threads) < min(self._unfinished, self._workers):
                self._add_thread()
        return future

    def busy(self) -> int:
        """How many requests run or wait."""
        return self._unfinished

    def close(self) -> None:
        """Let the threads end after what they are doing now; waits for none of them."""
        with self._lock:
            self._most = 0
            for _ in self._threads:
                self._jobs.put(None)

    def _add_thread(self) -> None:
        name = f"{self._name}-{len(self._threads) + 1}"
        thread = threading.Thread(target=self._serve, name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            if not self._short:
                log.warning("%s: %s; %d threads go on", self._name, error, len(self._threads))
            self._short = True
            return
        self._threads.append(thread)

    def _serve(self) -> None:
        while job := self._jobs.get():
            future, work = job
            if future.set_running_or_notify_cancel():
                try:
                    result = work()
                except BaseException as error:  # handed to whoever waits for the future
                    self._finished()
                    future.set_exception(error)
                else:
                    self._finished()
                    future.set_result(result)
            else:
                self._finished()

    def _finished(self) -> None:
        with self._lock:
            self._unfinished -= 1
