"""Notices when Oculus itself was not watching: the machine slept, its clock was set, Oculus did not run.

A look compares the wall clock with the monotonic one. The rules look before each round of judging, so that
they know of a gap before they see a number from behind it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from oculus.core.clock import Clock
from oculus.core.desk import Popup
from oculus.core.durations import spoken
from oculus.core.errors import ChannelError
from oculus.core.event import Event, EventType, Severity
from oculus.core.gap import Gap, GapReason
from oculus.core.worker import Worker
from oculus.storage import gaps
from oculus.storage.writer import Writer

log = logging.getLogger(__name__)

OFFLINE = "This machine is offline. What is outside is not judged until it is back"
JUMP_MS = 10_000  # what is shorter is a busy machine, or a clock that is kept right
WORDS = {
    GapReason.SLEEP: "the machine slept",
    GapReason.CLOCK: "its clock was set",
    GapReason.STOPPED: "Oculus was not running",
    GapReason.OFFLINE: "this machine was offline",
}


def awake_and_asleep() -> float:
    """Seconds that go on while the machine sleeps, where the system counts them."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return 0.0


class Watch(Worker):
    """`tell` hears of every gap, on whatever thread found it, and must not wait.

    Its second argument says for how many seconds the monotonic clock stood still.
    """

    def __init__(
        self,
        tell: Callable[[Gap, float], None],
        clock: Clock,
        asleep: Callable[[], float] = awake_and_asleep,
    ) -> None:
        super().__init__("watch")
        self._tell = tell
        self._clock = clock
        self._asleep = asleep
        self._lock = threading.Lock()
        self._before = self._read()

    def start(self) -> None:
        self._before = self._read()
        super().start()

    def step(self) -> None:
        self.look()

    def look(self) -> None:
        """Compare the clocks. Any thread may; it returns once the gap, if there was one, is told."""
        with self._lock:
            before, now = self._before, self._read()
            self._before = now
            gap = between(before, now)
            if gap:
                log.info("watch: %s", said(gap))
                stood_ms = (now[0] - before[0]) - (now[1] - before[1]) * 1000
                self._tell(gap, max(0.0, stood_ms / 1000) if gap.reason is GapReason.SLEEP else 0.0)

    def _read(self) -> tuple[int, float, float]:
        return self._clock.now_ms(), self._clock.monotonic(), self._asleep()


def between(before: tuple[int, float, float], now: tuple[int, float, float]) -> Gap | None:
    """What the clocks say of the time between two looks; each is (wall ms, monotonic s, s with sleep)."""
    wall_ms = now[0] - before[0]
    awake_ms = round((now[1] - before[1]) * 1000)
    slept_ms = round((now[2] - before[2]) * 1000) - awake_ms
    jump_ms = wall_ms - awake_ms
    if jump_ms < -JUMP_MS:
        return Gap(now[0], before[0], GapReason.CLOCK, back=True)
    if jump_ms > JUMP_MS:
        known = now[2] != before[2]  # the system counts sleep, so what it did not count was none
        reason = GapReason.CLOCK if known and slept_ms < jump_ms / 2 else GapReason.SLEEP
        return Gap(before[0], now[0], reason)
    if awake_ms > JUMP_MS:  # everything stood still, or the monotonic clock counts sleep here
        return Gap(before[0], now[0], GapReason.SLEEP)
    return None


def pop(show: Callable[[Popup], None], what: Popup) -> None:
    try:
        show(what)
    except ChannelError as error:
        log.info("watch: %s", error)


def said(gap: Gap) -> str:
    if gap.to_ms is None:
        return OFFLINE
    length = spoken((gap.to_ms - gap.from_ms) / 1000)
    if gap.back:
        return f"The clock was set back by {length}"
    return f"Nobody was watching for {length}: {WORDS[gap.reason]}"


class Diary:
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
