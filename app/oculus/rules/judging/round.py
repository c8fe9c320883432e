"""One round of judging: what came since the last one, then what only time can change.

Belongs to the engine's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby

from oculus.core.clock import Clock
from oculus.core.event import Event
from oculus.core.metric import Metric
from oculus.rules.instance import Instance, in_turn
from oculus.rules.judging.inbox import Inbox, overrun
from oculus.rules.judging.judge import Judge
from oculus.rules.memory.sight import Sight

TICK_S = 1.0


class Round:
    """`unmet`: there are rules, or states, that have not yet met what is known."""

    def __init__(
        self,
        judge: Judge,
        sight: Sight,
        inbox: Inbox,
        symbols: Callable[[], Iterable[str]],
        tell: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self.unmet = False
        self._judge = judge
        self._sight = sight
        self._inbox = inbox
        self._symbols = symbols
        self._tell = tell
        self._clock = clock
        self._next_tick = clock.monotonic()
        self._overrun = False  # samples found no room, and that was told

    def wait_s(self) -> float:
        """How long nothing is to be done, if nothing comes."""
        return min(self._next_tick - self._clock.monotonic(), TICK_S)

    def play(self, batches: Sequence[Sequence[Metric]], now_ms: int) -> None:
        for batch in batches:
            self._judge_batch(batch, now_ms)
        if self.unmet:
            self._meet_all(now_ms)
        self._sight.recall.look_up(now_ms)
        self._watch_overrun(now_ms)
        if self._clock.monotonic() >= self._next_tick:
            self._next_tick = self._clock.monotonic() + TICK_S
            self._judge.tick_all(now_ms)

    def _judge_batch(self, batch: Sequence[Metric], now_ms: int) -> None:
        """In the order of the samples' own time; those of one moment count together."""
        ordered = sorted(batch, key=lambda metric: (metric.ts_ms, metric.symbol, metric.value))
        for ts_ms, same in groupby(ordered, key=lambda metric: metric.ts_ms):
            woken: dict[Instance, None] = {}
            for metric in same:
                if self._sight.learn(metric, now_ms):
                    woken.update(dict.fromkeys(self._judge.roster.woken(metric.symbol, now_ms)))
            for instance in in_turn(woken):
                self._judge.judge(instance, ts_ms, now_ms)

    def _meet_all(self, now_ms: int) -> None:
        """Rules are new: they are judged by what is known already, and may find symbols for their globs."""
        self.unmet = False
        known = [symbol for symbol in self._symbols() if self._sight.refresh(symbol, now_ms)]
        for symbol in known:
            self._judge.roster.woken(symbol, now_ms)
        self._sight.recall.settled()
        self._catch_up(now_ms)

    def _catch_up(self, now_ms: int) -> None:
        """Judge everything by the newest values, where it has not been judged by them, or by this rule."""
        instances = in_turn(self._judge.roster.instances())
        refresh = partial(self._sight.refresh, now_ms=now_ms)
        newest = {each: max(map(refresh, each.symbols)) for each in instances if each.symbols}
        for instance, ts_ms in newest.items():
            if ts_ms > instance.judged_ms or (ts_ms and instance.changed):
                instance.changed = False
                self._judge.judge(instance, ts_ms, now_ms)

    def _watch_overrun(self, now_ms: int) -> None:
        """What found no room is made good by the newest values."""
        dropped = self._inbox.lost()
        if not dropped:
            self._overrun = self._overrun and not self._inbox.empty()
            return
        self._sight.recall.doubt()
        self._catch_up(now_ms)
        if not self._overrun:
            self._overrun = True
            self._tell(overrun(dropped, now_ms))
