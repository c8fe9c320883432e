"""What the rules see: the newest number of every symbol, and whether it is still to be gone by.

Belongs to the engine's thread. It follows the samples as they are judged, so that a rule about two
symbols never compares a number with one that came after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from oculus.core.metric import Metric
from oculus.core.symbols import main_of
from oculus.rules.language.condition import Condition
from oculus.rules.life.grace import JUST_WOKEN, Grace
from oculus.rules.memory.backfill import OF_THE_PAST, Backfill
from oculus.rules.memory.recall import SHORT_MS, Recall
from oculus.rules.memory.unwatched import Unwatched

INTERVALS = 3  # of its collector without an answer, and a symbol is stale
SHORTEST_MS = 5 * 60_000  # but not before this
AHEAD_MS = 10_000  # what is further ahead of this round was noted by another clock
DESPITE_SILENCE = "count"  # the function that says how much there was, be it nothing


class Freshness(Protocol):
    """How its collector fares, as the scheduler tells it."""

    @property
    def answered_ms(self) -> int | None: ...

    @property
    def interval_s(self) -> float: ...


class Seen(Struct):
    metric: Metric
    heard_ms: int  # when it came to us; for what was read back from the file, when it was measured


class Sight:
    """Values for conditions, as of one moment and for one rule's patience: see `look`."""

    def __init__(
        self,
        latest: Callable[[str], Metric | None],
        freshness: Callable[[str], Freshness | None],
        recall: Recall | None = None,
        collected: Callable[[str], bool] = lambda _symbol: True,
    ) -> None:
        """`collected` says whether anybody collects a symbol, or may come to."""
        self.recall = recall or Recall(None)
        self.grace = Grace()
        self.unwatched = Unwatched()
        self.backfill = Backfill(latest)
        self._latest = latest
        self._freshness = freshness
        self._collected = collected
        self._seen: dict[str, Seen] = {}
        self._now_ms = self._moment_ms = self._sample_ms = 0
        self._patience_ms: int | None = None

    def learn(self, metric: Metric, now_ms: int) -> bool:
        """Take a new sample. False when it is older than, or the same as, what is known."""
        self.recall.learn(metric)
        self.grace.note(metric, now_ms)
        seen = self._seen.get(metric.symbol)
        if seen is None:
            self._seen[metric.symbol] = Seen(metric, now_ms)
            self.backfill.note(metric, now_ms, None)
            return True
        before, seen.heard_ms = (seen.metric.ts_ms, seen.heard_ms), now_ms
        # Of two values of one moment the higher counts, whichever came first.
        if (metric.ts_ms, metric.value) <= (seen.metric.ts_ms, seen.metric.value):
            return False
        seen.metric = metric
        self.backfill.note(metric, now_ms, before)
        return True

    def follow(self, conditions: Sequence[Condition]) -> None:
        """Remember from now on what these need of the past; the newest sample is part of it."""
        self.recall.follow(conditions)
        for symbol in {symbol for condition in conditions for symbol in condition.symbols}:
            if seen := self._seen.get(symbol):
                self.recall.learn(seen.metric)

    def refresh(self, symbol: str, now_ms: int) -> int:
        """Take what the live cache knows, if it is newer. The known sample's time; 0 when there is none."""
        metric, seen = self._latest(symbol), self._seen.get(symbol)
        if (
            metric is not None
            and metric.ts_ms <= now_ms + AHEAD_MS
            and (seen is None or metric.ts_ms > seen.metric.ts_ms)
        ):
            seen = self._seen[symbol] = Seen(metric, metric.ts_ms)
            self.recall.learn(metric)
        return seen.metric.ts_ms if seen else 0

    def orphaned(self, symbols: Iterable[str]) -> bool:
        """Whether nobody collects one of them any more."""
        return not all(map(self._collected, symbols))

    def why_untold(self, symbols: Sequence[str], now_ms: int) -> str:
        """Why nobody is told just now of what they say; "" when people are."""
        if self.grace.until_ms(symbols, now_ms) > now_ms:
            return JUST_WOKEN
        return OF_THE_PAST if self.backfill.lasts(symbols, now_ms) else ""

    def set_back(self, now_ms: int) -> None:
        """The clock was: no sample can be later than now, or the next ones would count as older."""
        for seen in self._seen.values():
            seen.metric = replace(seen.metric, ts_ms=min(seen.metric.ts_ms, now_ms))
            seen.heard_ms = min(seen.heard_ms, now_ms)

    def exists(self, symbol: str) -> bool:
        """Whether a glob may find it."""
        return symbol in self._seen and self._collected(symbol)

    def look(
        self, now_ms: int, patience_ms: int | None, moment_ms: int | None = None, sample_ms: int | None = None
    ) -> Sight:
        """Set the moment, and how long without an answer is too long; None: 3 intervals, at least 5 m.

        `moment_ms` is when windows end; None: now. `sample_ms` is that of the sample that is judged, where it
        came later than newer ones of other symbols.
        """
        self._now_ms, self._patience_ms = now_ms, patience_ms
        self._moment_ms = now_ms if moment_ms is None else moment_ms
        self._sample_ms = self._moment_ms if sample_ms is None else sample_ms
        return self

    def last(self, symbol: str) -> float | None:
        """The newest value; None when there is none, or it is stale."""
        seen = self._seen.get(symbol)
        if seen is None or not self._fresh(symbol, seen):
            return None
        return seen.metric.value

    def age(self, symbol: str) -> float | None:
        """Seconds since the newest sample was measured, without those in which nobody watched."""
        seen = self._seen.get(symbol)
        if seen is None:
            return None
        ts_ms = seen.metric.ts_ms
        return max(0, self._now_ms - ts_ms - self.unwatched.since(ts_ms, self._now_ms)) / 1000

    def window(self, function: str, symbol: str, window_ms: int) -> float | None:
        """None when there is not enough for it, it is not known yet, or the symbol is stale."""
        seen = self._seen.get(symbol)
        if function == DESPITE_SILENCE:
            if window_ms <= SHORT_MS and self.unwatched.much_of(self._moment_ms - window_ms, self._moment_ms):
                return None
        elif seen is None or not self._fresh(symbol, seen):
            return None
        return self.recall.value(function, symbol, window_ms, self._moment_ms)

    def earlier(self, symbols: tuple[str, ...]) -> Earlier | None:
        """As of the last sample of any of them before the one judged; None when that is not known yet."""
        moment_ms = self.recall.before(symbols, self._sample_ms)
        return None if moment_ms is None else Earlier(self.recall, moment_ms)

    def tags(self, symbol: str) -> dict[str, str]:
        seen = self._seen.get(symbol)
        return seen.metric.tags if seen else {}

    def answered_ms(self, symbol: str) -> int:
        """When its collector, or it itself, was last heard from; 0: never."""
        return self._answer(symbol)[0]

    def silent(self, symbols: tuple[str, ...], begun_ms: int) -> tuple[int, bool]:
        """Since when there is no answer, at the earliest since `begun_ms`, and whether that is too long.

        The time in which nobody watched is no silence of theirs.
        """
        answers = [self._answer(symbol) for symbol in symbols]
        since = min(max(answered, begun_ms) for answered, _ in answers)
        begun_ms = max(begun_ms, self.grace.woke_ms)
        long = any(self._now_ms - max(answered, begun_ms) >= limit for answered, limit in answers)
        return since, long and not self.grace.lasts

    def silent_ones(self, symbols: tuple[str, ...], begun_ms: int) -> list[str]:
        """Those of which there is no answer for too long."""
        return [symbol for symbol in symbols if self.silent((symbol,), begun_ms)[1]]

    def _fresh(self, symbol: str, seen: Seen) -> bool:
        if self._now_ms - seen.heard_ms < (self._patience_ms or SHORTEST_MS):
            return True  # the common case; it spares asking the scheduler
        answered, limit = self._answer(symbol)
        return self._now_ms - answered < limit

    def _answer(self, symbol: str) -> tuple[int, int]:
        """When it was last heard from, and how long it may be silent."""
        seen, found = self._seen.get(symbol), self._freshness(symbol) or self._freshness(main_of(symbol))
        shortest, heard = self._patience_ms or SHORTEST_MS, seen.heard_ms if seen else 0
        if seen and seen.metric.tags.get("market") == "closed":
            return self._now_ms, shortest  # nothing is to be heard before it opens
        if found is None:  # nobody collects it: only its own samples speak for it
            return heard, shortest
        limit = max(round(INTERVALS * found.interval_s * 1000), SHORTEST_MS)
        answered = found.answered_ms or 0
        if answered > self._now_ms + AHEAD_MS:
            answered = 0  # by a clock that was set back since
        return max(heard, answered), self._patience_ms or limit


class Earlier:
    """The values as they were at some moment."""

    def __init__(self, recall: Recall, moment_ms: int) -> None:
        self._recall = recall
        self._moment_ms = moment_ms

    def last(self, symbol: str) -> float | None:
        found = self._recall.at(symbol, self._moment_ms)
        return found[1] if found else None

    def age(self, symbol: str) -> float | None:
        found = self._recall.at(symbol, self._moment_ms)
        return (self._moment_ms - found[0]) / 1000 if found else None

    def window(self, function: str, symbol: str, window_ms: int) -> float | None:
        return self._recall.value(function, symbol, window_ms, self._moment_ms)

    def earlier(self, _: tuple[str, ...]) -> None:
        """Nothing asks for what was before that."""
