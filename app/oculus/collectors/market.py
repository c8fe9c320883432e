"""What every collector of market data is: frugal, and honest about how old its numbers are.

A number counts as of its source's own time, and is written only when that time has moved, also across
restarts. Intervals stretch by themselves when the source's allowance would not last.
"""

from __future__ import annotations

import hashlib
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, TypeVar

from msgspec import Meta, Struct, field

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.news import moved
from oculus.collectors.sources.client import InTurn, LeftAlone, NoTime, Source, SourceStatus
from oculus.collectors.sources.reply import Unchanged
from oculus.core.clock import to_datetime
from oculus.core.durations import Duration, spoken
from oculus.core.errors import SourceError
from oculus.core.metric import Metric

LEAST_LEFT_S = 0.05
SHARE = 0.6
FAIR_S, FAIR_SHARE = 1.0, 0.2  # the least a question gets, in seconds and as a share of the timeout
LONGEST_REST_S = 6 * 3600.0  # for want of allowance
LONGEST_DUE_S = 2 * 86_400.0  # what is remembered to be further ahead comes from a clock that was wrong
T = TypeVar("T")


class MarketSettings(CollectorSettings, frozen=True, kw_only=True, tag="market"):
    """What can be set for any market collector."""

    interval: Annotated[Duration, Meta(description="Time between questions.")] = Duration(minutes=10)
    timeout: Annotated[Duration, Meta(description="Longest wait for all answers of one time.")] = Duration(
        seconds=10
    )


class Reading(Struct, frozen=True, kw_only=True):
    """One number as its source gives it. `ts_ms` is the source's own time; None: it gives none."""

    symbol: str
    value: float
    ts_ms: int | None
    tags: Mapping[str, str]
    parts: Mapping[str, float | None] = field(default_factory=dict)  # .change and the like, if known
    category: str = ""  # the collector's own, unless set


