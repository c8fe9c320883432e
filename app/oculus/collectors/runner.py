"""One run of a collector on a thread of the pool: asked, given up when it hangs, entered into its record."""

from __future__ import annotations

import threading
from functools import partial

from oculus.collectors.delivery import Delivery
from oculus.collectors.health import Outcome, Turn
from oculus.collectors.job import Job, Run
from oculus.collectors.pool import Pool, Task
from oculus.collectors.roster import Roster
from oculus.core.clock import Clock
from oculus.core.counters import Counters

SLOW_S = 1.0  # who took longer begins among those that wait the next time


class Runner:
    """The scheduler's part. `lock` is the scheduler's own, which guards jobs and the roster."""

    def __init__(
        self,
        pool: Pool,
        roster: Roster,
        delivery: Delivery,
        counters: Counters,
        clock: Clock,
        lock: threading.RLock,
    ) -> None:
        self._pool = pool
        self._roster = roster
        self._delivery = delivery
        self._counters = counters
        self._clock = clock
        self._lock = lock

    def launch(self, job: Job, run: Run) -> None:
        """Hand it to the pool. Needs the lock."""
        job.run = run
        work, too_long = partial(self._work, job, run), partial(self._give_up, job, run)
        self._pool.submit(Task(work, job.limit_s, too_long, slow=job.slow))

    def _work(self, job: Job, run: Run) -> None:
        if run.slot is not None:
            self._note_lateness(job, self._clock.monotonic() - run.slot)
        begun = self._clock.monotonic()
        outcome = job.ask(by_hand=run.by_hand is not None)
        job.slow = self._clock.monotonic() - begun > max(SLOW_S, self._pool.brief_s())
        with self._lock:
            job.run = None
            if run.given_up:  # too late: it has been reported, and its numbers are of another time
                job.renew()
                return
            turn = self._settle(job, outcome)
        self._end(job, run, outcome, turn)

    def _give_up(self, job: Job, run: Run) -> None:
        outcome = job.overran()
        with self._lock:
            if job.run is not run:  # it came back this very moment
                return
            run.given_up = job.slow = True
            turn = self._settle(job, outcome)
        self._counters.add("collectors.abandoned")
        self._end(job, run, outcome, turn)

    def _settle(self, job: Job, outcome: Outcome) -> Turn | None:
        """Enter a run into the records. Needs the lock."""
        self._counters.add("collectors.runs")
        if not outcome.answered:
            self._counters.add("collectors.failures")
        job.plan(outcome, self._clock.monotonic())
        if job.gone:  # its record is its successor's by now
            return None
        self._roster.learn(job, outcome.metrics)
        return job.health.note(outcome, self._clock.now_ms())

    def _end(self, job: Job, run: Run, outcome: Outcome, turn: Turn | None) -> None:
        try:
            if not job.gone:
                self._delivery.deliver(job, outcome, turn)
        finally:
            if run.by_hand:
                run.by_hand.set_result(outcome)

    def _note_lateness(self, job: Job, late_s: float) -> None:
        job.health.lateness_s.append(late_s)
        self._counters.time("collectors.lateness", late_s)
