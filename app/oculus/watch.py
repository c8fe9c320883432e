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
from oculus.core.gap import Gap, GapReason, said
from oculus.core.worker import Worker

log = logging.getLogger(__name__)

JUMP_MS = 10_000  # what is shorter is a busy machine, or a clock that is kept right


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
