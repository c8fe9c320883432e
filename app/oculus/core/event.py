"""Anything worth keeping in the `events` table; every alert is one."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class Severity(StrEnum):
    """How bad it is. Compare with `rank`: the words do not sort."""

    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class EventType(StrEnum):
    """What kind of thing happened."""

    ALERT = "alert"
    ERROR = "error"
    SYSTEM = "system"
    AUDIT = "audit"


class Event(Struct, frozen=True, kw_only=True):
    """One row of `events`. `source` is rule.<name>, collector.<name>, channel.<name> or oculus."""

    ts_ms: int
    source: str
    type: EventType
    severity: Severity
    message: str
    payload: dict[str, Any] = field(default_factory=dict)
