"""One channel's own thread: it sends what waits for it, and tries again what failed.

The schedule knows what may go when, the dispatcher what becomes of it; the outbox keeps that in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from oculus.core.alert import Delivery, News
from oculus.core.errors import ChannelError
from oculus.core.worker import Worker
from oculus.notify.channel import Channel
from oculus.notify.facts import ChannelNotes
from oculus.notify.sending.alarm import alarm
from oculus.notify.sending.backoff import Backoff
from oculus.notify.sending.context import Context
from oculus.notify.sending.dispatcher import Dispatcher
from oculus.notify.sending.health import Health
from oculus.notify.sending.outbox import AGAIN_S, Outbox
from oculus.notify.sending.schedule import Schedule

QUEUE_LIMIT = 10_000  # deliveries in memory; what finds no room waits in the table


class Sender(Worker):
    """Start it once there is something to send."""

    pause_s = 0

    def __init__(self, name: str, context: Context, limit: int = QUEUE_LIMIT) -> None:
        super().__init__(f"notify-{name}")
        self.channel_name = name
        self.health = Health(name, context.tell, context.clock, partial(alarm, context.facts))
        self._context = context
        self._backoff = Backoff(ChannelNotes(name, context.facts), context.clock)
        self._schedule = Schedule(self._backoff, context.clock, limit, context.due_ms)
        self._outbox = Outbox(name, context, self.stopping)
        self._dispatcher = Dispatcher(name, context, self._outbox, self.health, self._schedule, self._backoff)

    @property
    def channel(self) -> Channel | None:
        """None: not set up, so what waits for it is skipped."""
        return self._schedule.channel

    def use(self, channel: Channel | None) -> None:
        """Send through `channel` from now on."""
        old = self.channel
        self._schedule.use(channel)
        self.health.forget()
        if old:
            old.close()

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Line up. Never waits; what finds no room is counted and fetched from the table later."""
        if left := self._schedule.put(deliveries):
            self._context.counters.add(f"deliveries.{self.channel_name}.left_in_table", left)

    def slept(self, seconds: float) -> None:
        """The clock that waits are counted by stood still for so long: what became due is due now."""
        self._schedule.slept(seconds)

    def reconsider(self) -> None:
        """What waits for the end of muted hours, or of a snooze, may wait less."""
        self._schedule.reconsider()

    def queued(self) -> int:
        """How many wait in memory or are being sent."""
        return len(self._schedule)

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
            self._dispatcher.speak(channel, [news])
        except ChannelError as error:
            self.health.failed(error)
            raise
        self._dispatcher.worked()

    def wake(self) -> None:
        self._schedule.wake()

    def step(self) -> None:
        if self._outbox.complete():
            self._schedule.wait(self.stopping)
        if not self.stopping.is_set():
            self.deliver()

    def deliver(self) -> bool:
        """Send the next message if one is due. False when there was none."""
        self._backoff.look_back()
        self._fetch()
        channel, group = self._schedule.take()
        if not group:
            self._outbox.save()
            return False
        due = self._context.clock.monotonic() + AGAIN_S
        try:
            due = self._dispatcher.dispatch(channel, group)
        finally:  # whatever goes wrong, nothing may drop out of the queue
            self._schedule.give_back(group, due)
        if self.stopping.is_set() or not self._schedule.due():
            self._outbox.save()
        return True

    def finish(self) -> None:
        self._outbox.save()

    def _fetch(self) -> None:
        """Take up what found no room, once there is some."""
        if self._schedule.begin_fetch():
            self._schedule.end_fetch(self._outbox.unfinished())
