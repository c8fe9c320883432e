"""Threads that can be started, watched and stopped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from oculus.core.errors import in_words

log = logging.getLogger(__name__)

LEAST_S = 0.5  # that each has to end, however late it is


class Worker:
    """Does one thing again and again on a thread of its own.

    Subclasses write `step`, and `finish` if something must be put away at the end.
    A `step` that waits for work itself sets `pause_s = 0` and overrides `wake`, which stop() calls.
    """

    pause_s = 1.0  # wait between steps; stop() cuts it short

    def __init__(self, name: str) -> None:
        self.name = name
        self.last_error: Exception | None = None
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Ask the thread to end and wait for it. True if it ended in time."""
        self.stopping.set()
        self.wake()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def alive(self) -> bool:
        return self._thread.is_alive()

    def step(self) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Runs once, on the thread, after the last step."""

    def wake(self) -> None:
        """End a wait inside `step`."""

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.step()
                self.last_error = None
            except Exception as error:  # one bad step must not end the thread
                self._report(error)
                self.stopping.wait(max(self.pause_s, 0.1))
                continue
            if self.pause_s:
                self.stopping.wait(self.pause_s)
        try:
            self.finish()
        except Exception as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        # What stays broken fails at every step. Say it when it starts.
        if str(error) != str(self.last_error):
            log.warning("%s: %s", self.name, in_words(error), exc_info=error)
        self.last_error = error


class Stoppable(Protocol):
    """What has a thread, or several, and can be ended."""

    def alive(self) -> bool: ...

    def stop(self, timeout_s: float) -> bool: ...


def stop_in_order(stages: Sequence[Stoppable], until: float) -> None:
    """End each before the next, until that monotonic moment. Whoever takes longer is told of and left."""
    for stage in stages:
        if stage.alive() and not stage.stop(max(LEAST_S, until - time.monotonic())):
            log.warning("%s: did not end in time", type(stage).__name__.lower())
