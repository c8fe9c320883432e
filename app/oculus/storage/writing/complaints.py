"""What people hear of the writer's trouble: the same once, not every second."""

from __future__ import annotations

import logging
from collections.abc import Callable

from oculus.core.clock import Clock
from oculus.core.event import Event, EventType, Severity

log = logging.getLogger(__name__)


class Complaints:
    """Any thread may add one. They become events, which `tell` takes without waiting."""

    def __init__(self, tell: Callable[[Event], None], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._last = ""

    def add(self, message: str) -> None:
        """Into the log and an event, unless it is the last one again."""
        if message != self._last:
            log.error("writer: %s", message)
            self._last = message
            self._tell(self._event(message, EventType.ERROR, Severity.ERROR))

    def over(self, message: str) -> None:
        """All is well again. Whatever comes next is new."""
        self._last = ""
        self._tell(self._event(message, EventType.SYSTEM, Severity.INFO))

    def _event(self, message: str, kind: EventType, severity: Severity) -> Event:
        now_ms = self._clock.now_ms()
        return Event(ts_ms=now_ms, source="oculus", type=kind, severity=severity, message=message)
