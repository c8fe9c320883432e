"""Hours of the week in a time zone: when a rule may send, and when nothing is sent.

A moment is within them when a clock on the wall there shows such an hour. So an hour that the clocks skip
never comes, and one that they repeat counts both times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, field

from oculus.core.event import Severity
from oculus.rules.life.trigger import begin_ms, end_ms
from oculus.rules.sql.schedule import ScheduleError, zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_MS = 60_000
DAY_MINUTES = 24 * 60
LOOK_AHEAD = 8 * DAY_MINUTES  # minutes; what has not ended by then never does
TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
EXAMPLE = "write such as mon-fri, or sat"


class Hours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From one time of the day to another, on some days. Across midnight it belongs to the day it began."""

    days: Annotated[
        tuple[str, ...],
        Meta(
            description="Days of the week, such as mon-fri or sat; empty: every day.", extra={"names": "days"}
        ),
    ] = ()
    from_: Annotated[str, Meta(description="Its first minute, such as 08:00.")] = field(
        default="00:00", name="from"
    )
    to: Annotated[str, Meta(description="The minute it ends, itself not part of it: 20:00, or 24:00.")] = (
        "24:00"
    )
    timezone: Annotated[
        str, Meta(description="Time zone of the hours, such as Europe/Paris.", extra={"front": True})
    ] = "UTC"

    def __post_init__(self) -> None:
        """Raises ValueError with every mistake."""
        if wrong := list(self.mistakes()):
            raise ValueError("; ".join(wrong))

    def mistakes(self) -> Iterator[str]:
        """What is wrong, each beginning with the field's name."""
        try:
            self.weekdays()
        except ValueError as error:
            yield f"days {error}"
        times = [text for text in (self.from_, self.to) if not TIME.fullmatch(text)]
        for text in times:
            yield f"{'from' if text == self.from_ else 'to'} {text!r} is no time of day; write such as 08:00"
        if not times and minutes(self.from_) % DAY_MINUTES == minutes(self.to):
            yield f"to {self.to} is when it begins; write another time, or 24:00 for the whole day"
        try:
            zone(self.timezone)
        except ScheduleError as error:
            yield f"timezone {error}"

    def weekdays(self) -> frozenset[int]:
        """The days as numbers, Monday 0. Raises ValueError."""
        return weekdays(self.days)

    def holds(self, ms: int) -> bool:
        """Whether a moment, UTC ms, lies within."""
        return within(self.weekdays(), minutes(self.from_), minutes(self.to), local(ms, self.timezone))

    def changes_ms(self, ms: int) -> int:
        """The first moment after another at which `holds` becomes something else; if never, in 8 days."""
        hours = self.weekdays(), minutes(self.from_), minutes(self.to), self.timezone
        return changed_ms(*hours, self.holds(ms), ms // MINUTE_MS)


class Mute(Hours, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When nobody is told: hours of the week, or a time of maintenance. Judging goes on meanwhile."""

    name: Annotated[str, Meta(description="What events call it.", min_length=1, max_length=100)]
    begins: Annotated[
        str,
        Meta(
            description="The first day or moment of it, such as 2026-12-31T22:00; empty: always.",
            extra={"kind": "moment", "front": True},
        ),
    ] = ""
    ends: Annotated[
        str,
        Meta(
            description="The last day, itself included, or the moment it ends; empty: never.",
            extra={"kind": "moment", "front": True},
        ),
    ] = ""
    rules: Annotated[
        tuple[str, ...],
        Meta(
            description="The rules of which nobody is told; none: all.",
            extra={"names": "rules", "front": True},
        ),
    ] = ()
    below: Annotated[
        Severity | None,
        Meta(description="Mute what is less severe than this: warn, error or critical; empty: everything."),
    ] = None
    enabled: Annotated[bool, Meta(description="Whether it counts at all.")] = True

    def mistakes(self) -> Iterator[str]:
        wrong = [*Hours.mistakes(self), *(f"{name} {error}" for name, error in self._wrong_edges())]
        yield from wrong
        if not wrong and self.span[0] >= self.span[1]:
            yield f"ends {self.ends} is not after {self.begins}; write a later time"

    def _wrong_edges(self) -> Iterator[tuple[str, ValueError]]:
        for name, read, text in (("begins", begin_ms, self.begins), ("ends", end_ms, self.ends)):
            try:
                read(text.strip() or "2026-12-31", "UTC")  # its zone is looked at by itself
            except ValueError as error:
                yield name, error

    @property
    def span(self) -> tuple[float, float]:
        """From the first ms of it to the one after the last. Raises ValueError."""
        first_ms = begin_ms(self.begins, self.timezone) if self.begins.strip() else -inf
        return first_ms, end_ms(self.ends, self.timezone) if self.ends.strip() else inf

    def holds(self, ms: int) -> bool:
        first_ms, end_ms = self.span
        return self.enabled and first_ms <= ms < end_ms and Hours.holds(self, ms)

    def changes_ms(self, ms: int) -> int:
        edges = [int(edge) for edge in self.span if ms < edge < inf]
        return min(edges) if edges and self._always else min([Hours.changes_ms(self, ms), *edges])

    def mutes(self, rule: str, severity: Severity, ms: int) -> bool:
        concerned = not self.rules or rule in self.rules
        return concerned and (self.below is None or severity.rank < self.below.rank) and self.holds(ms)

    @property
    def _always(self) -> bool:
        """Whether its hours are all there are."""
        return not self.days and minutes(self.from_) == 0 and minutes(self.to) == DAY_MINUTES


@lru_cache(maxsize=256)
def weekdays(days: tuple[str, ...]) -> frozenset[int]:
    """`mon-fri` and their like as numbers, Monday 0; all for none. Raises ValueError."""
    found: set[int] = set()
    for text in days:
        first, _, last = text.lower().strip().partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{text!r} is no day of the week; {EXAMPLE}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found.update(day % 7 for day in range(begin, end + (1 if end >= begin else 8)))
    return frozenset(found or range(7))


@lru_cache(maxsize=256)
def minutes(text: str) -> int:
    """`08:00` as minutes since midnight."""
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return zone(name)


def local(ms: int, timezone: str) -> datetime:
    """What a clock on the wall shows there."""
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(_zone(timezone))


@lru_cache(maxsize=256)  # in a storm thousands ask within one minute
def changed_ms(days: frozenset[int], first: int, end: int, timezone: str, now: bool, minute: int) -> int:
    """The first minute after one, counted since 1970, that lies within where `now` does not; UTC ms."""
    at_ms = minute * MINUTE_MS
    for _ in range(LOOK_AHEAD):
        at_ms += MINUTE_MS
        if within(days, first, end, local(at_ms, timezone)) is not now:
            break
    return at_ms


def within(days: frozenset[int], first: int, end: int, wall: datetime) -> bool:
    """Whether hours that begin at the minute `first` of some `days` and end at `end` hold `wall`."""
    minute = wall.hour * 60 + wall.minute
    if first < end:
        return first <= minute < end and wall.weekday() in days
    if minute >= first:
        return wall.weekday() in days
    return minute < end and (wall - timedelta(days=1)).weekday() in days
