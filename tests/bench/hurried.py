"""`oculus`, on clocks that run 72 times as fast: a day passes in twenty minutes.

Who asks for the time hears of the fast one: slots, rules, rollups, cleaning, the calendar. Waits stay as
long as they are on the wall, so what waits for its next turn looks more often instead.
"""

from __future__ import annotations

import datetime
import sys
import time
from types import SimpleNamespace

import schedule

from oculus import watch
from oculus.__main__ import main
from oculus.collectors import pool, runner, scheduler
from oculus.core.clock import SystemClock
from oculus.web.dashboard import shared

SPEED = 72
LOOK_S = 0.01  # on the wall: how often the scheduler looks for slots that have come

WALL_MS, BOOTED_S = time.time_ns() // 1_000_000, time.monotonic()


def hurried_ms(_: SystemClock) -> int:
    return WALL_MS + round((time.monotonic() - BOOTED_S) * SPEED * 1000)


def hurried_s(_: SystemClock) -> float:
    return BOOTED_S + (time.monotonic() - BOOTED_S) * SPEED


class Calendar(datetime.datetime):
    """What the library of scheduled jobs takes for the time."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Calendar:
        return cls.fromtimestamp(hurried_ms(SystemClock()) / 1000, tz)


def hurry() -> None:
    SystemClock.now_ms = hurried_ms
    SystemClock.monotonic = hurried_s
    schedule.datetime = SimpleNamespace(**vars(datetime) | {"datetime": Calendar})
    watch.JUMP_MS *= SPEED  # a second between two looks is no sleep
    pool.BRIEF_S *= SPEED  # a run takes as long as ever
    runner.SLOW_S *= SPEED
    shared.LASTS_S *= SPEED  # and so does a look at a page
    scheduler.IDLE_S = scheduler.LOOK_S = LOOK_S


if __name__ == "__main__":
    hurry()
    sys.exit(main())
