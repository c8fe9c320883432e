"""One channel's own thread: it sends what waits for it, and tries again what failed.

A delivery is saved as `sending` before the attempt and with its outcome after it, or together with the
`sending` of the next, so that a crash can repeat a message but never lose one. While a service is down its
whole channel rests, longer each time. A new message cuts that short: it may be that one old message alone is
what fails. Once the service is back, what waited goes out as one digest, where messages can be put together.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence

from oculus.core.alert import Delivery, DeliveryState, News
from oculus.core.errors import ChannelError
from oculus.core.worker import Worker
from oculus.notify.channel import Channel
from oculus.notify.office import Office
from oculus.notify.routing import skip_reason
from oculus.notify.sending.group import OVER, cancelled, message
from oculus.notify.sending.health import Health
from oculus.notify.sending.ledger import AGAIN_S, Ledger
from oculus.notify.sending.line import Line
from oculus.notify.sending.pace import Pace
from oculus.notify.sending.retry import EXPIRES, wait_s

log = logging.getLogger(__name__)

QUEUE_LIMIT = 10_000  # deliveries in memory; what finds no room waits in the table
NEW_S = 5.0  # the longest rest before a new message gets its first try


class Sender(Worker):
    """Start it once there is something to send."""

    pause_s = 0

    def __init__(self, name: str, office: Office, limit: int = QUEUE_LIMIT) -> None:
        super().__init__(f"notify-{name}")
        self.channel_name = name
        self.channel: Channel | None = None  # None: not set up, so what waits for it is skipped
        self.health = Health(name, office.tell, office.clock)
        self._office = office
        self._line = Line(limit)
        self._ledger = Ledger(name, office, self.stopping)
        self._pace = Pace()
        self._rests_until = 0.0  # monotonic, as are all moments here
        self._asked_until = 0.0  # the service's own wish, which nothing cuts short
        self._tried_at = 0.0
        self._fetch_at = 0.0
        self._behind = False  # there is something that could not be sent when it was due
        self._hurry = False  # the service is back, and that something is due now
        self._changed = threading.Condition()  # guards all of the above
        self._busy = threading.Lock()  # held while the channel sends

    def use(self, channel: Channel | None) -> None:
        """Send through `channel` from now on."""
        with self._changed:
            old, self.channel = self.channel, channel
            self._pace = Pace(channel.limits if channel else ())
            self._rests_until = self._asked_until = 0.0
            self._behind = self._hurry = self._behind and self._group_s() > 0
            self.health.forget()
            self._changed.notify_all()
        if old:
            old.close()

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Line up. Never waits; what finds no room is counted and fetched from the table later."""
        with self._changed:
            for delivery in deliveries:
                if not self._line.put(delivery, self._due(delivery)):
                    self._office.counters.add(f"deliveries.{self.channel_name}.left_in_table")
            self._fall_behind(any(delivery.attempts for delivery in deliveries))
            if any(delivery.state is DeliveryState.SENDING for delivery in deliveries):
                self._pace.note(self._now())  # it may have gone out just before we were killed
            self._rests_until = min(self._rests_until, self._tried_at + NEW_S)
            self._changed.notify_all()

    def slept(self, seconds: float) -> None:
        """The clock that waits are counted by stood still for so long: what became due is due now."""
        with self._changed:
            self._line.sooner(seconds)
            self._rests_until -= seconds
            self._asked_until -= seconds
            self._changed.notify_all()

    def queued(self) -> int:
        """How many wait in memory or are being sent."""
        return len(self._line)

    def started(self) -> bool:
        return self._thread.ident is not None

    def cut(self) -> None:
        """End an attempt that is under way: it counts as failed and is tried again."""
        if self.channel:
            self.channel.close()

    def test(self, news: News) -> None:
        """Send one message now, on the caller's thread. Raises ChannelError."""
        channel = self.channel
        if channel is None:
            raise ChannelError(f"There is no channel {self.channel_name!r}")
        if reason := channel.absent():
            raise ChannelError(reason, "Start `oculus` on the desktop, then try again.", permanent=True)
        try:
            self._send(channel, [news])
        except ChannelError as error:
            self.health.failed(error)
            raise
        self._worked()

    def wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def step(self) -> None:
        with self._changed:
            wait = self._seconds_left()
            if not self.stopping.is_set() and (wait is None or wait > 0):
                self._changed.wait(wait)
        if not self.stopping.is_set():
            self.deliver()

    def deliver(self) -> bool:
        """Send the next message if one is due. False when there was none."""
        self._fetch()
        with self._changed:
            channel, group = self.channel, self._take()
        if not group:
            self._ledger.save()
            return False
        due = self._now() + AGAIN_S
        try:
            due = self._work_off(channel, group)
        finally:  # whatever goes wrong, nothing may drop out of the line
            with self._changed:
                self._line.give_back(group, due)
                goes_on = self._next_at() <= self._now() and not self.stopping.is_set()
        if not goes_on:
            self._ledger.save()
        return True

    def finish(self) -> None:
        self._ledger.save()

    def _take(self) -> list[Delivery]:
        if self._next_at() > self._now():
            return []
        together = self._group_s()
        if self.health.doubtful or not self.channel:
            return self._line.take(self._now(), 1)
        if not together:
            return self._line.take(self._now(), self.channel.at_once)
        digest, self._behind, self._hurry = self._behind, False, False
        return self._line.take(self._now() + together, len(self._line), tried=digest)

    def _work_off(self, channel: Channel | None, group: Sequence[Delivery]) -> float:
        """Bring each delivery as far as it goes now. When those that are not over are due again."""
        for delivery in cancelled(group) if self._group_s() else ():
            delivery.state, delivery.last_error = DeliveryState.SKIPPED, OVER
        if over := [each for each in group if each.state.final or self._is_over(channel, each)]:
            self._ledger.save(over)
        ready = [delivery for delivery in group if not delivery.state.final]
        return self._attempt(channel, ready) if channel and ready else 0.0

    def _is_over(self, channel: Channel | None, delivery: Delivery) -> bool:
        """Whether it needs no attempt any more; its state then says why."""
        told = self._office.told.follows(delivery.news, self.channel_name)
        reason = skip_reason(delivery.news, channel.settings if channel else None, told)
        reason = reason or (channel.absent() if channel else "")
        if reason:
            delivery.state, delivery.last_error = DeliveryState.SKIPPED, reason
        elif delivery.expires_ms <= self._office.clock.now_ms():
            delivery.state = DeliveryState.EXPIRED
            delivery.last_error = delivery.last_error or "it could not be sent in time"
            self.health.gave_up()
        return delivery.state.final

    def _attempt(self, channel: Channel, ready: Sequence[Delivery]) -> float:
        """One message. When it is due again, should it have failed."""
        for delivery in ready:
            delivery.state = DeliveryState.SENDING
            delivery.attempts += 1
        if not self._ledger.save(ready):
            return self._now()
        try:
            self._send(channel, message(ready) if self._group_s() else [each.news for each in ready])
        except ChannelError as error:
            # Settings that changed meanwhile deserve a try of their own.
            error.permanent = error.permanent and channel is self.channel
            return self._failed(ready, error)
        self._worked()
        for delivery in ready:
            delivery.state, delivery.last_error = DeliveryState.SENT, ""
            delivery.sent_ms = self._office.clock.now_ms()
        self._ledger.note_sent(ready)
        return 0.0

    def _send(self, channel: Channel, group: Sequence[News]) -> None:
        try:
            with self._busy:
                self._tried_at = self._now()
                self._pace.note(self._tried_at)
                channel.send(group)
        except ChannelError:
            raise
        except Exception as error:  # a mistake in one channel must neither lose a message nor end the thread
            log.warning("%s: the channel's own code failed", self.channel_name, exc_info=error)
            raise ChannelError(
                f"The channel's own code failed with {type(error).__name__}",
                "The log holds the details.",
                answered=True,
            ) from error

    def _worked(self) -> None:
        with self._changed:
            self.health.worked()
            self._rests_until = self._asked_until = 0.0
            self._hurry = self._behind
            self._changed.notify_all()

    def _failed(self, ready: Sequence[Delivery], error: ChannelError) -> float:
        self.health.failed(error)
        for delivery in ready:
            delivery.last_error = self.health.trouble
            delivery.state = DeliveryState.FAILED if error.permanent else DeliveryState.RETRYING
        if error.permanent:
            self._ledger.save(ready)
            return 0.0
        return self._rest(ready, error.retry_after_s)

    def _rest(self, ready: Sequence[Delivery], asked_s: float | None) -> float:
        """The service is down or busy: the channel pauses, and so does each of these."""
        clock, chance = self._office.clock, self._office.chance()
        pause = wait_s(self.health.failures, asked_s, chance)
        wait = wait_s(max(delivery.attempts for delivery in ready), asked_s, chance)
        with self._changed:
            self._fall_behind()
            self._rests_until = self._now() + pause
            self._asked_until = self._now() + min(asked_s or 0.0, pause)
        self.health.rests(max(pause, wait))
        for delivery in ready:
            delivery.next_ms = min(clock.now_ms() + round(wait * 1000), delivery.expires_ms)
        self._ledger.save(ready)
        self._ledger.count(ready)
        return min(map(self._due, ready))

    def _fall_behind(self, really: bool = True) -> None:
        """What waits now is told in one digest, where messages can be put together."""
        self._hurry = self._hurry and not really
        self._behind = self._behind or (really and self._group_s() > 0)

    def _fetch(self) -> None:
        """Take up what found no room, once there is some."""
        with self._changed:
            if not self._line.wants_more() or self._now() < self._fetch_at:
                return
            self._line.begin_fetch()
        rows = self._ledger.unfinished()
        found = None if rows is None else [(row, self._due(row)) for row in rows]
        with self._changed:
            self._line.end_fetch(found)
            self._fetch_at = self._now() + AGAIN_S

    def _seconds_left(self) -> float | None:
        """Until there is something to do; None when nothing waits."""
        moment = min(self._fetch_at if self._line.wants_more() else math.inf, self._next_at())
        moment = moment if self._ledger.complete() else self._now()
        return moment - self._now() if moment < math.inf else None

    def _next_at(self) -> float:
        """When the next message may go; infinity when none waits."""
        due = self._line.next_due()
        if due is None:
            return math.inf
        due = min(due, self._now()) if self._hurry else due
        free = max(self._pace.free_at(), self.channel.free_at if self.channel else 0.0)
        return max(due, self._rests_until, self._asked_until, free)

    def _group_s(self) -> float:
        return self.channel.group_for.total_seconds() if self.channel else 0.0

    def _due(self, delivery: Delivery) -> float:
        wait = max(0, delivery.next_ms - self._office.clock.now_ms()) / 1000
        if delivery.state is DeliveryState.QUEUED:
            return self._now() + max(wait, self._group_s())
        return self._now() + min(wait, EXPIRES.total_seconds())

    def _now(self) -> float:
        return self._office.clock.monotonic()
