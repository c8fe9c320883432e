from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.storage.file.database import Database, open_database
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

NOON_MS = 1_767_268_800_000  # 2026-01-01 12:00 UTC


class HeldClock:
    """Time as the test says."""

    def __init__(self, ms: int = NOON_MS) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path, StorageSettings(), SystemClock())
    yield opened
    opened.close()


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
def writer(database: Database, counters: Counters, clock: HeldClock) -> Iterator[Writer]:
    """A writer that is not started: a test calls `step`, or `start`."""
    made = Writer(database, counters, clock)
    yield made
    if made.alive():
        made.stop()


@pytest.fixture
def running(writer: Writer) -> Writer:
    writer.start()
    return writer


@pytest.fixture
def metric() -> Callable[..., Metric]:
    def make(value: float = 1.0, symbol: str = "net.tcp.db:5432", at: int = NOON_MS, **tags: str) -> Metric:
        return Metric(at, ".".join(symbol.split(".")[:2]), symbol, value, tags)

    return make
