"""What waits for one channel, and when the next message of it may go.

Three things decide that: when each delivery is due (the queue), when the service may be asked again (the
backoff), and how much goes into one message (the batch sizer). Moments are monotonic seconds.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

from oculus.core.alert import Delivery, DeliveryState, News
from oculus.core.clock import Clock
from oculus.core.errors import ChannelError
from oculus.notify.channel import Channel
from oculus.notify.sending.backoff import Backoff
from oculus.notify.sending.batch import BatchSizer, Blame
from oculus.notify.sending.outbox import AGAIN_S
from oculus.notify.sending.queue import DeliveryQueue
from oculus.notify.sending.retry import LONGEST_S


class Schedule:
    """Any thread may put and look. One sends: it takes, says what came of it, and gives back."""

    def __init__(
        self, backoff: Backoff, clock: Clock, queue_limit: int, due_ms: Callable[[News], int]
    ) -> None:
        self.channel: Channel | None = None  # None: not set up, so what waits for it is skipped
        self._clock = clock
        self._due_ms = due_ms
        self._queue = DeliveryQueue(queue_limit)
        self._backoff = backoff
        self._batch = BatchSizer()
        self._fetch_at = 0.0
        self._changed = threading.Condition()  # guards all of the above

    def __len__(self) -> int:
        """How many wait in memory or are being sent."""
        return len(self._queue)

    def use(self, channel: Channel | None) -> None:
        """Let what waits go through `channel` from now on."""
        with self._changed:
            self.channel = channel
            self._backoff.begin(channel.limits if channel else ())
            self._batch.begin(self._gathers())
            self._changed.notify_all()

    def put(self, deliveries: Sequence[Delivery]) -> int:
        """Line up. How many found no room; they are fetched from the table later."""
        with self._changed:
            left = sum(not self._queue.put(delivery, self._due(delivery)) for delivery in deliveries)
            if any(delivery.attempts for delivery in deliveries):
                self._batch.fall_behind(self._gathers())
            if any(delivery.state is DeliveryState.SENDING for delivery in deliveries):
                self._backoff.note()
            self._backoff.cut()
            self._changed.notify_all()
        return left

    def slept(self, seconds: float) -> None:
        """The clock that waits are counted by stood still for so long: what became due is due now."""
        with self._changed:
            self._queue.sooner(seconds)
            self._backoff.sooner(seconds)
            self._changed.notify_all()

    def reconsider(self) -> None:
        """What waits for the end of muted hours, or of a snooze, may wait less."""

        def due(delivery: Delivery) -> float:
            waits = delivery.news.due_ms > self._clock.now_ms()
            return self._quiet_until(delivery) if waits else math.inf

        with self._changed:
            self._queue.hasten(due)
            self._changed.notify_all()

    def wait(self, stopping: threading.Event) -> None:
        """Until the next message may go, something has changed, or `wake` after `stopping` was set."""
        with self._changed:
            seconds = self._seconds_left()
            if not stopping.is_set() and (seconds is None or seconds > 0):
                self._changed.wait(seconds)

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def take(self) -> tuple[Channel | None, list[Delivery]]:
        """Those that go next, if any may, and through which channel."""
        with self._changed:
            if not self.due():
                return self.channel, []
            return self.channel, self._batch.take(self._queue, self._now(), self._together_s())

    def give_back(self, group: Sequence[Delivery], due: float) -> None:
        """After `take`: what was tried is due again at `due`, what has to wait when that is over."""

        def again(delivery: Delivery) -> float:
            if delivery.news.due_ms:
                return self._quiet_until(delivery)
            return due if delivery.attempts else self._now()

        with self._changed:
            self._queue.give_back(group, again)

    def due(self) -> bool:
        """Whether the next message may go now."""
        with self._changed:
            return self._next_at() <= self._now()

    def worked(self, count: int) -> None:
        """The service has taken a message about `count` deliveries."""
        with self._changed:
            self._backoff.over()
            self._batch.worked(count)
            self._changed.notify_all()

    def failed(self, count: int, error: ChannelError) -> Blame:
        """A message about `count` deliveries failed."""
        with self._changed:
            return self._batch.failed(count, error)

    def pause(self, group: Sequence[Delivery], pause_s: float, asked_s: float | None) -> float:
        """Leave the service alone for so long. When the first of `group` is due again."""
        with self._changed:
            self._batch.fall_behind(self._gathers())
            self._backoff.take(pause_s, asked_s)
            return min(map(self._due, group))

    # What found no room in memory is fetched from the table.

    def begin_fetch(self) -> bool:
        """Whether there is room for it now; the table is to be read then, and `end_fetch` told."""
        with self._changed:
            if not self._queue.wants_more() or self._now() < self._fetch_at:
                return False
            self._queue.begin_fetch()
            return True

    def end_fetch(self, rows: Sequence[Delivery] | None) -> None:
        """All that is not over in the table; None when it could not be read."""
        with self._changed:
            self._queue.end_fetch(None if rows is None else [(row, self._due(row)) for row in rows])
            self._fetch_at = self._now() + AGAIN_S

    def _seconds_left(self) -> float | None:
        """Until there is something to do; None when nothing waits."""
        moment = min(self._fetch_at if self._queue.wants_more() else math.inf, self._next_at())
        return moment - self._now() if moment < math.inf else None

    def _next_at(self) -> float:
        """When the next message may go; infinity when none waits."""
        due = self._queue.next_due()
        if due is None:
            return math.inf
        due = min(due, self._now()) if self._batch.hurry else due
        return max(due, self._backoff.ends(), self.channel.free_at if self.channel else 0.0)

    def _gathers(self) -> bool:
        """Whether messages can be put together."""
        return self.channel is not None and (self.channel.gathers or self._group_s() > 0)

    def _together_s(self) -> float | None:
        """How far apart news may be that goes as one message; None when each goes alone."""
        return self._group_s() if self._gathers() else None

    def _group_s(self) -> float:
        return self.channel.group_for.total_seconds() if self.channel else 0.0

    def _due(self, delivery: Delivery) -> float:
        # The clock may be behind the one of the last run: only the end of muted hours lies far ahead.
        if delivery.state is not DeliveryState.QUEUED:
            return min(self._at(delivery.next_ms), self._now() + LONGEST_S)
        quiet = self._quiet_until(delivery) if delivery.news.due_ms else 0.0
        return max(quiet, self._now() + self._group_s())

    def _quiet_until(self, delivery: Delivery) -> float:
        """Asked anew, whatever it was told: a snooze may have ended since."""
        return self._at(self._due_ms(delivery.news))

    def _at(self, ms: int) -> float:
        """The moment of a wall clock time, not before now."""
        return self._now() + max(0, ms - self._clock.now_ms()) / 1000

    def _now(self) -> float:
        return self._clock.monotonic()
