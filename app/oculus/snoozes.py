"""Snoozing by hand: nobody is told of a rule, or of any, for a while. It survives a restart."""

from __future__ import annotations

from collections.abc import Callable

from oculus.core.clock import Clock, to_iso
from oculus.core.durations import Duration
from oculus.core.event import Event, EventType, Severity
from oculus.rules.life.silence import ALL, Silence
from oculus.storage.file.database import Database
from oculus.storage.records import silences
from oculus.storage.writing.writer import Writer


class Snoozes:
    """Any thread may call. What is judged meanwhile is stored as ever; what still fires is told after it."""

    def __init__(
        self,
        silence: Silence,
        database: Database,
        writer: Writer,
        clock: Clock,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """`ended` is called when one was ended by hand."""
        self._silence = silence
        self._database = database
        self._writer = writer
        self._clock = clock
        self._ended = ended

    def restore(self) -> None:
        """Go on with those from before a restart."""
        self._silence.restore(silences.load(self._database.cursor()))

    def snooze(self, rule: str, length: Duration) -> int:
        """Be silent about a rule, ALL for all of them. Returns until when, UTC ms."""
        now_ms = self._clock.now_ms()
        until_ms = now_ms + length.ms
        self._silence.snooze(rule, until_ms)
        self._writer.change(lambda cursor: silences.keep(cursor, rule, until_ms, now_ms))
        self._tell(rule, f"{named(rule)} snoozed until {to_iso(until_ms)}", {"until": to_iso(until_ms)})
        self._writer.settle()  # who was answered can rely on it, whatever happens next
        return until_ms

    def wake(self, rule: str) -> bool:
        """End a snooze. False when there was none."""
        if not self._silence.wake(rule):
            return False
        self._ended()
        now_ms = self._clock.now_ms()
        self._writer.change(lambda cursor: silences.lift(cursor, rule, now_ms))
        self._tell(rule, f"{named(rule)} snoozed no longer", {})
        self._writer.settle()
        return True

    def until(self, rule: str) -> int | None:
        """When people are told of it again; None when they are now."""
        return self._silence.snoozed_until(rule, self._clock.now_ms())

    def _tell(self, rule: str, what: str, payload: dict[str, str]) -> None:
        self._writer.tell(
            Event(
                ts_ms=self._clock.now_ms(),
                source="oculus" if rule == ALL else f"rule.{rule}",
                type=EventType.AUDIT,
                severity=Severity.INFO,
                message=what,
                payload=dict(payload),
            )
        )


def named(rule: str) -> str:
    return "All rules are" if rule == ALL else f"The rule {rule} is"
