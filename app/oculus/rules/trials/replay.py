"""Plays samples through the same judging as the live engine's: for backtests, and for the tests of rules.

Time is that of the samples, with ticks between them where time alone can move something. What the live
engine learns from its collectors is taken from the samples: a symbol is answered whenever it has one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from operator import attrgetter
from statistics import median

from msgspec import Struct

from oculus.core.alert import News
from oculus.core.counters import Counters
from oculus.core.event import Event
from oculus.core.gap import Gap, GapReason
from oculus.core.metric import Metric
from oculus.rules.instance import Instance, in_turn
from oculus.rules.judging.judge import Judge
from oculus.rules.life.pauses import away
from oculus.rules.life.silence import Silence
from oculus.rules.memory.sight import Sight
from oculus.rules.roster import Roster
from oculus.rules.settings import NoData, RuleSettings
from oculus.rules.sql.rows import RowJudge
from oculus.rules.sql.runner import Outcome
from oculus.rules.trials.quiet import quiet_of

TICK_MS = 1000  # as the live engine's
Seen = Metric | Outcome
WHEN = attrgetter("ts_ms")
USUAL = 9  # pauses between samples from which the usual one is known


class Answered(Struct):
    """When a symbol last had a sample, and how often it has one."""

    answered_ms: int | None
    interval_s: float


class Heard:
    """Stands for the scheduler: every sample is an answer.

    Where the interval is not known, or answers may bring nothing new, the usual pause is taken for it.
    """

    def __init__(self, interval_s: Callable[[str], float | None]) -> None:
        self._interval_s = interval_s
        self._last: dict[str, int] = {}
        self._pauses: dict[str, deque[int]] = {}

    def note(self, metric: Metric) -> None:
        before = self._last.get(metric.symbol)
        self._last[metric.symbol] = metric.ts_ms
        if before is not None:
            self._pauses.setdefault(metric.symbol, deque(maxlen=USUAL)).append(metric.ts_ms - before)

    def freshness(self, symbol: str) -> Answered | None:
        known, pauses = self._interval_s(symbol), self._pauses.get(symbol)
        usual_s = median(pauses) / 1000 if pauses else 0.0
        return Answered(self._last.get(symbol), usual_s if known is None else known)


class Replay:
    """Rules from nothing. What they would have written and said comes back as news.

    A rule with SQL is judged by the outcomes of its runs, which somebody else makes.
    """

    def __init__(
        self,
        rules: Sequence[RuleSettings],
        silence: Silence | None = None,
        interval_s: Callable[[str], float | None] = lambda _: None,
        tick_ms: int = TICK_MS,
    ) -> None:
        self.events: list[Event] = []  # trouble with the rules themselves
        self._heard = Heard(interval_s)
        self._sight = Sight(lambda _: None, self._heard.freshness)
        self._judge = Judge(self._sight, self.events.append, Counters(), silence)
        self._judge.roster = Roster(rules, self._sight.exists, self._sight.follow)
        self._row_judge = RowJudge(self._judge, self.events.append, Counters())
        self._quiet = quiet_of(rules, USUAL + 1)
        self._tick_ms = tick_ms
        self._watched = any(rule.no_data is NoData.ALERT for rule in rules)
        self._tick_at = 0

    def warm_up(self, samples: Iterable[Metric], since_ms: int) -> None:
        """Let windows know what was before `since_ms`; nothing is judged."""
        self._judge.roster.enter_single(since_ms)
        for metric in samples:
            self._take(metric)
            self._judge.roster.woken(metric.symbol, since_ms)

    def run(
        self,
        samples: Iterable[Metric],
        since_ms: int,
        until_ms: int,
        gaps: Sequence[Gap] = (),
        outcomes: Iterable[Outcome] = (),
    ) -> Iterator[News]:
        """All news of a span, in order. `samples` and `outcomes` come in the order of their times."""
        self._judge.roster.enter_single(since_ms)
        self._tick_at = since_ms
        turns = turning_points(gaps, since_ms, until_ms)
        given: list[Iterable[Seen]] = [samples, outcomes]
        stream = merge(*given, key=WHEN)
        ahead = self._pass_over(next(stream, None), stream, turns, until_ms)
        while ahead is not None and ahead.ts_ms <= until_ms:
            ts_ms, same = ahead.ts_ms, [ahead]
            while (ahead := next(stream, None)) is not None and ahead.ts_ms == ts_ms:
                same.append(ahead)
            yield from self._pass(ts_ms, turns)
            self._judge_moment(same, ts_ms)
            yield from self._judge.changes.news()
            ahead = self._pass_over(ahead, stream, turns, until_ms)
        yield from self._pass(until_ms + 1, turns)

    def _pass_over(
        self, ahead: Seen | None, stream: Iterator[Seen], turns: deque[Gap], until_ms: int
    ) -> Seen | None:
        """Leave out the samples by which nothing can change."""
        quiet = self._quiet
        if (
            quiet is None
            or ahead is None
            or self._judge.restless()
            or not self._sight.grace.over(ahead.ts_ms)
        ):
            return ahead
        before_ms = turn_ms(turns[0]) if turns else until_ms + 1
        ahead = quiet.pass_over(ahead, stream, self._judge.roster.has_met, before_ms)
        for metric in quiet.left():
            self._take(metric)
        return ahead

    def open(self) -> Iterator[Instance]:
        """The instances that fire at the end."""
        return (instance for instance in self._judge.roster.instances() if instance.alert)

    def _judge_moment(self, inputs: Sequence[Seen], ts_ms: int) -> None:
        woken: dict[Instance, None] = {}
        metrics = [each for each in inputs if isinstance(each, Metric)]
        for metric in sorted(metrics, key=lambda metric: (metric.symbol, metric.value)):
            if self._take(metric):
                woken.update(dict.fromkeys(self._judge.roster.woken(metric.symbol, ts_ms)))
        for instance in in_turn(woken):
            self._judge.judge(instance, ts_ms, ts_ms)
        for each in inputs:
            if isinstance(each, Outcome):
                self._row_judge.take(each, ts_ms)

    def _take(self, metric: Metric) -> bool:
        self._heard.note(metric)
        return self._sight.learn(metric, metric.ts_ms)

    def _pass(self, until_ms: int, turns: deque[Gap]) -> Iterator[News]:
        """Let time pass up to a moment, itself left out, through the gaps on the way."""
        while turns and turn_ms(turns[0]) < until_ms:
            gap = turns.popleft()
            # Nobody ticks while the machine sleeps; offline, it is awake.
            awake_until_ms = gap.from_ms + 1 if gap.reason is not GapReason.OFFLINE else turn_ms(gap)
            yield from self._tick_to(awake_until_ms)
            self._skip(gap)
            self._tick_at = max(self._tick_at, turn_ms(gap))
        yield from self._tick_to(until_ms)

    def _tick_to(self, until_ms: int) -> Iterator[News]:
        while self._tick_at < until_ms:
            if not self._judge.restless() and not self._watched:
                behind = -(-(until_ms - self._tick_at) // self._tick_ms)
                self._tick_at += behind * self._tick_ms
                return
            self._judge.tick_all(self._tick_at)
            yield from self._judge.changes.news()
            self._tick_at += self._tick_ms

    def _skip(self, gap: Gap) -> None:
        self._judge.skip(gap)
        if gap.reason is not GapReason.STOPPED or gap.to_ms is None:
            return
        for instance in self._judge.roster.instances():
            instance.begun_ms = max(instance.begun_ms, gap.to_ms)
            self._judge.settle(instance, away(instance.standing, gap.to_ms - gap.from_ms), gap.to_ms)


def turning_points(gaps: Sequence[Gap], since_ms: int, until_ms: int) -> deque[Gap]:
    """The gaps of a span where something happens: at their ends, for a lost network at its beginning too.

    What began before the span begins with it, and what lasts longer ends with it.
    """
    found: list[Gap] = []
    for gap in gaps:
        from_ms = max(gap.from_ms, since_ms)
        to_ms = until_ms if gap.to_ms is None else min(gap.to_ms, until_ms)
        if from_ms <= to_ms:
            found.append(Gap(from_ms, to_ms, gap.reason))
            found += [Gap(from_ms, None, gap.reason)] if gap.reason is GapReason.OFFLINE else []
    return deque(sorted(found, key=turn_ms))


def turn_ms(gap: Gap) -> int:
    return gap.from_ms if gap.to_ms is None else gap.to_ms
