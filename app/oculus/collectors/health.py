"""What the runs of one collector add up to, and when that is news. Pure: the time is always handed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec import Struct

from oculus.core.durations import spoken
from oculus.core.event import Event, EventType, Severity
from oculus.core.metric import Metric

RECENT = 60  # starts kept for the percentiles of lateness


class Outcome(Struct, frozen=True, kw_only=True):
    """What one run came to."""

    metrics: Sequence[Metric] = ()
    trouble: str = ""  # why it is not well, in words
    how: str = ""  # the verb of the sentence "<name> <how>: <trouble>"
    answered: bool = True  # the source was heard from, be it bad news
    wish_s: float | None = None  # how long the source wants to be left alone
    rest_s: float = 0.0  # how long the collector need not be asked again
    lacking: Sequence[str] = ()  # the main symbols that the trouble is about; none: all of them
    said: str = ""  # what the source said, in words
    as_of_ms: int | None = None  # the time of the newest number
    heard_ms: int | None = None  # when the source was last heard from; None: just now
    news: Sequence[str] = ()  # what people should know once


class Health:
    """One collector's record. The scheduler guards it with its lock."""

    def __init__(self) -> None:
        self.runs = self.failures = self.missed = 0
        self.last_run_ms: int | None = None
        self.last_success_ms: int | None = None
        self.answered_ms: int | None = None
        self.trouble = ""
        self.said = ""
        self.lacking: list[str] = []
        self.as_of_ms: int | None = None
        self.since_ms: int | None = None  # when the trouble began; None when all is well
        self.lateness_s: deque[float] = deque(maxlen=RECENT)

    def note(self, outcome: Outcome, now_ms: int) -> Turn | None:
        """Add a run. Returns the turn for the worse or the better, if it was one."""
        self.runs += 1
        self.last_run_ms = now_ms
        self.failures += not outcome.answered
        if outcome.answered:
            self.answered_ms = now_ms if outcome.heard_ms is None else outcome.heard_ms
        self.trouble = outcome.trouble
        self.said = outcome.said
        self.lacking = list(outcome.lacking)
        if outcome.as_of_ms is not None:
            self.as_of_ms = outcome.as_of_ms
        if outcome.trouble:
            return self._worse(outcome, now_ms)
        self.last_success_ms = now_ms
        return self._better(now_ms)

    def late(self, share: float) -> float | None:
        """Milliseconds behind the slot below which `share` (0 to 1) of the recent starts lie."""
        ordered = sorted(self.lateness_s)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2) if ordered else None

    def _worse(self, outcome: Outcome, now_ms: int) -> Turn | None:
        if self.since_ms is not None:
            return None
        self.since_ms = now_ms
        return Turn(False, f"{outcome.how}: {outcome.trouble}", now_ms)

    def _better(self, now_ms: int) -> Turn | None:
        if self.since_ms is None:
            return None
        gap_s = (now_ms - self.since_ms) / 1000
        self.since_ms = None
        return Turn(True, f"answers again after {spoken(gap_s)}", now_ms)


class Turn(Struct, frozen=True):
    """The moment at which a collector's trouble began or ended."""

    well: bool
    what: str
    ts_ms: int

    def event(self, name: str, kind: str, symbols: Sequence[str]) -> Event:
        return Event(
            ts_ms=self.ts_ms,
            source=f"collector.{name}",
            type=EventType.SYSTEM if self.well else EventType.ERROR,
            severity=Severity.INFO if self.well else Severity.WARN,
            message=f"{name} {self.what}",
            payload={"type": kind, "symbols": list(symbols), "well": self.well},
        )


def said(what: str, name: str, kind: str, now_ms: int) -> Event:
    """What a collector wants people to know, as an event."""
    return Event(
        ts_ms=now_ms,
        source=f"collector.{name}",
        type=EventType.SYSTEM,
        severity=Severity.INFO,
        message=f"{name}: {what}",
        payload={"type": kind},
    )
