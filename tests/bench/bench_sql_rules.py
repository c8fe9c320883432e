"""How late a hundred SQL rules run that are all due at once, and what commits take meanwhile.

Aim   on 24 M rows none begins later than 5 s, and a commit takes at most twice as long as without them

A rule looks at an hour of every symbol, as most do; ten look at a day. New rows keep coming at 400 a second.
All are due every ten seconds, so three rounds take half a minute; people have them due every few minutes.
"""

from __future__ import annotations

import random
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

from oculus.core.counters import Timing
from oculus.core.metric import Metric
from oculus.rules.settings import RuleSettings
from oculus.runtime import Oculus
from oculus.settings.schema import Settings
from serving import Row

RULES = 100
ROWS = 24_000_000
SYMBOLS = 200
ROUNDS = 3
ROUND_S = 10
ALONE_S = 10
FILL = """
    INSERT INTO metrics
    SELECT make_timestamptz(($1 - (($2 - row) // 200) * 5000)::BIGINT * 1000), 'net.ping',
           'net.ping.host' || (row % 200), 10 + random(), NULL
    FROM range($2) AS rows(row)
"""
SQL = """
    SELECT symbol, avg(value) AS mean, max(value) - min(value) AS swing FROM metrics
    WHERE category = 'net.ping' AND ts > now() - to_minutes($minutes)
    GROUP BY symbol HAVING swing > mean * $threshold
"""


def main() -> list[Row]:
    rules = [rule(number) for number in range(RULES)]
    with tempfile.TemporaryDirectory() as folder, Oculus(Settings(), Path(folder)) as oculus:
        oculus.writer.change(
            lambda cursor: cursor.execute(FILL, [oculus.clock.now_ms() - 1000, ROWS])
        ).result(900)
        feed = Feed(oculus)
        feed.start()
        alone = feed.commits_ms(ALONE_S)
        oculus.engine.replace(rules)
        together = feed.commits_ms(ROUNDS * ROUND_S)
        feed.stop()
        late = oculus.counters.timing("rules.sql_late")
        took = oculus.counters.timing("rules.sql")
        missed = oculus.counters.get("rules.sql_missed")
        errors = oculus.counters.get("rules.errors")
    spent = f"{took.total_s / ROUNDS:.1f} s of statements a round"
    print(f"{late.count} runs, {missed:.0f} left out, {errors:.0f} failed, {spent}")
    ratio = p95(together) / p95(alone)
    return [
        ("the latest of 100 rules", f"{max(late.recent):.2f} s", f"{p50_ms(took):.0f} ms each", "under 5 s"),
        ("a commit, p95", f"{p95(together):.1f} ms", f"{ratio:.1f} x without them", "under 2 x"),
        ("a commit, p50", f"{median(together):.1f} ms", f"{median(together) / median(alone):.1f} x", ""),
    ]


def rule(number: int) -> RuleSettings:
    minutes = 1440 if number % 10 == 0 else 60
    return RuleSettings(
        name=f"rule {number}",
        sql=SQL,
        params={"minutes": minutes, "threshold": 10 + number},
        schedule=f"*/{ROUND_S} * * * * *",
    )


class Feed:
    """Rows, four hundred a second in ten batches, and how long each takes to be in the file."""

    def __init__(self, oculus: Oculus) -> None:
        self._oculus = oculus
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def commits_ms(self, seconds: float) -> list[float]:
        """How long small changes took to be committed, asked for five times a second."""
        took, until = [], time.perf_counter() + seconds
        while time.perf_counter() < until:
            begun = time.perf_counter()
            self._oculus.writer.change(lambda cursor: cursor.execute("SELECT 1")).result(60)
            took.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.2)
        return took

    def _run(self) -> None:
        chance = random.Random(7)
        while not self._stopping.wait(0.1):
            now_ms = self._oculus.clock.now_ms()
            names = [f"net.ping.host{chance.randrange(SYMBOLS)}" for _ in range(40)]
            self._oculus.writer.put(
                [Metric(now_ms, "net.ping", name, chance.uniform(10, 11), {}) for name in names]
            )


def p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


def p50_ms(timing: Timing) -> float:
    return (timing.percentile(0.5) or 0.0) * 1000


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
