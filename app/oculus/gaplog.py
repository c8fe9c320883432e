"""The rows and events of the gaps in which Oculus did not watch, and who else is told of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from oculus.core.clock import Clock
from oculus.core.desk import Popup
from oculus.core.errors import ChannelError
from oculus.core.event import Event, EventType, Severity
from oculus.core.gap import OFFLINE, Gap, GapReason, said
from oculus.storage.records import gaps
from oculus.storage.writing.writer import Writer

log = logging.getLogger(__name__)


class GapLog:
    """Writes gaps down, the row and the event, and lets others know. Any thread may call; it never waits."""

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        skip: Callable[[Gap], None],
        slept: Callable[[float], None],
        popup: Callable[[], Callable[[Popup], None] | None],
    ) -> None:
        """`skip` is for who judges, `slept` for who waits by the monotonic clock."""
        self._writer = writer
        self._clock = clock
        self._skip = skip
        self._slept = slept
        self._popup = popup

    def begin(self, last_sign_ms: int | None) -> None:
        """Oculus has started. `last_sign_ms` is the last that was written before that."""
        now_ms = self._clock.now_ms()
        self._writer.change(lambda cursor: gaps.set_back(cursor, now_ms))
        if last_sign_ms is not None and last_sign_ms < now_ms:
            self._writer.change(lambda cursor: gaps.end(cursor, last_sign_ms))
            stopped = Gap(last_sign_ms, now_ms, GapReason.STOPPED)
            self._skip(stopped)
            self._note(stopped)

    def over(self, gap: Gap, stood_s: float) -> None:
        """There was one; the monotonic clock stood still for `stood_s` of it."""
        self._skip(gap)
        if stood_s:
            self._slept(stood_s)
        if gap.back:
            self._writer.change(lambda cursor: gaps.set_back(cursor, gap.from_ms))
        self._note(gap)

    def lost(self, gap: Gap) -> None:
        """This machine is offline from now on."""
        self._skip(gap)
        self._note(gap)
        if show := self._popup():
            what = Popup(title="Oculus", text=OFFLINE, severity=Severity.WARN)
            threading.Thread(target=pop, args=(show, what), name="offline-popup", daemon=True).start()

    def found(self, gap: Gap) -> None:
        """It is online again."""
        self._skip(gap)
        to_ms = self._clock.now_ms() if gap.to_ms is None else gap.to_ms
        self._writer.change(lambda cursor: gaps.end(cursor, to_ms))
        self._event(gap)

    def _note(self, gap: Gap) -> None:
        self._writer.change(lambda cursor: gaps.add(cursor, gap))
        self._event(gap)

    def _event(self, gap: Gap) -> None:
        offline = gap.to_ms is None
        self._writer.tell(
            Event(
                ts_ms=self._clock.now_ms(),
                source="oculus",
                type=EventType.ERROR if offline else EventType.SYSTEM,
                severity=Severity.WARN if offline else Severity.INFO,
                message=said(gap),
                payload={"from_ms": gap.from_ms, "to_ms": gap.to_ms, "reason": gap.reason},
            )
        )


def pop(show: Callable[[Popup], None], what: Popup) -> None:
    try:
        show(what)
    except ChannelError as error:
        log.info("gaps: %s", error)
