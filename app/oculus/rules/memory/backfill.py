"""The past handed in many numbers at a time: what began and ended in it is kept, and calls nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from oculus.core.metric import Metric

LATE_MS = 5 * 60_000  # what is younger belongs to the present
FOLLOWING_MS = 5_000  # so soon the next part may follow
SLACK_MS = 2_000
OF_THE_PAST = "its numbers are of the past, and newer ones may follow"


class Filling(Struct):
    """A symbol whose numbers are old."""

    round_ms: int  # when the part came that is judged now
    fast: bool  # time passes faster in its numbers than on the clock, so more are to come
    until_ms: int = 0  # nobody is told before


class Backfill:
    """Which symbols are being filled up. Belongs to the engine's thread."""

    def __init__(self, latest: Callable[[str], Metric | None]) -> None:
        self._latest = latest
        self._filling: dict[str, Filling] = {}

    def note(self, metric: Metric, now_ms: int, before: tuple[int, int] | None) -> None:
        """A sample has come that is judged; `before`: when the last one was measured, and when it came."""
        if now_ms - metric.ts_ms < LATE_MS:
            self._filling.pop(metric.symbol, None)
            return
        newest = self._latest(metric.symbol)
        newest_ms = max(metric.ts_ms, newest.ts_ms if newest else 0)
        known = self._filling.get(metric.symbol)
        if known is None or known.round_ms != now_ms:  # of a part, the first sample shows how fast it is
            known = Filling(now_ms, is_fast(newest_ms, metric.ts_ms, now_ms, before))
            self._filling[metric.symbol] = known
        superseded = newest_ms > metric.ts_ms
        known.until_ms = now_ms + (FOLLOWING_MS if known.fast else int(superseded))

    def lasts(self, symbols: Iterable[str], now_ms: int) -> bool:
        """Whether newer numbers of any of them are there, or may still follow."""
        filling = [self._filling[symbol] for symbol in symbols if symbol in self._filling]
        return any(each.until_ms > now_ms for each in filling)


def is_fast(newest_ms: int, first_ms: int, now_ms: int, before: tuple[int, int] | None) -> bool:
    """Not so a source whose clock is behind, or that always speaks of a while ago."""
    if before is None:
        return newest_ms > first_ms
    measured_ms, came_ms = before
    return newest_ms - measured_ms > 2 * (now_ms - came_ms) + SLACK_MS