class MarketCollector(Collector):
    """Subclasses write `ask`, and say with `questions` how many they ask each time."""

    unwell = "is not whole"
    way_out = "leave it out of one of them"
    settings: MarketSettings

    def __init__(self, settings: MarketSettings) -> None:
        super().__init__(settings)
        self._ends = 0.0
        self._begun = False

    @abstractmethod
    def ask(self) -> list[Reading]:
        """What the source says. Raises SourceError; sets `trouble`, `said` and `rest_s` where it applies."""

    @abstractmethod
    def provider(self) -> str:
        """The provider that is asked first."""

    def questions(self) -> float:
        """How many it asks that provider each interval, on average."""
        return 1.0

    def asks(self) -> Mapping[str, float]:
        """By provider how many it asks each interval while all is well."""
        return {self.provider(): self.questions()}

    def collect(self) -> list[Metric]:
        self.trouble, self.lacking, self.said, self.rest_s = "", (), "", 0.0
        self._ends = time.monotonic() + self.settings.timeout.total_seconds()
        if self._still_resting():
            return []
        readings = self._readings()
        fresh = self._fresh(readings)
        self._tell(readings, fresh)
        self._take_a_rest()
        return fresh

    def _readings(self) -> list[Reading]:
        """What the source says; nothing where it has nothing new, or it is another's turn to ask."""
        try:
            readings = self.ask()
        except Unchanged:
            readings = []
        except InTurn as error:
            if self.heard_ms is None:
                raise
            self.said = f"waits for its turn: {error.what}"
            return []
        self.heard_ms = self.clock.now_ms()
        return readings

    def _fresh(self, readings: Sequence[Reading]) -> list[Metric]:
        """The numbers whose time has moved."""
        now_ms = self.clock.now_ms()
        new = [each for each in readings if moved(self.tools, each.symbol, each.ts_ms, now_ms)]
        return [metric for reading in new for metric in self._metrics(reading)]

    def _tell(self, readings: Sequence[Reading], fresh: Sequence[Metric]) -> None:
        """Say what came of it, how old that is, and what is missing."""
        times = [reading.ts_ms for reading in readings if reading.ts_ms is not None]
        if times:
            self.as_of_ms = min(max(times), self.clock.now_ms())
        self.said = self.said or tell(len(readings), self.as_of_ms if times else None, bool(fresh))
        if self.trouble and not self.lacking:
            read = {reading.symbol for reading in readings}
            self.lacking = [symbol for symbol in self.symbols() if symbol not in read]

    def _take_a_rest(self) -> None:
        """Stretch the interval where the allowance would not last; a long rest outlives a restart."""
        for name, questions in self.asks().items():
            self.slow_down(self.client(name).stretch(self._key(), questions, self.interval_s))
        if self.rest_s > self.interval_s:
            self.tools.memory.save(f"due.{self._key()}", self.clock.now_ms() + round(self.rest_s * 1000))

    def stand_ins(self) -> list[str]:
        """The providers that may be asked besides."""
        return []

    def sources(self) -> list[SourceStatus]:
        """The first one, and of the others those that have been asked this month."""
        first, *others = dict.fromkeys([self.provider(), *self.stand_ins()])
        behind = [self.client(name).status() for name in others]
        return [self.client(first).status(), *(each for each in behind if each.calls_used or each.cool_down)]

    def client(self, name: str) -> Source:
        return self.tools.sources.get(name)

    def in_line(self, name: str) -> Source:
        """The client of the provider, or of who stands in for it. Raises LeftAlone to save that up."""
        source = self.client(name)
        if name != self.provider() and not self.by_hand:
            source.save_up()
        return source

    def left_s(self) -> float:
        """Seconds that this run may still take."""
        return max(LEAST_LEFT_S, self._ends - time.monotonic())

    def share_s(self) -> float:
        """Seconds for one question, so that another can still be asked after it. Raises NoTime."""
        if self.out_of_time():
            raise NoTime
        return self.left_s() * SHARE

    def out_of_time(self) -> bool:
        """Whether too little is left for a fair question: its failure would be held against the source."""
        return self.left_s() < min(FAIR_S, self.settings.timeout.total_seconds() * FAIR_SHARE)

    def slow_down(self, factor: float) -> None:
        """Stretch the interval by `factor`, 1 or more, so that the allowance lasts."""
        stretched_s = min(self.interval_s * factor, LONGEST_REST_S)
        if factor > 1 and stretched_s > self.rest_s:
            self.rest_s = stretched_s
            self.said += f"; asks every {spoken(stretched_s)}, or its allowance would not last"

    @property
    def interval_s(self) -> float:
        return self.settings.interval.total_seconds()

    def _metrics(self, reading: Reading) -> Sequence[Metric]:
        values: dict[str, float | None] = {"": reading.value}
        values |= {f".{part}": value for part, value in reading.parts.items()}
        made = [
            self.metric(f"{reading.symbol}{part}", value, reading.ts_ms, **reading.tags)
            for part, value in values.items()
            if value is not None
        ]
        if not reading.category:
            return made
        return [Metric(m.ts_ms, reading.category, m.symbol, m.value, m.tags) for m in made]

    def _still_resting(self) -> bool:
        """Whether, after a restart, what it waited for before is still to come."""
        first, self._begun = not self._begun, True
        if not first or self.by_hand:
            return False
        due_ms = self.tools.memory.load(f"due.{self._key()}")
        left_s = (due_ms - self.clock.now_ms()) / 1000 if isinstance(due_ms, int) else 0
        if not 0 < left_s <= LONGEST_DUE_S:
            return False
        self.rest_s = left_s
        self.said = f"was asked before the restart; there is nothing new for {spoken(left_s)}"
        return True

    def _key(self) -> str:
        wanted = f"{self.kind} {sorted(self.symbols())}"
        return hashlib.sha256(wanted.encode()).hexdigest()[:16]


def last_in_line(assets: list[T], asset: T, error: SourceError) -> None:
    """Whoever has failed comes last the next time, or it would keep the others out while its source rests."""
    if not isinstance(error, LeftAlone):
        assets.remove(asset)
        assets.append(asset)


def failure(told: str) -> SourceError:
    """A sentence such as "Kraken: answered 502" as the error that it was."""
    who, _, what = told.partition(": ")
    return SourceError(who, what or told)


def tell(numbers: int, as_of_ms: int | None, new: bool) -> str:
    """What a source said, in words: "2 numbers, as of 25 Nov 12:00 UTC; nothing new"."""
    if not numbers:
        return "nothing new"
    as_of = f", as of {to_datetime(as_of_ms):%d %b %H:%M} UTC" if as_of_ms is not None else ""
    count = f"{numbers} numbers" if numbers > 1 else "1 number"
    return f"{count}{as_of}" + ("" if new else "; nothing new")
