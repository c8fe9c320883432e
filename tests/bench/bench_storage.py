"""How much room stored numbers take, and how soon questions about millions of them are answered.

Aim   at most 8 bytes a row for 100 latencies and 100 prices every 30 s over a week; a 7-day chart of one
      symbol under 100 ms, a page of 200 symbols from few ms, with 24 M rows in the file

    python tests/bench/bench_storage.py [ROWS [DAYS]]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.storage.file.batch import insert_metrics
from oculus.storage.file.database import Database, open_database
from oculus.storage.reader import Reader
from oculus.storage.reading.metrics import MetricFilter
from oculus.storage.rollups.rollup import Rollups
from oculus.storage.rollups.sql import LEVELS, Level
from oculus.storage.settings import StorageSettings

ROWS = 24_000_000
DAYS = 7
SYMBOLS = 200
BEGIN_MS = 1_767_268_800_000
DAY_MS = 86_400_000
EVERY_MS = 30_000
COMMIT = 5_000
TRIES = 9
FILL = """
    INSERT INTO metrics
    SELECT make_timestamptz(($1 + i * $2 + s * 7) * 1000), 'net.ping', 'net.ping.host' || s,
        round(random() * 50, 2), '{"probe":"ping","target":"host' || s || '"}'
    FROM range($3) t(i), range($4) u(s)
"""

Row = tuple[str, str, str, str]


def main(rows: int = ROWS, days: int = DAYS) -> list[Row]:
    return [*room(days), *answers(rows)]


def opened(folder: str) -> Database:
    return open_database(Path(folder), StorageSettings(), SystemClock())


def room(days: int) -> list[Row]:
    """Bytes a row of a typical week, written as the writer writes it, and of what it comes to."""
    with tempfile.TemporaryDirectory() as folder:
        database = opened(folder)
        count, part = 0, list[Metric]()
        for metric in week(days):
            part.append(metric)
            if len(part) == COMMIT:
                insert_metrics(database.writing, part)
                count += len(part)
                part.clear()
        insert_metrics(database.writing, part)
        count += len(part)
        database.writing.execute("CHECKPOINT")
        size = database.path.stat().st_size
        roll_up(database)
        database.close()
        rolled = [apart(database.path, level, count) for level in LEVELS]
    what = f"100 latencies and 100 prices every 30 s, {days} d, {count:,} rows"
    numbers = (what, f"{size / count:.1f} bytes a row", f"{size / 2**20:.0f} MiB", "8 bytes a row")
    return [numbers, *rolled]


def apart(path: Path, level: Level, numbers: int) -> Row:
    """A rollup's table in a file of its own."""
    alone = path.with_name(f"{level.table}.db")
    with duckdb.connect(str(alone)) as copy:
        copy.execute(f"ATTACH '{path}' AS stored (READ_ONLY)")
        copy.execute(f"CREATE TABLE alone AS FROM stored.{level.stored}")
        [(rows,)] = copy.execute("SELECT count(*) FROM alone").fetchall()
    size = alone.stat().st_size
    a_number = f"{size / numbers:.1f} bytes for each number"
    return (f"{level.table} of them, {rows:,} rows", f"{size / rows:.1f} bytes a row", a_number, "")


def roll_up(database: Database) -> None:
    rollups = Rollups(SystemClock())
    while rollups.keep_up(database.writing):
        pass
    database.writing.execute("CHECKPOINT")


def week(days: int) -> Iterator[Metric]:
    """In time order, staggered as the scheduler does. Latencies to 10 us; prices wander, in cents."""
    chance = random.Random(1)
    prices = [chance.uniform(1, 1000) for _ in range(100)]
    for begin_ms in range(BEGIN_MS, BEGIN_MS + days * DAY_MS, EVERY_MS):
        found = []
        for n in range(100):
            latency = round(chance.lognormvariate(3, 0.3), 2)
            tags = {"probe": "ping", "target": f"host{n}.example.com"}
            when = begin_ms + n * 290 + round(latency)
            found.append(Metric(when, "net.ping", f"net.ping.host{n}.example.com", latency, tags))
            prices[n] *= 1 + chance.gauss(0, 0.0003)
            tags = {"source": "coingecko", "currency": "usd"}
            when = begin_ms + n * 290 + chance.randrange(250)
            found.append(Metric(when, "crypto.price", f"crypto.price.coin{n}_usd", round(prices[n], 2), tags))
        yield from sorted(found, key=lambda metric: metric.ts_ms)


def answers(rows: int) -> list[Row]:
    """Milliseconds for what pages ask, over a week of 200 symbols."""
    steps = rows // SYMBOLS
    with tempfile.TemporaryDirectory() as folder:
        database = opened(folder)
        database.writing.execute(FILL, [BEGIN_MS, 7 * DAY_MS // steps, steps, SYMBOLS])
        database.writing.execute("CHECKPOINT")
        begun = time.perf_counter()
        roll_up(database)
        rolled_s = time.perf_counter() - begun
        reader, now = Reader(database, Counters()), BEGIN_MS + 7 * DAY_MS
        size = database.path.stat().st_size / (steps * SYMBOLS)
        questions: list[tuple[str, Callable[[], object], str]] = [
            (
                "7-day chart of one symbol",
                lambda: reader.series("net.ping.host7", BEGIN_MS, now, 3_600_000),
                "100 ms",
            ),
            ("latest of 200 symbols, last hour", lambda: reader.latest_all(now - 3_600_000), ""),
            ("latest of 200 symbols, 24 h", lambda: reader.latest_all(now - DAY_MS), ""),
            ("what a start reads for the pages", lambda: reader.seeds(now), ""),
            ("newest 100 metrics", lambda: reader.metrics(MetricFilter()), ""),
            (
                "newest 100 metrics of one symbol",
                lambda: reader.metrics(MetricFilter(symbol="net.ping.host7")),
                "",
            ),
            (
                "SQL from outside: count by symbol",
                lambda: reader.query("SELECT symbol, count(*) FROM metrics GROUP BY 1"),
                "",
            ),
        ]
        found = [
            (f"{what}, {steps * SYMBOLS:,} rows", f"{median_ms(ask):.0f} ms", "", aim)
            for what, ask, aim in questions
        ]
        database.close()
    return [
        (f"random values, {steps * SYMBOLS:,} rows", f"{size:.1f} bytes a row", "", ""),
        ("rolling all of them up", f"{rolled_s:.1f} s", f"{steps * SYMBOLS / rolled_s:,.0f} rows/s", ""),
        *found,
    ]


def median_ms(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    return sorted(times)[TRIES // 2]


if __name__ == "__main__":
    for row in main(*map(int, sys.argv[1:])):
        print(*row, sep="   ")
