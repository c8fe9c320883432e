"""Hours of the week in a time zone: when a rule may send, and when nothing is sent.

A moment is within them when a clock on the wall there shows such an hour. So an hour that the clocks skip
never comes, and one that they repeat counts both times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, field

from oculus.core.event import Severity
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
        tuple[str, ...], Meta(description="Days of the week, such as mon-fri or sat; empty: every day.")
    ] = ()
    from_: Annotated[str, Meta(description="Its first minute, such as 08:00.")] = field(
        default="00:00", name="from"
    )
    to: Annotated[str, Meta(description="The minute it ends, itself not part of it: 20:00, or 24:00.")] = (
        "24:00"
    )
    timezone: Annotated[str, Meta(description="Time zone of the hours, such as Europe/Paris.")] = "UTC"

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
        now, days = self.holds(ms), self.weekdays()
        first, end = minutes(self.from_), minutes(self.to)
        at_ms = ms // MINUTE_MS * MINUTE_MS
        for _ in range(LOOK_AHEAD):
            at_ms += MINUTE_MS
            if within(days, first, end, local(at_ms, self.timezone)) is not now:
                break
        return at_ms


class Mute(Hours, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours in which nobody is told of anything, or of nothing that is not bad enough."""

    name: Annotated[str, Meta(description="What events call it.", min_length=1, max_length=100)]
    below: Annotated[
        Severity | None,
        Meta(description="Mute what is less severe than this: warn, error or critical; empty: everything."),
    ] = None

    def mutes(self, severity: Severity, ms: int) -> bool:
        return (self.below is None or severity.rank < self.below.rank) and self.holds(ms)


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


def within(days: frozenset[int], first: int, end: int, wall: datetime) -> bool:
    """Whether hours that begin at the minute `first` of some `days` and end at `end` hold `wall`."""
    minute = wall.hour * 60 + wall.minute
    if first < end:
        return first <= minute < end and wall.weekday() in days
    if minute >= first:
        return wall.weekday() in days
    return minute < end and (wall - timedelta(days=1)).weekday() in days
