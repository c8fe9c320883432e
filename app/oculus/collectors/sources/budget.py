"""How often one provider may be asked, and what is left. Pure: the time, UTC ms, is always handed in."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from oculus.collectors.sources.providers import Limits
from oculus.core.clock import to_datetime, to_ms

MINUTE_MS = 60_000
KEPT_BACK = 0.05  # of what is left of a day or month: for questions asked by hand
GONE_RUNS = 3  # a collector that has not asked for this many of its intervals no longer counts
SPANS = ("hour", "day", "month")


class Budget:
    """Questions asked so far, and those still allowed. Its owner holds a lock."""

    def __init__(self, limits: Limits, saved: dict[str, Any] | None = None) -> None:
        saved = saved or {}
        self._limits = limits
        self._recent = [int(ms) for ms in saved.get("recent", [])]  # when, in the last minute
        self._used = {span: tuple(saved.get(span, ("", 0))) for span in SPANS}  # (which hour ..., how many)
        self._wishes: dict[str, tuple[float, int]] = {}  # collector: questions a second, until when

    def saved(self) -> dict[str, Any]:
        """What must outlive a restart."""
        return {"recent": self._recent, **{span: list(used) for span, used in self._used.items()}}

    def spend(self, now_ms: int) -> None:
        """Note one question."""
        self._recent = [*self._lately(now_ms), now_ms]
        for span in SPANS:
            self._used[span] = (name_of(span, now_ms), self.used(span, now_ms) + 1)

    def give_back(self, asked_ms: int) -> None:
        """The question that was noted at `asked_ms` has reached nobody."""
        if asked_ms in self._recent:
            self._recent.remove(asked_ms)
        for span in SPANS:
            name, count = self._used[span]
            if name == name_of(span, asked_ms):
                self._used[span] = (name, max(0, int(count) - 1))

    def used(self, span: str, now_ms: int) -> int:
        """How many were asked in this hour, day or month."""
        name, count = self._used[span]
        return int(count) if name == name_of(span, now_ms) else 0

    def wait(self, now_ms: int) -> tuple[float, str]:
        """Seconds until one may be asked, and which allowance is used up; (0, "") when one may now."""
        for span in reversed(SPANS):
            limit = self._limit(span)
            if limit is not None and self.used(span, now_ms) >= limit:
                return (end_of(span, now_ms) - now_ms) / 1000, f"{limit} of this {span}"
        most, lately = self._limits.per_minute, self._lately(now_ms)
        if most is not None and len(lately) >= most:
            return (lately[-most] + MINUTE_MS - now_ms) / 1000, f"{most} of a minute"
        return 0.0, ""

    def left(self, now_ms: int) -> int | None:
        """Of the day or month, whichever holds less; None where neither is limited."""
        lefts = [
            max(0, limit - self.used(span, now_ms))
            for span in ("day", "month")
            if (limit := self._limit(span)) is not None
        ]
        return min(lefts, default=None)

    def pace_s(self, now_ms: int) -> float:
        """Seconds between two questions for the day and the month to last; 0 where they do not matter."""
        slowest = min(self._rates(now_ms), default=0.0)
        return 1 / slowest if slowest else 0.0

    def stretch(self, who: str, calls: float, interval_s: float, now_ms: int) -> float:
        """By how much `who`, wanting `calls` questions every `interval_s`, must stretch its interval.

        1.0 when everybody's wishes together fit into what is left, more when they do not.
        """
        self._wishes = {each: wish for each, wish in self._wishes.items() if wish[1] > now_ms}
        wanted = calls / interval_s
        total = wanted + sum(wish[0] for each, wish in self._wishes.items() if each != who)
        affordable = self._affordable(now_ms)
        factor = max(1.0, total / affordable) if affordable else float("inf")
        gone_s = GONE_RUNS * interval_s * min(factor, 1000)
        self._wishes[who] = (wanted, now_ms + round(gone_s * 1000))
        return factor

    def _affordable(self, now_ms: int) -> float:
        """Questions a second that can be kept up until each allowance is renewed."""
        rates = [math.inf, *self._rates(now_ms)]
        if self._limits.per_minute is not None:
            rates.append(self._limits.per_minute / 60)
        if self._limits.per_hour is not None:
            rates.append(self._limits.per_hour / 3600)
        return min(rates)

    def _rates(self, now_ms: int) -> list[float]:
        """Questions a second for what is left of the day and the month, where those are limited."""
        return [
            max(0.0, (limit - self.used(span, now_ms)) * (1 - KEPT_BACK))
            / max(60.0, (end_of(span, now_ms) - now_ms) / 1000)
            for span in ("day", "month")
            if (limit := self._limit(span)) is not None
        ]

    def _limit(self, span: str) -> int | None:
        limit: int | None = getattr(self._limits, f"per_{span}")
        return limit

    def _lately(self, now_ms: int) -> list[int]:
        # What lies ahead of now was noted before the clock was put back.
        return [ms for ms in self._recent if now_ms - MINUTE_MS < ms <= now_ms]


def name_of(span: str, now_ms: int) -> str:
    """Which hour, day or month it is: 2026-11-25T18, 2026-11-25, 2026-11."""
    return to_datetime(now_ms).isoformat()[: {"hour": 13, "day": 10, "month": 7}[span]]


def end_of(span: str, now_ms: int) -> int:
    """When this hour, day or month ends, in ms."""
    now = to_datetime(now_ms).replace(minute=0, second=0, microsecond=0)
    if span == "hour":
        return to_ms(now + timedelta(hours=1))
    day = now.replace(hour=0)
    return to_ms(day + timedelta(days=1) if span == "day" else next_month(day))


def next_month(day: datetime) -> datetime:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
