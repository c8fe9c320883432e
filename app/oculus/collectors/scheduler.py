"""The scheduler: asks every collector in its slots, on the threads of one pool.

Slots lie on the monotonic clock. A slot that comes while its collector still runs, or while the machine
slept, is counted as missed and never made up for.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout

from oculus.collectors.collector import CollectorSettings
from oculus.collectors.delivery import Delivery
from oculus.collectors.health import Outcome
from oculus.collectors.job import Job, Run
from oculus.collectors.pauses import Pauses
from oculus.collectors.pool import Pool
from oculus.collectors.roster import Roster
from oculus.collectors.runner import Runner
from oculus.collectors.slots import Slots, phase
from oculus.collectors.sockets import room
from oculus.collectors.status import CollectorStatus, Freshness
from oculus.collectors.tools import Tools
from oculus.core.clock import Clock, SystemClock
from oculus.core.counters import Counters
from oculus.core.durations import short
from oculus.core.errors import OculusError
from oculus.core.event import Event
from oculus.core.metric import Metric
from oculus.core.worker import Worker

log = logging.getLogger(__name__)

THREADS = 64  # at most this many runs work at once
WAITING = 2000  # and this many wait for an answer, where there are enough sockets for it
LOOK_S = 0.1  # how often runs are looked for that turn out to wait, or are past their limit
IDLE_S = 60.0  # longest sleep when nothing runs; a change of settings ends it
PATIENCE_S = 1.0  # stop() waits this long at most for runs under way: their results would come too late


class Scheduler(Worker):
    """Hands metrics to `sink` and news about collectors to `tell`; both are called on the pool's threads."""

    pause_s = 0.0

    def __init__(
        self,
        sink: Callable[[Sequence[Metric]], None],
        tell: Callable[[Event], None],
        counters: Counters | None = None,
        clock: Clock | None = None,
        threads: int = THREADS,
        tools: Tools | None = None,
        waiting: int = WAITING,
    ) -> None:
        super().__init__("scheduler")
        self._sink = sink
        self._counters = counters or Counters()
        self._clock = clock or SystemClock()
        self._tools = tools
        self._pauses = Pauses(tools)
        self._pool = Pool("collector", threads, min(waiting, room()), self._clock)
        self._replacing = threading.Lock()
        self._lock = threading.RLock()
        self._poke = threading.Event()
        self._roster = Roster()
        delivery = Delivery(sink, tell, self._counters, self._clock)
        self._runner = Runner(self._pool, self._roster, delivery, self._counters, self._clock, self._lock)
        self._heap: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()
        self._look_at = 0.0

    # What to run

    def replace(self, wanted: Sequence[CollectorSettings]) -> None:
        """Run exactly these. Whatever has the same settings as before keeps its slots and its record."""
        with self._replacing:
            places, new = self._roster.sort_out(wanted)
            # Without the lock: what a collector imports may take long, and runs and pages go on meanwhile.
            fresh = [self._job(settings, number, len(new)) for number, settings in enumerate(new)]
            self._take_on(places, fresh)
        for job in fresh:
            if job.settings.enabled:
                log.info(
                    "%s: %s", job.label, "is paused" if job.paused else f"asks every {short(job.interval_s)}"
                )
        self._poke.set()

    def _take_on(self, places: Sequence[Job | None], fresh: Sequence[Job]) -> None:
        with self._lock:
            self._roster.replace(places, fresh)
            self._pauses.restore(fresh)
            self._pauses.keep(self._roster.jobs)
            for job in fresh:
                if job.settings.enabled:
                    self._line_up(job)

    def start(self) -> None:
        """Begin. Slots are counted from here, however long ago `replace` was called."""
        with self._lock:
            now = self._clock.monotonic()
            self._heap.clear()
            for job in self._roster.jobs:
                job.slots = Slots(now + job.phase_s, job.interval_s)
                if job.settings.enabled:
                    self._line_up(job)
        super().start()

    def pause(self, name: str) -> None:
        """Leave its slots unused until `resume`. Raises OculusError for a name nobody has."""
        self._pause(name, True)

    def resume(self, name: str) -> None:
        """Use its slots again. Raises OculusError for a name nobody has."""
        self._pause(name, False)

    def _pause(self, name: str, on: bool) -> None:
        with self._lock:
            self._roster.find(name).paused = on
            self._pauses.keep(self._roster.jobs)
        log.info("%s: is %s", name, "paused" if on else "asked again")

    def run_now(self, name: str) -> list[Metric]:
        """Ask once, out of turn, and wait for it. The metrics go to `sink` like any others.

        Raises OculusError when nobody has that name, it is running already, or it could not ask.
        """
        result: Future[Outcome] = Future()
        with self._lock:
            job = self._roster.find(name)
            if not job.settings.enabled:
                raise OculusError(f"{job.label} is switched off", "Set `enabled: true` in its settings.")
            if job.run:
                raise OculusError(f"{job.label} is running already", "Its result arrives in a moment.")
            self._runner.launch(job, Run(by_hand=result))
        self._poke.set()  # or nobody would look whether it hangs before the next slot of anybody
        try:
            outcome = result.result(job.limit_s + 2 * LOOK_S + PATIENCE_S)
        except FutureTimeout as error:
            raise OculusError(f"{job.label} found no free thread", "Try again later.") from error
        if not outcome.answered:
            raise OculusError(f"{job.label} {outcome.how}: {outcome.trouble}")
        return list(outcome.metrics)

    def receive(self, name: str, secret: str, body: bytes) -> list[Metric]:
        """Take what was pushed to the collector `name`. Raises PushRefused; then nothing of it counts."""
        with self._lock:
            job = self._roster.pushed(name, secret)
        metrics = job.receive(body)
        with self._lock:
            job.health.answered_ms = self._clock.now_ms()
            self._roster.learn(job, metrics)
        self._counters.add("collectors.pushed", len(metrics))
        self._sink(metrics)
        return metrics

    def _job(self, settings: CollectorSettings, number: int, together: int) -> Job:
        phase_s = phase(number, together, settings.interval.total_seconds())
        return Job(settings, self._clock, phase_s, self._tools)

    # How it goes

    def status(self) -> list[CollectorStatus]:
        with self._lock:
            now, now_ms = self._clock.monotonic(), self._clock.now_ms()
            return [job.status(now, now_ms) for job in self._roster.jobs]

    def freshness(self, symbol: str) -> Freshness | None:
        """When the collector of `symbol` last had an answer; None when no collector writes it."""
        job = self._roster.owner_of(symbol)
        if job is None:
            return None
        interval_s = max(job.interval_s, job.rest_s, job.stands_s)
        return Freshness(answered_ms=job.health.answered_ms, interval_s=interval_s, collector=job.label)

    def collects(self, symbol: str) -> bool:
        """Whether anybody writes `symbol`, or may come to."""
        return self._roster.collects(symbol)

    # The loop

    def step(self) -> None:
        self._poke.wait(self.tick())
        self._poke.clear()

    def wake(self) -> None:
        self._poke.set()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Start nothing more. What is under way gets a moment to end; what comes later is thrown away."""
        ended = super().stop(timeout_s)
        self._pool.close(min(timeout_s, PATIENCE_S))
        with self._lock:
            for job in self._roster.jobs:
                job.leave()
        return ended

    def tick(self) -> float:
        """Start what is due and give up what hangs. Seconds until there may be more to do."""
        now = self._clock.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            for task in self._pool.give_up(now):
                task.too_long()
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                job = heapq.heappop(self._heap)[2]
                if not job.gone:
                    self._take_slot(job, now)
                    self._line_up(job)
            soonest = self._heap[0][0] - now if self._heap else IDLE_S
        return min(max(soonest, 0.0), LOOK_S if self._pool.busy() else IDLE_S)

    def _line_up(self, job: Job) -> None:
        heapq.heappush(self._heap, (job.slots.due, next(self._numbers), job))

    def _take_slot(self, job: Job, now: float) -> None:
        if job.slots.due > now:  # it was told to back off after it had been lined up
            return
        slot, missed = job.slots.take(now)
        if job.paused:
            return
        if job.run:
            missed += 1
        else:
            self._runner.launch(job, Run(slot))
        if missed:
            job.health.missed += missed
            self._counters.add("collectors.missed", missed)
