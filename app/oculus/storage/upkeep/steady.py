"""The time that cleaning goes by: the machine's clock, but not on its word alone.

A clock that leaps ahead (a wrong battery, a wrong time server, somebody's hand) would make everything stored
too old at once. So a leap of more than a day is believed only after it has lasted an hour; until then the
time goes on as the monotonic clock says. What is believed is kept in the file, so that a restart in between
believes no more. A long sleep and a long time off look the same and also wait for that hour. A clock that is
set back is believed at once: less is too old then.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import msgspec

from oculus.core.clock import Clock, to_datetime
from oculus.core.durations import spoken
from oculus.core.event import Severity
from oculus.storage.file.connection import one
from oculus.storage.records.gaps import last_sign

LEAP_MS = 24 * 3_600_000  # or half of what is kept, if that is less
STEADY_S = 3_600.0
ODD_MS = 90 * LEAP_MS  # nobody is away for so long
NAME = "storage.steady_ms"

RECALL = "SELECT (SELECT body FROM remembered WHERE name = ?)"
KEEP = "INSERT OR REPLACE INTO remembered (name, body, kept_at) VALUES ($1, $2, make_timestamptz($3))"

Tell = Callable[[str, Severity], None]


class SteadyTime:
    """Used on one thread.

    `known_ms` is a time before which it cannot be now, None when nothing is known; `leap_ms` how far the
    clock may be ahead of what is expected.
    """

    def __init__(self, clock: Clock, known_ms: int | None, leap_ms: int, tell: Tell) -> None:
        self._clock = clock
        self.leap_ms = leap_ms
        self._tell = tell
        self._ms = clock.now_ms() if known_ms is None else known_ms
        self._at = clock.monotonic()
        self._ahead_ms = 0  # by how much the clock leapt; 0: it did not
        self._ahead_since = 0.0

    def now_ms(self) -> int:
        """To be asked often: what lies between two leaps must be seen."""
        wall_ms, at = self._clock.now_ms(), self._clock.monotonic()
        expected_ms = self._ms + round((at - self._at) * 1000)
        ahead_ms = wall_ms - expected_ms
        if ahead_ms <= self.leap_ms:
            self._believe(wall_ms, at, "The clock is right again; nothing was deleted for its leap.")
        elif abs(ahead_ms - self._ahead_ms) > self.leap_ms:
            self._doubt(wall_ms, at, ahead_ms)
        elif at - self._ahead_since >= STEADY_S:
            self._believe(wall_ms, at, "The clock has kept its time for an hour: cleaning goes by it again.")
        return self._ms + round((at - self._at) * 1000)

    def _believe(self, wall_ms: int, at: float, words: str) -> None:
        self._ms, self._at = wall_ms, at
        if self._ahead_ms:
            self._ahead_ms = 0
            self._tell(words, Severity.INFO)

    def _doubt(self, wall_ms: int, at: float, ahead_ms: int) -> None:
        self._ahead_ms, self._ahead_since = ahead_ms, at
        self._tell(
            f"The clock says {to_datetime(wall_ms):%Y-%m-%d %H:%M} UTC, {spoken(ahead_ms / 1000)} later than "
            "is certain. Nothing is deleted as too old until it has kept that time for an hour.",
            Severity.WARN if ahead_ms > ODD_MS else Severity.INFO,
        )


def recall(cursor: duckdb.DuckDBPyConnection, now_ms: int) -> int | None:
    """The last time that was believed; in an older file that of the newest row; None in an empty one."""
    body = one(cursor, RECALL, [NAME])[0]
    return last_sign(cursor, now_ms) if body is None else int(msgspec.json.decode(body))


def keep(cursor: duckdb.DuckDBPyConnection, steady_ms: int) -> None:
    """On the writer's thread."""
    cursor.execute(KEEP, [NAME, str(steady_ms), steady_ms * 1000])
