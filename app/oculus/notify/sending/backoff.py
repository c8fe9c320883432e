"""When a channel may be spoken to again: what its service allows and asks for, how long it rests.

A rest of our own ends sooner when there is something new: it may be that one old message alone is what fails.
The service's wish is cut short by nothing, and by no restart either.
"""

from __future__ import annotations

from collections.abc import Sequence

from oculus.core.clock import Clock
from oculus.notify.channel import Limit
from oculus.notify.facts import ChannelNotes
from oculus.notify.sending.rate_limiter import RateLimiter
from oculus.notify.sending.retry import EXPIRES

NEW_S = 5.0  # the longest rest before a new message gets its first try
CHANNEL_NOTE = -2  # the note about the channel itself: no alert has this id


class Backoff:
    """Times are monotonic seconds. Not locked: its schedule does that, but for what asks the database."""

    def __init__(self, notes: ChannelNotes, clock: Clock) -> None:
        self._notes = notes
        self._clock = clock
        self._limiter = RateLimiter()
        self._until = 0.0
        self._asked_until = 0.0
        self._tried_at = 0.0
        self._begun = False
        self._recalled = False  # what was asked for before the restart is known, or does not count any more
        self._outdated = False  # what is kept of the service's wish is no longer true

    def begin(self, limits: Sequence[Limit]) -> None:
        """With these settings. Other ones may mean another service, which has asked for nothing."""
        self._limiter = RateLimiter(limits)
        self._until = self._asked_until = 0.0
        self._recalled = self._outdated = self._begun
        self._begun = True

    def note(self) -> None:
        """A message goes out, or may have gone out just before we were killed."""
        self._limiter.note(self._clock.monotonic())

    def tried(self) -> None:
        """A message goes out now."""
        self._tried_at = self._clock.monotonic()
        self.note()

    def take(self, pause_s: float, asked_s: float | None) -> None:
        """A message failed."""
        now = self._clock.monotonic()
        self._until = now + pause_s
        self._asked_until = now + min(asked_s or 0.0, pause_s)

    def cut(self) -> None:
        """There is something new."""
        self._until = min(self._until, self._tried_at + NEW_S)

    def over(self) -> None:
        """A message was taken."""
        self._outdated = self._outdated or self._asked_until > 0
        self._until = self._asked_until = 0.0

    def sooner(self, seconds: float) -> None:
        """The clock stood still for so long."""
        self._until -= seconds
        self._asked_until -= seconds

    def ends(self) -> float:
        return max(self._until, self._asked_until, self._limiter.free_at())

    # These wait for the database: the sender's thread alone calls them, and no lock is held.

    def keep(self) -> None:
        """Let a restart know of the service's wish, as far as there is one."""
        wait_s = self._asked_until - self._clock.monotonic()
        if wait_s > 0:
            self._notes.write({CHANNEL_NOTE: {"until_ms": self._clock.now_ms() + round(wait_s * 1000)}})

    def look_back(self) -> None:
        """Before a message: obey what was asked for before the restart; forget what is no longer true."""
        if not self._recalled:
            self._recalled = True
            until_ms = self._notes.read_one(CHANNEL_NOTE).get("until_ms")
            if isinstance(until_ms, int) and (wait_ms := until_ms - self._clock.now_ms()) > 0:
                wait_s = min(wait_ms / 1000, EXPIRES.total_seconds())  # the clock may be far behind by now
                self._asked_until = max(self._asked_until, self._clock.monotonic() + wait_s)
        if self._outdated:
            self._outdated = False
            if self._notes.read_one(CHANNEL_NOTE):
                self._notes.write({CHANNEL_NOTE: {}})
