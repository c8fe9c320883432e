"""Looks up in the database what the rules want to know of the past, so that judging never waits for it."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Mapping, Sequence

from oculus.core.durations import doubled
from oculus.core.windowstats import WindowStats
from oculus.core.worker import Worker
from oculus.rules.memory.recall import Recall, Sample, Wish

AGAIN_S = 1.0  # after the database did not answer; doubling
LONGEST_S = 60.0
ERRORS = 3  # in a row, and a person hears of it

History = Callable[[Sequence[str], int], Iterable[Sample]]  # symbols, since when
# Symbols, since, until, and the functions that will be asked.
Aggregate = Callable[[Sequence[str], int, int, Sequence[str]], Mapping[str, WindowStats]]
Answer = Callable[[Recall, int], None]  # to be run on the engine's thread


class Lookup(Worker):
    """`give` takes answers to the engine's thread."""

    pause_s = 0

    def __init__(
        self,
        history: History,
        aggregate: Aggregate,
        give: Callable[[Answer], None],
        tell: Callable[[str, bool], None],
    ) -> None:
        """`tell` is told what a person should hear, and whether all is well again."""
        super().__init__("rules.lookup")
        self._tell = tell
        self._errors = 0  # in a row
        self._history = history
        self._aggregate = aggregate
        self._give = give
        self._wishes: queue.SimpleQueue[Wish | None] = queue.SimpleQueue()

    def ask(self, wish: Wish) -> None:
        """Any thread may; what is asked is bounded by who asks: one question at a time for each window."""
        self._wishes.put(wish)

    def step(self) -> None:
        wish = self._wishes.get()
        if wish is None:
            return
        try:
            answer = self._answer(wish)
        except Exception as error:
            self._wishes.put(wish)
            self._failed(error)
            raise
        if self._errors >= ERRORS:
            self._tell("Rules can look into the past again", True)
        self._errors = 0
        self._give(answer)

    def _failed(self, error: Exception) -> None:
        self._errors += 1
        if self._errors == ERRORS:
            self._tell(f"Rules cannot look into the past, so their windows have no value: {error}", False)
        self.stopping.wait(doubled(AGAIN_S, LONGEST_S, self._errors))

    def wake(self) -> None:
        self._wishes.put(None)

    def _answer(self, wish: Wish) -> Answer:
        if wish.window_ms:
            stats = self._aggregate(wish.symbols, wish.since_ms, wish.until_ms, wish.functions)
            return lambda recall, now_ms: recall.answer(wish, stats, now_ms)
        samples = list(self._history(wish.symbols, wish.since_ms))
        return lambda recall, now_ms: recall.samples(wish, samples, now_ms)
