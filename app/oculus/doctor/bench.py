"""How fast Oculus is on this machine: a short form of its benchmarks, in a folder that is gone afterwards."""

from __future__ import annotations

import math
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.doctor.trial import COLLECTORS, Trial, trial
from oculus.storage.file.database import Database, open_database
from oculus.storage.reader import Reader
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

SYMBOLS, EACH = 200, 1000  # numbers that are written: a week of each symbol, every ten minutes
BATCH = 1000
WEEK_MS = 7 * 86_400_000
HOUR_MS = 3_600_000
CHARTS, PAGES, ALERTS = 20, 20, 12
APART_S = 0.6  # looks at the dashboard; those closer together are given the same one
REST_S = 0.25  # between two alerts, so that one is not in the wake of the other
SETTLE_S = 10.0  # what only the start needs is given back by then
WRITE_S = 60.0
MB = 1024  # the system counts memory in kB


class Figure(Struct, frozen=True, kw_only=True):
    """One thing that was measured. `aim` is what it should reach; None: nothing is promised of it."""

    what: str
    value: float
    unit: str
    aim: float | None = None
    at_least: bool = False  # the aim is a least, not a most

    @property
    def reached(self) -> bool | None:
        if self.aim is None:
            return None
        return self.value >= self.aim if self.at_least else self.value <= self.aim


def measure() -> Iterator[Figure]:
    """About twenty seconds. Raises OculusError when the trial copy does not work."""
    with tempfile.TemporaryDirectory(prefix="oculus-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        yield from of_storage(folder)
        with trial(folder) as copy:
            yield Figure(
                what=f"start until ready, {COLLECTORS} collectors", value=copy.started_s, unit="s", aim=1.0
            )
            time.sleep(SETTLE_S)
            yield from of_memory(copy)
            yield from of_pages(copy)
            yield from of_alerts(copy)


def of_storage(folder: Path) -> Iterator[Figure]:
    database = open_database(folder / "numbers", StorageSettings(), SystemClock())
    try:
        now_ms = SystemClock().now_ms()
        rate = rows_a_second(database, now_ms)
        yield Figure(
            what="numbers taken into the file", value=rate, unit="rows/s", aim=100_000, at_least=True
        )
        reader = Reader(database, Counters())
        took = [milliseconds(reader, now_ms, number) for number in range(CHARTS)]
        yield Figure(what="chart of a week of one symbol", value=p95(took), unit="ms", aim=100)
    finally:
        database.close()


def rows_a_second(database: Database, now_ms: int) -> float:
    """From the queue into the file, the summaries by minute, hour and day included."""
    writer = Writer(database, Counters(), SystemClock())
    batches = list(numbers(now_ms))
    writer.start()
    try:
        begun = time.perf_counter()
        for batch in batches:
            writer.put(batch)
        writer.change(lambda _: None).result(WRITE_S)
        return SYMBOLS * EACH / (time.perf_counter() - begun)
    finally:
        writer.stop()


def numbers(now_ms: int) -> Iterator[list[Metric]]:
    chance = random.Random(1)  # noqa: S311 - nothing secret
    step_ms = WEEK_MS // EACH
    waiting: list[Metric] = []
    for number in range(EACH * SYMBOLS):
        step, symbol = divmod(number, SYMBOLS)
        value = round(20 + 5 * math.sin(step / 40) + chance.random(), 2)
        ts_ms = now_ms - WEEK_MS + step * step_ms + symbol
        waiting.append(Metric(ts_ms, "net.ping", f"net.ping.host{symbol}", value, {"probe": "ping"}))
        if len(waiting) == BATCH:
            yield waiting
            waiting = []


def milliseconds(reader: Reader, now_ms: int, number: int) -> float:
    begun = time.perf_counter()
    reader.series(f"net.ping.host{number % SYMBOLS}", now_ms - WEEK_MS, now_ms, HOUR_MS)
    return (time.perf_counter() - begun) * 1000


def of_pages(copy: Trial) -> Iterator[Figure]:
    copy.get("/partials/metrics")  # what is made at the first look is made now
    took = []
    for _ in range(PAGES):
        time.sleep(APART_S)
        took.append(copy.get("/partials/metrics"))
    yield Figure(what=f"dashboard of {COLLECTORS} collectors, p95", value=p95(took), unit="ms", aim=30)


def of_alerts(copy: Trial) -> Iterator[Figure]:
    took = []
    for number in range(ALERTS):
        took.append(copy.push(100.0 if number % 2 == 0 else 0.0))
        time.sleep(REST_S)
    yield Figure(what="a number until its message is out, p95", value=p95(took), unit="ms", aim=100)


def of_memory(copy: Trial) -> Iterator[Figure]:
    """Only Linux tells what of a process' memory is its own."""
    if sys.platform != "linux":
        return
    rollup = Path(f"/proc/{copy.pid}/smaps_rollup").read_text("ascii")
    sizes = {line.split()[0]: int(line.split()[1]) / MB for line in rollup.splitlines()[1:]}
    yield Figure(what="memory of its own", value=sizes["Anonymous:"], unit="MB", aim=50)
    yield Figure(what="resident memory", value=sizes["Rss:"], unit="MB")


def p95(took: Sequence[float]) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * 0.95))]
