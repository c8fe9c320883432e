"""What can be handed to the writer besides numbers and events."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import duckdb

from oculus.core.event import Event
from oculus.core.metric import Metric

# Of a change whose own work fails as a full disk or spent memory would make it fail: it may be its own fault.
TRIES = 3
PATIENT_TRIES = 11  # for half a minute; a statement from outside that has all memory ends long before

Work = Callable[[duckdb.DuckDBPyConnection], Any]


class Change:
    """Something to be done in the writer's transaction. It may run twice: the first try may fail."""

    def __init__(self, work: Work, then: Callable[[Any], None] | None = None, patient: bool = False) -> None:
        self.work = work
        self.then = then
        self.tries = PATIENT_TRIES if patient else TRIES
        self.future: Future[Any] = Future()
        self.failed = False  # its own work raised, at the last try
        self._result: Any = None

    def run(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.failed = True
        self._result = self.work(cursor)
        self.failed = False

    def done(self) -> None:
        """Tell who waits. Runs after the commit."""
        self.future.set_result(self._result)
        if self.then:
            self.then(self._result)


class Checkpoint:
    """A wish to have the write-ahead log folded into the file."""

    def __init__(self) -> None:
        self.future: Future[None] = Future()
        self.asked = time.monotonic()

    def done(self, failure: Exception | None) -> None:
        if failure:
            self.future.set_exception(failure)
        else:
            self.future.set_result(None)


Writable = list[Metric] | Event | Change


def halves(items: Sequence[Writable]) -> list[list[Writable]]:
    """`items` in two parts, to find the one that cannot be written; a single one as it is."""
    if len(items) > 1:
        middle = len(items) // 2
        return [list(items[:middle]), list(items[middle:])]
    only = items[0]
    if isinstance(only, list) and len(only) > 1:
        middle = len(only) // 2
        return [[only[:middle]], [only[middle:]]]
    return [list(items)]


def describe(item: Writable) -> str:
    """For the message about what was dropped."""
    if isinstance(item, Event):
        return f"the event {item.message!r}"
    if isinstance(item, Change):
        return "a change of alerts or deliveries"
    return f"a number of {item[0].symbol!r}"
