"""How much goes into the next message: a digest of all that waited, or less than there is after a refusal.

What a service refuses for good is tried again in halves, until the one is found that it cannot take: that
one fails, the others go out. Where it says that it has trouble, one alone finds out whether it is that one.
"""

from __future__ import annotations

from enum import Enum, auto

from oculus.core.alert import Delivery
from oculus.core.errors import ChannelError
from oculus.notify.sending.queue import DeliveryQueue

ENOUGH = 2  # refused alone, one after the other: what follows is tried one by one too


class Blame(Enum):
    """Whose fault it is, as far as is known, that a message failed."""

    CHANNEL = auto()  # the service is down or busy, or takes nothing from us
    ONE_OF_THEM = auto()  # one piece of news in the message; smaller messages will show which
    THIS_ONE = auto()  # the one piece of news in the message


class BatchSizer:
    """Not locked: its schedule does that."""

    def __init__(self) -> None:
        self.hurry = False  # the service is back, and what waited is due now
        self._behind = False  # there is something that could not be sent when it was due
        self._most: int | None = None  # pieces of news in the next message; None: all of them
        self._suspects = 0  # pieces of news, those that are due first, one of which was refused
        self._refused = 0

    def take(self, queue: DeliveryQueue, now: float, together_s: float | None) -> list[Delivery]:
        """What goes next of what is due. `together_s`: what comes within it may go along; None: one alone."""
        if together_s is None:
            self._behind = self.hurry = False
        if together_s is None or self._most == 1:
            tried, self.hurry = self.hurry, False
            return queue.take(now, 1, tried)
        digest, self._behind, self.hurry = self._behind, False, False
        return queue.take(now + together_s, self._most or len(queue), tried=digest)

    def begin(self, gathers: bool) -> None:
        """Other settings: whatever was refused may be taken now."""
        self._most, self._suspects, self._refused = None, 0, 0
        self._behind = self.hurry = self._behind and gathers

    def fall_behind(self, gathers: bool) -> None:
        """What waits now is told in one digest, where messages can be put together."""
        self.hurry, self._behind = False, self._behind or gathers

    def worked(self, count: int = 0) -> None:
        """A message about `count` got through: who is to blame is among the others."""
        self._suspects = max(0, self._suspects - count) if count else 0
        self._most = max(1, self._suspects // 2) if self._suspects else None
        self._refused, self.hurry = 0, self._behind

    def failed(self, count: int, error: ChannelError) -> Blame:
        """A message about `count` failed with `error`."""
        if not error.answered:
            self._most, self._suspects = None, 0
            return Blame.CHANNEL
        if not error.permanent:
            self._most, self._suspects = 1, 0
            return Blame.CHANNEL
        if count > 1:
            self._most, self._suspects = count // 2, count
            return Blame.ONE_OF_THEM
        return self._refused_alone()

    def _refused_alone(self) -> Blame:
        self._refused += 1
        found = self._suspects > 0 and self._refused < ENOUGH
        self._most, self._suspects = 1 if self._refused >= ENOUGH else None, 0
        return Blame.THIS_ONE if found else Blame.CHANNEL
