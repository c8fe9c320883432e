"""How many rows a second get from the queue into the file, and how soon a small commit is made.

Aim   100,000 rows/s sustained from the queue into the file; a lone number waits 250 ms at most

    python tests/bench/bench_writer.py [ROWS]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.storage.file.batch import insert_metrics
from oculus.storage.file.database import Database, open_database
from oculus.storage.settings import StorageSettings
from oculus.storage.writing.writer import Writer

ROWS = 1_000_000
BATCH = 200  # metrics a put, as from a round of collectors
COMMIT = 5_000
ONE = "INSERT INTO metrics VALUES (make_timestamptz(? * 1000), ?, ?, ?, ?)"
LISTS = """
    INSERT INTO metrics
    SELECT make_timestamptz(unnest($1::BIGINT[]) * 1000), unnest($2::VARCHAR[]), unnest($3::VARCHAR[]),
        unnest($4::DOUBLE[]), unnest($5::JSON[])
"""


Row = tuple[str, str, str, str]


def main(rows: int = ROWS) -> list[Row]:
    slow = rate(one_by_one, 2_000)
    lists = rate(by_lists, rows // 5)
    text = rate(by_text, rows // 5)
    queue = through_the_queue(rows)
    change, change_p95 = small_commits(200)
    lone, lone_p95 = lone_numbers(100)
    return [
        ("executemany", f"{slow:,.0f} rows/s", "", ""),
        ("unnest of lists", f"{lists:,.0f} rows/s", f"{lists / slow:.0f} x executemany", ""),
        ("one JSON text a batch", f"{text:,.0f} rows/s", f"{text / lists:.1f} x unnest of lists", ""),
        ("queue to file", f"{queue:,.0f} rows/s", f"{queue / slow:.0f} x executemany", "100,000 rows/s"),
        ("urgent change", f"p50 {change:.1f} ms, p95 {change_p95:.1f} ms", "", ""),
        ("lone number to listener", f"p50 {lone:.1f} ms, p95 {lone_p95:.1f} ms", "", "250 ms"),
    ]


def metrics(count: int) -> list[Metric]:
    now = round(time.time() * 1000) - count // 10
    return [
        Metric(now + n // 10, "net.ping", f"net.ping.host{n % 200}", round(random.random() * 50, 2),
               {"probe": "ping", "target": f"host{n % 200}"})
        for n in range(count)
    ]  # fmt: skip


def opened(folder: str) -> Database:
    return open_database(Path(folder), StorageSettings(), SystemClock())


def rate(insert: Callable[[Database, list[Metric]], None], rows: int) -> float:
    """Rows a second of one way to insert, in commits of COMMIT rows."""
    given = metrics(rows)
    with tempfile.TemporaryDirectory() as folder:
        database = opened(folder)
        begun = time.perf_counter()
        for part in parts(given):
            database.writing.begin()
            insert(database, part)
            database.writing.commit()
        taken = time.perf_counter() - begun
        database.close()
    return rows / taken


def parts(given: list[Metric]) -> Iterator[list[Metric]]:
    for start in range(0, len(given), COMMIT):
        yield given[start : start + COMMIT]


def one_by_one(database: Database, part: list[Metric]) -> None:
    rows = [(m.ts_ms, m.category, m.symbol, m.value, msgspec.json.encode(m.tags).decode()) for m in part]
    database.writing.executemany(ONE, rows)


def by_lists(database: Database, part: list[Metric]) -> None:
    tags = [msgspec.json.encode(m.tags).decode() for m in part]
    columns = [
        [m.ts_ms for m in part],
        [m.category for m in part],
        [m.symbol for m in part],
        [m.value for m in part],
    ]
    database.writing.execute(LISTS, [*columns, tags])


def by_text(database: Database, part: list[Metric]) -> None:
    insert_metrics(database.writing, part)


def through_the_queue(rows: int) -> float:
    """Rows a second through the whole writer: queue, commits, checkpoints, listeners."""
    given = metrics(rows)
    written = 0

    def told(batch: object) -> None:
        nonlocal written
        written += len(batch)  # type: ignore[arg-type]

    with tempfile.TemporaryDirectory() as folder:
        database = opened(folder)
        writer = Writer(database, Counters(), SystemClock(), on_commit=[told])
        writer.start()
        begun = time.perf_counter()
        for start in range(0, rows, BATCH):
            while writer.queue_length() > 100_000:
                time.sleep(0.001)
            writer.put(given[start : start + BATCH])
        while written < rows:
            time.sleep(0.001)
        taken = time.perf_counter() - begun
        writer.stop()
        database.close()
    return rows / taken


def small_commits(count: int) -> tuple[float, float]:
    """Milliseconds from an urgent change to its commit, while numbers trickle in."""
    with tempfile.TemporaryDirectory() as folder:
        database = opened(folder)
        writer = Writer(database, Counters(), SystemClock())
        writer.start()
        times = []
        for one in metrics(count):
            writer.put([one])
            begun = time.perf_counter()
            writer.change(lambda cursor: None).result()
            times.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.005)
        writer.stop()
        database.close()
    return middle(times)


def lone_numbers(count: int) -> tuple[float, float]:
    """Milliseconds from putting one number to the listener, nothing else going on."""
    heard: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        database = opened(folder)
        writer = Writer(
            database, Counters(), SystemClock(), on_commit=[lambda _: heard.append(time.perf_counter())]
        )
        writer.start()
        times = []
        for number, one in enumerate(metrics(count)):
            begun = time.perf_counter()
            writer.put([one])
            while len(heard) <= number:
                time.sleep(0.001)
            times.append((heard[number] - begun) * 1000)
        writer.stop()
        database.close()
    return middle(times)


def middle(times: list[float]) -> tuple[float, float]:
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.95)]


if __name__ == "__main__":
    for row in main(*map(int, sys.argv[1:])):
        print(*row, sep="   ")
