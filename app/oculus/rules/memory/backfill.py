"""The past handed in many numbers at a time: what began and ended in it is kept, and calls nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from oculus.core.metric import Metric

LATE_MS = 5 * 60_000  # what is younger belongs to the present
FOLLOWING_MS = 5_000  # so soon the next part may follow
SLACK_MS = 2_000
OF_THE_PAST = "its numbers are of the past, and newer ones may follow"


class Backfill:
    """Which symbols are being filled up. Belongs to the engine's thread."""

    def __init__(self, latest: Callable[[str], Metric | None]) -> None:
        self._latest = latest
        self._until_ms: dict[str, int] = {}

    def note(self, metric: Metric, now_ms: int, before: tuple[int, int] | None) -> None:
        """A sample has come that is judged; `before`: when the last one was measured, and when it came."""
        if now_ms - metric.ts_ms < LATE_MS:
            self._until_ms.pop(metric.symbol, None)
        elif self._is_one_of_many(metric, now_ms, before):
            self._until_ms[metric.symbol] = now_ms + FOLLOWING_MS

    def _is_one_of_many(self, metric: Metric, now_ms: int, before: tuple[int, int] | None) -> bool:
        """A newer one is there already, or time passes faster in them than on the clock."""
        newest = self._latest(metric.symbol)
        if newest is not None and newest.ts_ms > metric.ts_ms:
            return True
        return before is not None and metric.ts_ms - before[0] > 2 * (now_ms - before[1]) + SLACK_MS

    def lasts(self, symbols: Iterable[str], now_ms: int) -> bool:
        """Whether newer numbers of any of them may still follow."""
        return bool(self._until_ms) and any(self._until_ms.get(symbol, 0) > now_ms for symbol in symbols)
