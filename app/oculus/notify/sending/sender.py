"""One channel's own thread: it sends what waits for it, and tries again what failed.

A delivery is saved as `sending` before the attempt and with its outcome after it, or together with the
`sending` of the next, so that a crash can repeat a message but never lose one. While a service is down its
whole channel rests, longer each time. Once it is back, what waited goes out as one digest, where messages can
be put together. A digest that is refused is tried in pieces.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence
from functools import partial

from oculus.core.alert import Delivery, DeliveryState, News
from oculus.core.errors import ChannelError
from oculus.core.worker import Worker
from oculus.notify.channel import Channel
from oculus.notify.facts import Notebook
from oculus.notify.office import Office
from oculus.notify.sending.alarm import alarm
from oculus.notify.sending.attempt import is_over, speak
from oculus.notify.sending.group import OVER, cancelled, in_order, message
from oculus.notify.sending.health import Health
from oculus.notify.sending.ledger import AGAIN_S, Ledger
from oculus.notify.sending.line import Line
from oculus.notify.sending.portion import Portion
from oculus.notify.sending.rest import Rest
from oculus.notify.sending.retry import EXPIRES, wait_s

log = logging.getLogger(__name__)

QUEUE_LIMIT = 10_000  # deliveries in memory; what finds no room waits in the table


class Sender(Worker):
    """Start it once there is something to send."""

    pause_s = 0

    def __init__(self, name: str, office: Office, limit: int = QUEUE_LIMIT) -> None:
        super().__init__(f"notify-{name}")
        self.channel_name = name
        self.channel: Channel | None = None  # None: not set up, so what waits for it is skipped
        self.health = Health(name, office.tell, office.clock, partial(alarm, office.facts))
        self._office = office
        self._line = Line(limit)
        self._ledger = Ledger(name, office, self.stopping)
        self._rest = Rest(Notebook(name, office.facts), office.clock)
        self._portion = Portion()
        self._fetch_at = 0.0  # monotonic, as are all moments here
        self._changed = threading.Condition()  # guards all of the above
        self._busy = threading.Lock()  # held while the channel sends

    def use(self, channel: Channel | None) -> None:
        """Send through `channel` from now on."""
        with self._changed:
            old, self.channel = self.channel, channel
            self._rest.begin(channel.limits if channel else ())
            self._portion.begin(self._together_s() is not None)
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
            if any(delivery.attempts for delivery in deliveries):
                self._portion.fall_behind(self._together_s() is not None)
            if any(delivery.state is DeliveryState.SENDING for delivery in deliveries):
                self._rest.note()
            self._rest.cut()
            self._changed.notify_all()

    def slept(self, seconds: float) -> None:
        """The clock that waits are counted by stood still for so long: what became due is due now."""
        with self._changed:
            self._line.sooner(seconds)
            self._rest.sooner(seconds)
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
            self._speak(channel, [news])
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
        self._rest.look_back()
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
        return self._portion.take(self._line, self._now(), self._together_s())

    def _work_off(self, channel: Channel | None, group: Sequence[Delivery]) -> float:
        """Bring each delivery as far as it goes now. When those that are not over are due again."""
        for delivery in cancelled(group) if channel and not channel.whole else ():
            delivery.state, delivery.last_error = DeliveryState.SKIPPED, OVER
        if over := [each for each in group if each.state.final or self._is_over(channel, each)]:
            self._ledger.save(over)
        ready = [delivery for delivery in group if not delivery.state.final]
        return self._attempt(channel, self._next_message(channel, ready)) if channel and ready else 0.0

    def _next_message(self, channel: Channel, ready: Sequence[Delivery]) -> Sequence[Delivery]:
        """Those that it tells."""
        if not channel.whole:
            return ready
        late = any(delivery.attempts for delivery in ready)
        ordered = in_order(ready, late)
        return ordered[: max(1, channel.fits([delivery.news for delivery in ordered], late))]

    def _is_over(self, channel: Channel | None, delivery: Delivery) -> bool:
        told, now_ms = self._office.told, self._office.clock.now_ms()
        over = is_over(self.channel_name, channel, delivery, told, now_ms)
        if delivery.state is DeliveryState.EXPIRED:
            self.health.gave_up()
        return over

    def _attempt(self, channel: Channel, ready: Sequence[Delivery]) -> float:
        """One message. When it is due again, should it have failed."""
        for delivery in ready:
            delivery.state = DeliveryState.SENDING
            delivery.attempts += 1
        if not self._ledger.save(ready):
            return self._now()
        try:
            self._speak(channel, [each.news for each in ready] if channel.whole else message(ready))
        except ChannelError as error:
            # Settings that changed meanwhile deserve a try of their own.
            error.permanent = error.permanent and channel is self.channel
            return self._failed(ready, error)
        self._worked(len(ready))
        for delivery in ready:
            delivery.state, delivery.last_error = DeliveryState.SENT, ""
            delivery.sent_ms = self._office.clock.now_ms()
        self._ledger.note_sent(ready)
        return 0.0

    def _speak(self, channel: Channel, group: Sequence[News]) -> None:
        with self._busy:
            self._rest.tried()
            speak(self.channel_name, channel, group)

    def _worked(self, count: int = 0) -> None:
        with self._changed:
            self.health.worked()
            self._rest.over()
            self._portion.worked(count)
            self._changed.notify_all()

    def _failed(self, ready: Sequence[Delivery], error: ChannelError) -> float:
        with self._changed:
            in_pieces, alone = self._portion.failed(len(ready), error), self._portion.found
        if in_pieces:
            return self._in_pieces(ready, error)
        (self.health.refused if alone else self.health.failed)(error)
        for delivery in ready:
            delivery.last_error = self.health.trouble
            delivery.state = DeliveryState.FAILED if error.permanent else DeliveryState.RETRYING
        if error.permanent:
            self._ledger.save(ready)
            return 0.0
        return self._wait(ready, error.retry_after_s)

    def _in_pieces(self, ready: Sequence[Delivery], error: ChannelError) -> float:
        """One of them is what the service cannot take: they go on at once, in smaller messages."""
        self.health.note(error)
        log.info(
            "%s: one of %d is not taken, so they go in pieces: %s",
            self.channel_name,
            len(ready),
            self.health.trouble,
        )
        for delivery in ready:
            delivery.state, delivery.last_error = DeliveryState.RETRYING, self.health.trouble
            delivery.next_ms = self._office.clock.now_ms()
        self._ledger.save(ready)
        self._ledger.count(ready)
        return 0.0  # before all others, so that the search goes on among them

    def _wait(self, ready: Sequence[Delivery], asked_s: float | None) -> float:
        """The service is down or busy: the channel pauses, and so does each of these."""
        clock, chance = self._office.clock, self._office.chance()
        pause = wait_s(self.health.failures, asked_s, chance)
        wait = wait_s(max(delivery.attempts for delivery in ready), asked_s, chance)
        with self._changed:
            self._portion.fall_behind(self._together_s() is not None)
            self._rest.take(pause, asked_s)
        self.health.rests(max(pause, wait))
        for delivery in ready:
            delivery.next_ms = min(clock.now_ms() + round(wait * 1000), delivery.expires_ms)
        self._ledger.save(ready)
        self._ledger.count(ready)
        self._rest.keep()
        return min(map(self._due, ready))

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
        due = min(due, self._now()) if self._portion.hurry else due
        return max(due, self._rest.ends(), self.channel.free_at if self.channel else 0.0)

    def _together_s(self) -> float | None:
        """How far apart news may be that goes as one message; None when each goes alone."""
        gathers = self.channel is not None and (self.channel.gathers or self._group_s() > 0)
        return self._group_s() if gathers else None

    def _group_s(self) -> float:
        return self.channel.group_for.total_seconds() if self.channel else 0.0

    def _due(self, delivery: Delivery) -> float:
        wait = max(0, delivery.next_ms - self._office.clock.now_ms()) / 1000
        if delivery.state is DeliveryState.QUEUED:
            return self._now() + max(wait, self._group_s())
        return self._now() + min(wait, EXPIRES.total_seconds())

    def _now(self) -> float:
        return self._office.clock.monotonic()
