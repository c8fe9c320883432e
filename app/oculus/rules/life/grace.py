"""After waking, sending waits: what looks like trouble may only be a network that is not up yet."""

from __future__ import annotations

from collections.abc import Iterable

from oculus.core.metric import Metric

LONGEST_MS = 60_000
ROUNDS = 2  # clean ones of every symbol concerned end it sooner
JUST_WOKEN = "Oculus has only just woken"


class Grace:
    """How the collectors have fared since the last gap. Belongs to the engine's thread."""

    def __init__(self) -> None:
        self.woke_ms = 0
        self.lasts = False  # the gap does: this machine is offline
        self._until_ms = 0
        self._rounds: dict[str, int] = {}

    def begin(self, woke_ms: int, lasts: bool) -> None:
        self.woke_ms, self.lasts = woke_ms, lasts
        self._until_ms = woke_ms + LONGEST_MS
        self._rounds = {}

    def note(self, metric: Metric, now_ms: int) -> None:
        """A sample has come. One that says that all is down is no clean round."""
        if now_ms < self._until_ms and not (metric.symbol.endswith(".up") and metric.value == 0):
            self._rounds[metric.symbol] = self._rounds.get(metric.symbol, 0) + 1

    def over(self, now_ms: int) -> bool:
        """Whether nobody is kept waiting by it, whatever it concerns."""
        return now_ms >= self._until_ms and not self.lasts

    def until_ms(self, symbols: Iterable[str], now_ms: int) -> int:
        """When people are told again of what concerns `symbols`; `now_ms` or earlier if they are now."""
        if self.over(now_ms):
            return 0
        watched = list(symbols)
        if watched and all(self._rounds.get(symbol, 0) >= ROUNDS for symbol in watched):
            return 0
        return now_ms + LONGEST_MS if self.lasts else self._until_ms
