"""How soon a sample becomes an alert, what judging costs, and how fast a year is played.

Aim   1,000 rules on 2,000 symbols at 400 rows/s: sample to verdict p95 under 100 ms, a quarter of a core;
      a year of one rule, a sample every 30 s, in under 2 s
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Sequence

from oculus.core.alert import Verdict
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.metric import Metric
from oculus.rules.engine import Engine
from oculus.rules.life.evaluator import step
from oculus.rules.life.standing import Input, Reading, Spec, Standing
from oculus.rules.settings import RuleSettings

RULES, SYMBOLS, ROWS_PER_S, BATCHES_PER_S, LASTS_S = 1000, 2000, 400, 40, 10
YEAR = 365 * 24 * 120  # samples, one every 30 s
CLOCK = SystemClock()

Batch = Sequence[Metric]


def main() -> list[tuple[str, str, str, str]]:
    idle_s, _ = share(Sink())
    judge = Judging()
    busy_s, sent = share(judge)
    late = sorted(judge.latencies)
    p95 = late[int(0.95 * len(late))] * 1000
    more = max(0.0, busy_s - idle_s)
    print(f"{sent} rows in {LASTS_S} s, {len(late)} verdicts, {judge.counters.get('rules.fired'):.0f} alerts")
    played, bare = year(play), year(nothing)
    return [
        (
            "sample to verdict, p95",
            f"{p95:.1f} ms",
            f"{judge.judging_ms():.2f} ms of it judging",
            "under 100 ms",
        ),
        (
            "judging 400 rows/s",
            f"{more:.1%} of a core",
            f"{busy_s / idle_s:.1f} x only handing them over",
            "under 25 %",
        ),
        (
            "a year of one rule",
            f"{played:.2f} s",
            f"{played / bare:.1f} x an empty loop over it",
            "under 2 s",
        ),
    ]


class Sink:
    """Takes batches on a thread of its own and does nothing with them: what the machine itself costs."""

    def __init__(self) -> None:
        self.queue: queue.Queue[Batch | None] = queue.Queue()
        self.put = self.queue.put
        self.thread = threading.Thread(target=lambda: [None for _ in iter(self.queue.get, None)])

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.queue.put(None)
        self.thread.join()


class Judging:
    """An engine with its rules, and when each verdict came after the batch it is about."""

    def __init__(self) -> None:
        self.counters = Counters()
        self.latencies: list[float] = []
        self.handed: dict[int, float] = {}  # by the samples' time
        self.engine = Engine(
            record=self.note,
            tell=print,
            latest=lambda _: None,
            symbols=list,
            freshness=lambda _: None,
            counters=self.counters,
            clock=CLOCK,
        )
        self.engine.replace([rule(number) for number in range(RULES)])

    def put(self, batch: Batch) -> None:
        self.handed[batch[0].ts_ms] = time.perf_counter()
        self.engine.put(batch)

    def note(self, verdict: Verdict) -> None:
        now = time.perf_counter()
        for news in verdict.news:
            if news.ts_ms in self.handed:
                self.latencies.append(now - self.handed[news.ts_ms])

    def judging_ms(self) -> float:
        return (self.counters.timing("rules.judge").percentile(0.95) or 0) * 1000

    def start(self) -> None:
        self.engine.start()

    def stop(self) -> None:
        self.engine.stop()


def rule(number: int) -> RuleSettings:
    """Two symbols each, one in fifty a glob over twenty; about one sample in fifty turns one."""
    own, other = f"net.http.h{number}", f"net.ping.h{(number * 7) % (SYMBOLS // 2)}"
    if number % 50 == 0:
        return RuleSettings(name=f"rule {number}", condition=f"net.http.h{number // 50}* > 2000")
    return RuleSettings(name=f"rule {number}", condition=f"{own} > 990 or {own} > 900 and not {other} < 900")


def share(taker: Sink | Judging) -> tuple[float, int]:
    """The share of a core that it takes to hand over the rows, and what the taker does; the rows sent."""
    chance, sent, each = random.Random(7), 0, ROWS_PER_S // BATCHES_PER_S
    taker.start()
    cpu, begun = time.process_time(), time.perf_counter()
    for number in range(LASTS_S * BATCHES_PER_S):
        time.sleep(max(0.0, begun + number / BATCHES_PER_S - time.perf_counter()))
        taker.put(batch(chance, each))
        sent += each
    spent = (time.process_time() - cpu) / (time.perf_counter() - begun)
    taker.stop()
    return spent, sent


def batch(chance: random.Random, rows: int) -> list[Metric]:
    now = CLOCK.now_ms()
    symbols = [
        f"net.{chance.choice(('http', 'ping'))}.h{chance.randrange(SYMBOLS // 2)}" for _ in range(rows)
    ]
    return [Metric(now, symbol[:8], symbol, chance.uniform(0, 1000), {}) for symbol in symbols]


def year(run: Callable[[Reading], None]) -> float:
    """Seconds to run through a year with ten minutes of trouble a day."""
    readings = [
        Reading(Input.TRUE if number % 2880 < 20 else Input.FALSE, number * 30_000, 5.0)
        for number in range(YEAR)
    ]
    begun = time.perf_counter()
    for reading in readings:
        run(reading)
    return time.perf_counter() - begun


SPEC = Spec(for_ms=60_000, recover_ms=60_000, cooldown_ms=900_000, repeat_ms=14_400_000)
standing = Standing()


def play(reading: Reading) -> None:
    global standing
    standing, _ = step(SPEC, standing, reading, reading.ts_ms)


def nothing(reading: Reading) -> None:
    """What the loop itself costs."""


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
