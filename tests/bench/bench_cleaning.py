"""How long a commit waits while old numbers are deleted, the log is folded in, and a backup is made.

Aim   cleaning delays no commit by more than 250 ms

    python tests/bench/bench_cleaning.py [ROWS]
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.durations import Duration
from oculus.core.fields import Size
from oculus.core.metric import Metric
from oculus.storage.file.database import open_database
from oculus.storage.rollups.rollup import Rollups
from oculus.storage.settings import StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer

ROWS = 8_000_000
SYMBOLS = 200
DAYS = 7
DAY_MS = 86_400_000
EVERY_S = 0.02  # a commit is asked for
QUIET_S = 5.0
AIM = "250 ms"
FILL = """
    INSERT INTO metrics
    SELECT make_timestamptz(($1 + i * $2 + s * 7) * 1000), 'net.ping', 'net.ping.host' || s,
        round(random() * 50, 2), '{"probe":"ping","target":"host' || s || '"}'
    FROM range($3) t(i), range($4) u(s)
"""

Row = tuple[str, str, str, str]


class Waits:
    """Asks for one commit after another and keeps how long each took, ms."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._over = threading.Event()
        self.taken: list[float] = []
        self._thread = threading.Thread(target=self._run, name="waits")
        self._thread.start()

    def _run(self) -> None:
        clock, number = SystemClock(), 0
        while not self._over.wait(EVERY_S):
            number += 1
            now_ms = clock.now_ms()
            self._writer.put([Metric(now_ms, "bench", f"bench.s{n}", number, {}) for n in range(20)])
            begun = time.perf_counter()
            self._writer.change(lambda _cursor: None).result()
            self.taken.append((time.perf_counter() - begun) * 1000)

    def end(self) -> list[float]:
        self._over.set()
        self._thread.join()
        return sorted(self.taken)


def main(rows: int = ROWS) -> list[Row]:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder), StorageSettings(), clock)
        steps = rows // SYMBOLS
        begin_ms = clock.now_ms() - DAYS * DAY_MS
        database.writing.execute(FILL, [begin_ms, DAYS * DAY_MS // steps, steps, SYMBOLS])
        rollups = Rollups(clock)
        while rollups.keep_up(database.writing):
            pass
        database.writing.execute("CHECKPOINT")
        half = Size(database.path.stat().st_size // 2)
        writer = Writer(database, Counters(), clock)
        writer.start()
        parts: list[tuple[str, Callable[[], object]]] = [
            ("nothing else", lambda: time.sleep(QUIET_S)),
            ("a day of seven deleted", Upkeep(writer, kept(days=6), clock).clean),
            ("half of the file deleted for max_size", Upkeep(writer, kept(days=7, size=half), clock).clean),
            ("tidied up, with a backup", Upkeep(writer, kept(days=7), clock).tidy),
        ]
        found = [row(f"{what}, {rows:,} rows", writer, work) for what, work in parts]
        writer.stop()
        database.close()
    return found


def kept(days: int, size: Size | None = None) -> StorageSettings:
    return StorageSettings(retention=Duration(days=days), max_size=size or Size(2**40))


def row(what: str, writer: Writer, work: Callable[[], object]) -> Row:
    waits = Waits(writer)
    begun = time.perf_counter()
    work()
    took_s = time.perf_counter() - begun
    taken = waits.end()
    worst, p99 = taken[-1], taken[int(len(taken) * 0.99)]
    spread = f"median {taken[len(taken) // 2]:.0f} ms, p99 {p99:.0f} ms of {len(taken)}; {took_s:.0f} s"
    return (f"longest wait for a commit: {what}", f"{worst:.0f} ms", spread, AIM)


if __name__ == "__main__":
    for line in main(*map(int, sys.argv[1:])):
        print(*line, sep="   ")
