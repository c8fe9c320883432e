"""How soon a sample becomes an alert, what judging costs, and how fast a year is played.

Aim   1,000 rules on 2,000 symbols at 400 rows/s: sample to alert p95 under 100 ms, a quarter of a core;
      a year of one rule, a sample every 30 s, in under 2 s

Measured in a whole Oculus, so an alert is one that stands in the file: with muted hours, a snooze, cooldowns,
and with what else moved being looked up for those that fire.
"""

from __future__ import annotations

import io
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr
from pathlib import Path

from oculus.core.alert import Delivery
from oculus.core.durations import Duration
from oculus.core.metric import Metric
from oculus.rules.life.evaluator import step
from oculus.rules.life.hours import Mute
from oculus.rules.life.standing import Input, Reading, Spec, Standing
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.backtest import play
from oculus.rules.trials.replay import Replay
from oculus.runtime import Oculus
from oculus.settings.schema import Settings
from serving import Row

RULES, SYMBOLS, ROWS_PER_S, BATCHES_PER_S, LASTS_S = 1000, 2000, 400, 40, 15
YEAR = 365 * 24 * 120  # samples, one every 30 s
STEP_MS = 30_000
HOUR = time.gmtime().tm_hour
NIGHT = Mute(name="night", from_=f"{(HOUR + 6) % 24}:00", to=f"{(HOUR + 8) % 24}:00")  # asked for, not now
MINUTES = Duration(minutes=1), Duration(minutes=15)


def main() -> list[Row]:
    with redirect_stderr(io.StringIO()):  # where the alerts are told
        without = measured([])
        given = measured([rule(number) for number in range(RULES)])
    late = sorted(given.latencies)
    p95 = late[int(0.95 * len(late))] * 1000
    more = max(0.0, given.share - without.share)
    print(
        f"{given.sent} rows in {LASTS_S} s, {len(late)} news in the file; {given.judging_ms:.2f} ms a batch"
    )
    played, (bare, evaluated) = replayed(), (year(nothing), year(evaluate))
    return [
        ("1,000 rules, sample to alert in the file, p95", f"{p95:.1f} ms", "", "under 100 ms"),
        (
            "judging 400 rows/s by 1,000 rules",
            f"{more:.1%} of a core",
            f"{given.share / without.share:.1f} x without rules",
            "under 25 %",
        ),
        ("a year of one rule, as a backtest plays it", f"{played:.2f} s", "", "under 2 s"),
        (
            "the same by the evaluator alone",
            f"{evaluated:.2f} s",
            f"{evaluated / bare:.1f} x an empty loop over it",
            "under 2 s",
        ),
    ]


class Measured:
    """One run of a whole Oculus."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.handed: dict[int, float] = {}  # when a sample was, by its time
        self.sent = 0
        self.share = 0.0  # of a core
        self.judging_ms = 0.0

    def note(self, deliveries: Sequence[Delivery]) -> None:
        """They are in the file now."""
        now = time.perf_counter()
        for each in deliveries:
            begun = self.handed.get(each.news.ts_ms)
            if begun is not None:
                self.latencies.append(now - begun)


def measured(rules: Sequence[RuleSettings]) -> Measured:
    found = Measured()
    settings = Settings(rules=list(rules), mute=[NIGHT])
    with tempfile.TemporaryDirectory() as folder, Oculus(settings, Path(folder)) as oculus:
        if rules:
            oculus.snoozes.snooze(rules[7].name, Duration(hours=1))
        notify = oculus.notifier.put

        def put(deliveries: Sequence[Delivery]) -> None:
            found.note(deliveries)
            notify(deliveries)

        oculus.notifier.put = put  # type: ignore[method-assign]
        hand_over(oculus, found)
        timing = oculus.counters.timing("rules.judge")
        found.judging_ms = (timing.percentile(0.95) or 0) * 1000
    return found


def hand_over(oculus: Oculus, found: Measured) -> None:
    chance, each = random.Random(7), ROWS_PER_S // BATCHES_PER_S
    time.sleep(1)  # what a start costs is measured elsewhere
    cpu, begun = time.process_time(), time.perf_counter()
    for number in range(LASTS_S * BATCHES_PER_S):
        time.sleep(max(0.0, begun + number / BATCHES_PER_S - time.perf_counter()))
        now = oculus.clock.now_ms()
        found.handed[now] = time.perf_counter()
        oculus.writer.put(batch(chance, each, now))
        found.sent += each
    found.share = (time.process_time() - cpu) / (time.perf_counter() - begun)


def rule(number: int) -> RuleSettings:
    """Two symbols each, one in fifty a glob over twenty; about one sample in fifty turns one."""
    own, other = f"net.http.h{number}", f"net.ping.h{(number * 7) % (SYMBOLS // 2)}"
    cooldown = MINUTES[1] if number % 3 == 0 else Duration(0)
    condition = f"{own} > 990 or {own} > 900 and not {other} < 900"
    if number % 50 == 0:
        condition = f"net.http.h{number // 50}* > 2000"
    return RuleSettings(name=f"rule {number}", condition=condition, cooldown=cooldown)


def batch(chance: random.Random, rows: int, now: int) -> list[Metric]:
    symbols = [
        f"net.{chance.choice(('http', 'ping'))}.h{chance.randrange(SYMBOLS // 2)}" for _ in range(rows)
    ]
    return [Metric(now, symbol[:8], symbol, chance.uniform(0, 1000), {}) for symbol in symbols]


# A year


def samples() -> Iterator[Metric]:
    """Ten minutes of trouble a day."""
    for number in range(YEAR):
        value = 250.0 if number % 2880 < 20 else 20.0
        yield Metric(number * STEP_MS, "net.ping", "net.ping.gw", value, {})


def replayed() -> float:
    """Seconds that a backtest takes, its samples being there."""
    year = list(samples())
    given = RuleSettings(
        name="slow",
        condition="net.ping.gw > 200",
        for_=MINUTES[0],
        recover_for=MINUTES[0],
        cooldown=MINUTES[1],
    )
    begun = time.perf_counter()
    found = play(given, Replay([given], tick_ms=315_000), year, (0, YEAR * STEP_MS))
    took = time.perf_counter() - begun
    assert len(found.fired) == 365
    return took


def year(run: Callable[[Reading], None]) -> float:
    """Seconds to run through the readings of a year."""
    readings = [
        Reading(Input.TRUE if number % 2880 < 20 else Input.FALSE, number * STEP_MS, 5.0)
        for number in range(YEAR)
    ]
    begun = time.perf_counter()
    for reading in readings:
        run(reading)
    return time.perf_counter() - begun


SPEC = Spec(for_ms=60_000, recover_ms=60_000, cooldown_ms=900_000, repeat_ms=14_400_000)
standing = Standing()


def evaluate(reading: Reading) -> None:
    global standing
    standing, _ = step(SPEC, standing, reading, reading.ts_ms)


def nothing(reading: Reading) -> None:
    """What the loop itself costs."""


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
