"""How often a rule is told, as traders know it: once, every time, or once in each session. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from oculus.core.clock import to_ms
from oculus.rules.sql.schedule import zone

EXAMPLE = "write such as 2026-12-31 or 2026-12-31T18:00"


class Trigger(StrEnum):
    ONCE = "once"
    EVERY = "every"
    EACH_SESSION = "each_session"


def spent(trigger: Trigger, timezone: str, rung_ms: int | None, now_ms: int) -> str:
    """Why it is not told again, having been told at `rung_ms`; "" when it may be."""
    if rung_ms is None or trigger is Trigger.EVERY:
        return ""
    if trigger is Trigger.ONCE:
        return "it is told once, and was"
    if session(rung_ms, timezone) == session(now_ms, timezone):
        return "it is told once a session, and was"
    return ""


def session(ms: int, timezone: str) -> date:
    """The day in the rule's time zone."""
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone(timezone)).date()


@lru_cache(maxsize=256)
def end_ms(text: str, timezone: str) -> int:
    """When `expires` is: a moment, or the end of a day. Raises ValueError.

    A time without a zone is in the zone of the rule.
    """
    return moment_ms(text, timezone, days=1)


@lru_cache(maxsize=256)
def begin_ms(text: str, timezone: str) -> int:
    """As end_ms, but of a day it is the beginning."""
    return moment_ms(text, timezone, days=0)


def moment_ms(text: str, timezone: str, days: int) -> int:
    """Of a whole day the midnight `days` after its beginning. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if len(text.strip()) <= len("2026-12-31"):
            moment = datetime.combine(moment.date() + timedelta(days=days), time())
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=zone(timezone)))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no time; {EXAMPLE}") from error
