"""One collector at work: its instance, its slots, its record."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future

from oculus.collectors import build
from oculus.collectors.backoff import Backoff
from oculus.collectors.checked import kept, moment, seconds, text
from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.custom.push import Push
from oculus.collectors.health import Health, Outcome
from oculus.collectors.slots import Slots
from oculus.collectors.status import CollectorState, CollectorStatus, with_sources
from oculus.collectors.tools import Tools
from oculus.collectors.words import masked, of_crash
from oculus.core.clock import Clock
from oculus.core.durations import short
from oculus.core.errors import SourceBusy, SourceError
from oculus.core.metric import Metric

log = logging.getLogger(__name__)

PATIENCE_S = 60.0  # who asks seldom anyway need not wait for several of its intervals after a failure
GRACE_S = 1.0  # added to what the settings allow, before a run is given up


class Run:
    """One time of asking. `by_hand` is set when it is over, one way or the other."""

    __slots__ = ("by_hand", "given_up", "slot")

    def __init__(self, slot: float | None = None, by_hand: Future[Outcome] | None = None) -> None:
        self.slot = slot  # None: asked for out of turn
        self.by_hand = by_hand
        self.given_up = False


class Job:
    """A collector and all that the scheduler must remember about it."""

    def __init__(
        self, settings: CollectorSettings, clock: Clock, phase_s: float, tools: Tools | None = None
    ) -> None:
        self.settings = settings
        self.type = str(settings.__struct_config__.tag)
        self.phase_s = phase_s
        self.interval_s = settings.interval.total_seconds()
        self.limit_s = settings.timeout.total_seconds() * (settings.retries + 1) + GRACE_S
        self.slots = Slots(clock.monotonic() + phase_s, self.interval_s)
        self.backoff = Backoff(min(self.interval_s, PATIENCE_S))
        self.health = Health()
        self.run: Run | None = None
        self.paused = False
        self.gone = False
        self.slow = False  # its last run took long
        self.stands_s = 0.0  # how long its numbers stand without new ones
        self.rest_s = 0.0  # how long it need not be asked after its last run
        self._clock = clock
        self._tools = tools
        self._collector: Collector | None = None
        self.expected: list[str] = []
        self.heads: tuple[str, ...] = ()  # how symbols begin that it may write besides
        self.name = self.label = settings.name or self.type
        self.seen: dict[str, None] = {}  # symbols that it has written, the newest last
        self.backs_off = True
        self._prepare()

    def ask(self, by_hand: bool = False) -> Outcome:
        """Run the collector once. Whatever it does, this returns."""
        try:
            return self._collect(by_hand)
        except SourceError as error:
            wish_s = error.retry_after_s if isinstance(error, SourceBusy) else None
            how = "could not ask its source"
            return Outcome(trouble=text(masked(str(error))), how=how, answered=False, wish_s=wish_s)
        except BaseException as error:  # even a plugin's sys.exit() must only cost this one run
            log.debug("%s: failed", self.label, exc_info=error)
            self.renew()
            return Outcome(trouble=of_crash(error), how="failed and was set up afresh", answered=False)
        finally:
            if self.gone:  # it may have been made anew after everybody had let go of it
                self.renew()

    def _collect(self, by_hand: bool) -> Outcome:
        collector = self._collector or self._build()
        collector.by_hand = by_hand
        metrics = kept(collector.collect(), self.seen, self._clock.now_ms())
        news, collector.news = [text(each) for each in collector.news], []
        self.stands_s = seconds(collector.stands_s)
        return Outcome(
            metrics=metrics,
            trouble=text(collector.trouble),
            how=text(collector.unwell),
            rest_s=seconds(collector.rest_s),
            lacking=[text(each) for each in collector.lacking],
            said=text(collector.said),
            as_of_ms=self._as_of(collector, metrics),
            heard_ms=self._time(collector.heard_ms),
            news=news,
        )

    def plan(self, outcome: Outcome, now: float) -> None:
        """Leave out the slots in which it need not, or should not, be asked again after this."""
        if outcome.answered:
            self.backoff.worked()
            self.rest_s = outcome.rest_s
            if self.rest_s:  # else a slot that has come meanwhile is used, or counted as missed
                self.slots.skip_until(now + self.rest_s)
        elif self.backs_off:
            self.slots.skip_until(now + self.backoff.failed(outcome.wish_s))

    def receive(self, body: bytes) -> list[Metric]:
        """Hand over what was pushed. Raises PushRefused."""
        collector = self._collector or self._build()
        assert isinstance(collector, Push)
        return collector.receive(body)

    def leave(self) -> None:
        """Nobody wants it any more."""
        self.gone = True
        self.renew()

    def overran(self) -> Outcome:
        """What a run came to that had to be given up."""
        return Outcome(trouble=f"took longer than {short(self.limit_s)}", how="was given up", answered=False)

    def renew(self) -> None:
        """Forget the instance; the next run makes a new one."""
        collector, self._collector = self._collector, None
        try:
            if collector:
                collector.close()
        except (Exception, SystemExit) as error:  # it is given up anyway
            log.debug("%s: could not be ended", self.label, exc_info=error)

    def status(self, now: float, now_ms: int) -> CollectorStatus:
        """How it fares. `now` is the monotonic clock, `now_ms` the wall clock."""
        health, stuck = self.health, self._stuck()
        asks = self.settings.enabled and not self.paused and not stuck
        collector = self._collector  # its own thread may let go of it meanwhile
        status = CollectorStatus(
            name=self.label,
            type=self.type,
            symbols=self.symbols(),
            state=self._state(),
            interval_s=self.interval_s,
            last_run_ms=health.last_run_ms,
            last_success_ms=health.last_success_ms,
            last_error=health.trouble,
            failing_since_ms=health.since_ms,
            next_run_ms=now_ms + round(max(0.0, self.slots.due - now) * 1000) if asks else None,
            runs=health.runs,
            failures=health.failures,
            missed=health.missed,
            stuck=stuck,
            lateness_p50_ms=health.late(0.5),
            lateness_p99_ms=health.late(0.99),
            lacking=health.lacking,
            said=health.said,
            as_of_ms=health.as_of_ms,
        )
        return with_sources(status, collector.sources() if collector else [])

    def _as_of(self, collector: Collector, metrics: Sequence[Metric]) -> int | None:
        """The time of its newest number, if there is one."""
        return self._time(collector.as_of_ms or max((metric.ts_ms for metric in metrics), default=None))

    def _time(self, given: int | None) -> int | None:
        return None if given is None else moment(given, self._clock.now_ms())

    def _stuck(self) -> bool:
        return self.run is not None and self.run.given_up

    def _state(self) -> CollectorState:
        if not self.settings.enabled:
            return CollectorState.OFF
        if self.paused:
            return CollectorState.PAUSED
        return CollectorState.FAILING if self.health.trouble else CollectorState.OK

    def symbols(self) -> list[str]:
        """Those it will write, then those it has written besides."""
        return self.expected + sorted(self.seen.keys() - self.expected)

    def _prepare(self) -> None:
        try:
            self._build()
        except (Exception, SystemExit) as error:
            # A plugin that cannot be made: its runs will say so, and try again.
            log.debug("%s: cannot be set up", self.label, exc_info=error)

    def _build(self) -> Collector:
        collector = build(self.settings)
        collector.clock = self._clock
        if self._tools:
            collector.tools = self._tools
        self.expected = collector.symbols()
        self.heads = tuple(collector.may_write())
        self.name = collector.name
        self.backs_off = collector.backs_off
        self._collector = collector
        return collector
