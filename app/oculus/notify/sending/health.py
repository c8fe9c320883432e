"""How a channel is doing, and what a person hears of that: when it breaks and when it is well again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from oculus.core.clock import Clock
from oculus.core.durations import spoken
from oculus.core.errors import ChannelError
from oculus.core.event import Event, EventType, Severity
from oculus.core.masking import mask
from oculus.notify.sending.retry import EXPIRES

log = logging.getLogger(__name__)


class Health:
    """Kept by the channel's sender."""

    def __init__(
        self,
        name: str,
        tell: Callable[[Event], None],
        clock: Clock,
        alarm: Callable[[str, str], None] = lambda _title, _text: None,
    ) -> None:
        """`alarm` shows a person a title and a text, on the screen if there is one. It does not wait."""
        self.broken = ""  # what the service answered that trying again cannot mend
        self.trouble = ""  # why the last attempt failed; "" when it did not
        self.failures = 0  # attempts in a row that are worth another try
        self.last_sent_ms: int | None = None
        self._name = name
        self._tell = tell
        self._clock = clock
        self._alarm = alarm
        self._gave_up = False  # something has expired since the last success

    def forget(self) -> None:
        """Other settings: whatever was wrong may be mended."""
        self.broken = self.trouble = ""
        self.failures, self._gave_up = 0, False

    def worked(self) -> None:
        if self.broken:
            self._event(EventType.SYSTEM, Severity.INFO, "works again")
        elif self.failures:
            log.info("%s: takes messages again", self._name)
        self.forget()
        self.last_sent_ms = self._clock.now_ms()

    def failed(self, error: ChannelError) -> None:
        """An attempt failed. What cannot be mended by waiting is told once for each reason."""
        self.note(error)
        if not error.permanent:
            self.failures += 1
        elif self.trouble != self.broken:
            self.broken = self.trouble
            self._event(EventType.ERROR, Severity.ERROR, self.broken)
            self._alarm(f"The channel {self._name} is broken", self.broken)

    def refused(self, error: ChannelError) -> None:
        """The service cannot take one message of several: that one's fault, as far as is known."""
        self.note(error)
        self._event(EventType.ERROR, Severity.ERROR, f"one message was refused for good: {self.trouble}")

    def note(self, error: ChannelError) -> None:
        """An attempt failed, and what that means is not known yet."""
        self.trouble = mask(str(error))

    def rests(self, seconds: float) -> None:
        """The next attempt is so far away. Said when the trouble begins, not at every try."""
        level = logging.WARNING if self.failures == 1 else logging.DEBUG
        log.log(level, "%s: %s; next try in %s", self._name, self.trouble, spoken(seconds))

    def gave_up(self) -> None:
        """A message grew too old. Told once until one gets through again."""
        if not self._gave_up:
            self._gave_up = True
            why = f": {self.trouble}" if self.trouble else ""
            text = f"messages older than {spoken(EXPIRES.total_seconds())} are given up{why}"
            self._event(EventType.ERROR, Severity.ERROR, text)

    def _event(self, kind: EventType, severity: Severity, text: str) -> None:
        level = logging.INFO if severity is Severity.INFO else logging.ERROR
        log.log(level, "%s: %s", self._name, text)
        self._tell(
            Event(
                ts_ms=self._clock.now_ms(),
                source=f"channel.{self._name}",
                type=kind,
                severity=severity,
                message=f"{self._name}: {text}",
            )
        )
