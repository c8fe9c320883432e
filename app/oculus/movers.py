"""When an alert fires: what else moved, in the payload of its event. On a thread of its own."""

from __future__ import annotations

import logging
import queue
from collections.abc import Sequence
from contextlib import suppress

from oculus.core.alert import Alert, News, NewsKind
from oculus.core.clock import Clock
from oculus.core.symbols import main_of
from oculus.core.worker import Worker
from oculus.rules.memory.backfill import OF_THE_PAST
from oculus.storage.reader import Reader
from oculus.storage.reading import moved
from oculus.storage.reading.moved import Moved
from oculus.storage.writing.writer import Writer

log = logging.getLogger(__name__)

SHOWN = 5
ASKED = 60  # enough of them remain when those of the alert itself are left out
LIMIT = 500  # alerts that wait; a storm has other troubles
FRESH_S = 10.0  # alerts that fire together have the same company


class Movers(Worker):
    """`put` never waits; what finds no room has nothing noted."""

    pause_s = 0

    def __init__(self, reader: Reader, writer: Writer, clock: Clock) -> None:
        super().__init__("movers")
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._waiting: queue.Queue[Alert | None] = queue.Queue(LIMIT)
        self._known: list[Moved] = []
        self._known_at: float | None = None

    def put(self, news: Sequence[News]) -> None:
        """Note what moved for those that fired. They have been handed to the writer before.

        What moves now has nothing to do with what fired in a past that is only handed in.
        """
        for each in news:
            if each.kind is NewsKind.FIRED and each.held != OF_THE_PAST:
                self._line_up(each.alert)

    def wake(self) -> None:
        self._line_up(None)

    def _line_up(self, alert: Alert | None) -> None:
        with suppress(queue.Full):  # of two threads at once only one may find the last place
            self._waiting.put_nowait(alert)

    def step(self) -> None:
        alert = self._waiting.get()
        if alert is not None and not self.stopping.is_set():
            self._note(alert)

    def _note(self, alert: Alert) -> None:
        own = main_of(str(alert.tags.get("symbol", alert.instance)))
        found = [each for each in self._moved() if main_of(each.symbol) != own][:SHOWN]
        if found:
            self._writer.change(lambda cursor: moved.note(cursor, alert.id, alert.fired_ms, found))

    def _moved(self) -> list[Moved]:
        now = self._clock.monotonic()
        if self._known_at is None or now - self._known_at >= FRESH_S:
            self._known, self._known_at = self._reader.moved(self._clock.now_ms(), ASKED), now
        return self._known
