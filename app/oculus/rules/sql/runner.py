"""Runs the SQL of rules when their cron lines say so, on threads of its own: judging never waits for it.

One run of a rule at a time: a slot that comes while the run before still goes on is left out and counted.
Slots that passed while the machine slept are left out too; with `catch_up` one run is made for them.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.errors import OculusError
from oculus.core.worker import Worker
from oculus.rules.settings import RuleSettings
from oculus.rules.sql.schedule import Schedule
from oculus.rules.sql.statement import MOST_ROWS, Result, Row, RowsError, Statement, rows_by_key

log = logging.getLogger(__name__)

AT_ONCE = 2  # statements that run together: more would take the processor from collecting
SLEPT_MS = 10_000  # a slot found this late passed while the machine slept
LOOK_S = 1.0  # longest wait without a look at the clock, which may have been set

RunSql = Callable[[str, Mapping[str, Any], int], Result]


class Outcome(Struct, frozen=True, kw_only=True):
    """What one run came to: rows by key, or why it failed. `ts_ms` is when it was due."""

    rule: str
    statement: Statement
    ts_ms: int
    rows: dict[str, Row] = {}
    truncated: bool = False
    error: str = ""


class Job(Struct):
    """A rule and when it runs next."""

    rule: str
    statement: Statement
    schedule: Schedule
    line: tuple[str, str]
    catch_up: bool
    next_ms: int
    running: bool = False
    missed: int = 0  # slots left out because the run before went on
    last_ms: int | None = None
    took_ms: float | None = None


class RunStatus(Struct, frozen=True):
    """When a rule runs."""

    next_ms: int
    last_ms: int | None
    took_ms: float | None
    missed: int


class Runner(Worker):
    """Plans on its own thread; `done` is called on the threads that run the statements.

    A stop waits for none of those: each ends with its own time limit.
    """

    pause_s = 0

    def __init__(
        self, run_sql: RunSql, done: Callable[[Outcome], None], clock: Clock, counters: Counters
    ) -> None:
        super().__init__("rules.sql")
        self._run_sql = run_sql
        self._done = done
        self._clock = clock
        self._counters = counters
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._jobs: dict[str, Job] = {}
        self._due: queue.SimpleQueue[tuple[Job, int] | None] = queue.SimpleQueue()
        self._before_ms = clock.now_ms()
        self._hands: list[threading.Thread] = []

    def replace(self, rules: Sequence[RuleSettings]) -> None:
        """Take new settings. What did not change keeps its next slot."""
        now_ms = self._clock.now_ms()
        with self._lock:
            self._jobs = {each.name: self._job(each, now_ms) for each in rules if each.statement}
        self._changed.set()

    def status(self, rule: str) -> RunStatus | None:
        with self._lock:
            job = self._jobs.get(rule)
            return RunStatus(job.next_ms, job.last_ms, job.took_ms, job.missed) if job else None

    def start(self) -> None:
        for number in range(AT_ONCE):
            hand = threading.Thread(target=self._work, name=f"rules.sql-{number + 1}", daemon=True)
            self._hands.append(hand)
            hand.start()
        super().start()

    def wake(self) -> None:
        self._changed.set()

    def finish(self) -> None:
        for _ in self._hands:
            self._due.put(None)

    def step(self) -> None:
        self._changed.clear()
        wait_s = self.plan()
        self._changed.wait(min(wait_s, LOOK_S))

    def plan(self) -> float:
        """Hand over what is due, the quickest first: it keeps the fewest waiting.

        Returns the seconds until the next slot.
        """
        now_ms = self._clock.now_ms()
        with self._lock:
            set_back = now_ms < self._before_ms - SLEPT_MS
            self._before_ms = now_ms
            for job in sorted(self._jobs.values(), key=lambda job: job.took_ms or 0.0):
                if set_back:
                    job.next_ms = job.schedule.next_ms(now_ms)
                elif job.next_ms <= now_ms:
                    self._hand_over(job, now_ms)
            soonest_ms = min((job.next_ms for job in self._jobs.values()), default=now_ms + 60_000)
        return max(0.0, (soonest_ms - now_ms) / 1000)

    def _hand_over(self, job: Job, now_ms: int) -> None:
        slot_ms = job.next_ms
        job.next_ms = job.schedule.next_ms(now_ms)
        slept = now_ms - slot_ms >= SLEPT_MS
        if job.running:
            job.missed += 1
            self._counters.add("rules.sql_missed")
        elif not slept or job.catch_up:
            job.running = True
            self._due.put((job, now_ms if slept else slot_ms))

    def _job(self, settings: RuleSettings, now_ms: int) -> Job:
        assert settings.statement is not None
        line = (settings.schedule, settings.timezone)
        job = self._jobs.get(settings.name)
        if job is None:
            schedule = Schedule(*line)
            next_ms = schedule.next_ms(now_ms)
            return Job(settings.name, settings.statement, schedule, line, settings.catch_up, next_ms)
        # The same job for a changed rule: what it runs at the moment must end before its next run.
        job.statement, job.catch_up = settings.statement, settings.catch_up
        if job.line != line:
            job.line, job.schedule = line, Schedule(*line)
            job.next_ms = job.schedule.next_ms(now_ms)
        return job

    def _work(self) -> None:
        while (given := self._due.get()) is not None:
            self.run_one(*given)

    def run_one(self, job: Job, ts_ms: int) -> None:
        """Run a job that is due, and hand on what it came to."""
        outcome = self._outcome(job, ts_ms)
        with self._lock:
            job.running = False
        self._done(outcome)

    def _outcome(self, job: Job, ts_ms: int) -> Outcome:
        begun = self._clock.monotonic()
        statement = job.statement
        self._counters.time("rules.sql_late", max(0, self._clock.now_ms() - ts_ms) / 1000)
        outcome = outcome_of(job.rule, statement, ts_ms, self._run_sql)
        took_s = self._clock.monotonic() - begun
        job.last_ms, job.took_ms = ts_ms, round(took_s * 1000, 1)
        self._counters.time("rules.sql", took_s)
        return outcome


def outcome_of(rule: str, statement: Statement, ts_ms: int, run_sql: RunSql) -> Outcome:
    """Run it now; `ts_ms` is when it was due. Whatever goes wrong is part of the outcome."""
    try:
        result = run_sql(statement.sql, statement.params, MOST_ROWS)
        rows = rows_by_key(result, statement.key)
    except (OculusError, RowsError) as failure:
        return Outcome(rule=rule, statement=statement, ts_ms=ts_ms, error=str(failure))
    except Exception as failure:  # whatever the one statement did, the next one runs
        log.error("rules.sql: %s failed in an unforeseen way", rule, exc_info=failure)
        said = str(failure) or type(failure).__name__
        return Outcome(rule=rule, statement=statement, ts_ms=ts_ms, error=said)
    return Outcome(rule=rule, statement=statement, ts_ms=ts_ms, rows=rows, truncated=result.truncated)
