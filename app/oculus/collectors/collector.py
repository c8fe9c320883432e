"""What every collector is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta, Struct, field, structs

from oculus.collectors.sources.client import SourceStatus
from oculus.collectors.tools import Tools
from oculus.core.clock import Clock, SystemClock
from oculus.core.durations import Duration
from oculus.core.metric import Metric

USUAL_TIMEOUT = Duration(seconds=5)  # where nothing is written
CATEGORY = re.compile(r"[a-z0-9_\-]+(\.[a-z0-9_\-]+)*")
NAMED = re.compile(r"[A-Za-z0-9]")


class CollectorSettings(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="collector"
):
    """What can be set for any collector."""

    name: Annotated[
        str, Meta(description="What pages call it, and the end of its symbols.", max_length=100)
    ] = ""
    interval: Annotated[Duration, Meta(description="Time between questions; 1s or more.")] = Duration(
        seconds=30
    )
    timeout: Annotated[
        Duration, Meta(description="Longest wait for an answer; never above the interval.")
    ] = USUAL_TIMEOUT
    retries: Annotated[int, Meta(description="Further tries before it counts as down.", ge=0, le=10)] = 0
    category: Annotated[
        str, Meta(description="Category of its metrics; empty: the usual one.", max_length=100)
    ] = ""
    tags: Annotated[dict[str, str], Meta(description="Tags put on every metric.")] = field(
        default_factory=dict
    )
    enabled: Annotated[bool, Meta(description="Whether it asks at all.")] = True

    def __post_init__(self) -> None:
        """Raises ValueError with every mistake that one field alone cannot show."""
        if self.timeout is USUAL_TIMEOUT and self.interval < self.timeout:
            structs.force_setattr(self, "timeout", self.interval)  # nobody asked for more
        if wrong := self.mistakes():
            raise ValueError("; ".join(wrong))

    def mistakes(self) -> list[str]:
        """What is wrong, in the words of the person who wrote it. Add to what `super()` finds."""
        wrong = []
        if self.interval < Duration(seconds=1):
            wrong.append(f"interval {self.interval} is too short; write 1s or more")
        # A time-out that is not written follows the interval, which is to blame then.
        if self.timeout < min(Duration(milliseconds=10), self.interval):
            wrong.append(f"timeout {self.timeout} is too short; write 10ms or more")
        if self.timeout > self.interval:
            wrong.append(f"timeout {self.timeout} is longer than the interval {self.interval}; write less")
        if self.name and not NAMED.search(self.name):
            wrong.append(f"name {self.name!r} has no letter or digit; write a word")
        if self.category and not CATEGORY.fullmatch(self.category):
            wrong.append(
                f"category {self.category!r} should be lower-case words with dots, such as custom.shop"
            )
        return wrong


class Collector(ABC):
    """Asks one source for numbers.

    The scheduler never runs one collector twice at the same time, so it needs no locks.
    It may be slow but must not hang: every wait ends by `settings.timeout`. One that does hang is
    given up, told, and not asked again until its thread has come back.
    """

    kind: ClassVar[str] = "plugin"  # its `type` in oculus.yaml
    category: str  # the first two parts of its symbols
    settings_class: ClassVar[type[CollectorSettings]] = CollectorSettings
    backs_off: ClassVar[bool] = True  # False where failing is itself the news, as for probes
    clock: Clock = SystemClock()
    tools: Tools = Tools()  # what the scheduler has takes its place

    way_out: ClassVar[str] = "give one of them a name of its own"  # when two would write the same symbol
    unwell: str = "is down"  # the verb of "<name> is down: <trouble>"

    by_hand: bool = False  # whether a person wants to know now; set before `collect`
    trouble: str = ""  # why what it watches is down, in words; set by `collect`, "" when all is well
    lacking: Sequence[str] = ()  # the main symbols that its trouble is about; none: all of them
    rest_s: float = 0.0  # how long it need not be asked again, beyond its interval; set by `collect`
    stands_s: float = 0.0  # how long its numbers stand without new ones, where that is beyond its interval
    said: str = ""  # what its source said, in words
    as_of_ms: int | None = None  # the time of its newest number, where its source gives one
    heard_ms: int | None = None  # when its source was last heard from, where that is not when `collect` ran

    def __init__(self, settings: CollectorSettings) -> None:
        self.settings = settings
        self.news: list[str] = []  # what people should know once; told as events after each run

    @property
    def name(self) -> str:
        """What pages and `oculus collect` call it."""
        return self.settings.name or self.kind

    @abstractmethod
    def collect(self) -> list[Metric]:
        """Ask once and return what was learned. Runs on a thread of the pool.

        An empty list means there was nothing new. Raise SourceError when the source
        could not be asked; the scheduler reports it and waits longer before the next try.
        A host that is down is not an error here but an answer: report it as a metric.
        """

    def close(self) -> None:  # noqa: B027 - most keep nothing going
        """End what it keeps going between questions.

        Called on any thread, even while it is asked; must not wait.
        """

    def symbols(self) -> list[str]:
        """The main symbols it will write, as far as they are known before it has asked."""
        return []

    def may_write(self) -> list[str]:
        """How the symbols begin that it may write beyond those; "" where it may write any."""
        return []

    def sources(self) -> list[SourceStatus]:
        """How the providers stand that it asks, the first in line first; none when it asks none."""
        return []

    def metric(self, symbol: str, value: float, ts_ms: int | None = None, **tags: str) -> Metric:
        """A metric of this collector's category. `ts_ms` is the source's own time, never later than now."""
        now_ms = self.clock.now_ms()
        when = now_ms if ts_ms is None else min(ts_ms, now_ms)
        category = self.settings.category or self.category
        return Metric(when, category, symbol, value, {**tags, **self.settings.tags})
