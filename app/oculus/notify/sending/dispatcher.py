"""One message of a channel, from what is due to what came of it.

A delivery is saved as `sending` before the attempt and with its outcome after it, or together with the
`sending` of the next, so that a crash can repeat a message but never lose one. While a service is down its
whole channel pauses, longer each time. A message that is refused is tried again in pieces.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from oculus.core.alert import Delivery, DeliveryState, News
from oculus.core.errors import ChannelError
from oculus.notify.channel import Channel
from oculus.notify.sending.attempt import is_over, speak
from oculus.notify.sending.backoff import Backoff
from oculus.notify.sending.batch import Blame
from oculus.notify.sending.context import Context
from oculus.notify.sending.group import OVER, cancelled, in_order, message, put_off
from oculus.notify.sending.health import Health
from oculus.notify.sending.outbox import Outbox
from oculus.notify.sending.retry import wait_s
from oculus.notify.sending.schedule import Schedule

log = logging.getLogger(__name__)


class Dispatcher:
    """Belongs to the sender's thread, but for `speak` and `worked`."""

    def __init__(
        self,
        name: str,
        context: Context,
        outbox: Outbox,
        health: Health,
        schedule: Schedule,
        backoff: Backoff,
    ) -> None:
        self._name = name
        self._context = context
        self._outbox = outbox
        self._health = health
        self._schedule = schedule
        self._backoff = backoff
        self._busy = threading.Lock()  # held while the channel sends

    def dispatch(self, channel: Channel | None, group: Sequence[Delivery]) -> float:
        """Bring each delivery as far as it goes now. When those that are not over are due again."""
        for delivery in cancelled(group) if channel and not channel.whole else ():
            delivery.state, delivery.last_error = DeliveryState.SKIPPED, OVER
        over = [each for each in group if each.state.final or self._is_over(channel, each)]
        left = [delivery for delivery in group if not delivery.state.final]
        quiet = put_off(left, self._context.due_ms, self._context.clock)
        if over or quiet:
            self._outbox.save([*over, *quiet])
        ready = [delivery for delivery in left if not delivery.news.due_ms]
        return self._attempt(channel, next_message(channel, ready)) if channel and ready else 0.0

    def speak(self, channel: Channel, news: Sequence[News]) -> None:
        """Send, never two at a time. Any thread may. Raises ChannelError."""
        with self._busy:
            self._backoff.tried()
            speak(self._name, channel, news)

    def worked(self, count: int = 0) -> None:
        """The service has taken a message about `count` deliveries."""
        self._health.worked()
        self._schedule.worked(count)

    def _is_over(self, channel: Channel | None, delivery: Delivery) -> bool:
        told, now_ms = self._context.told, self._context.clock.now_ms()
        over = is_over(self._name, channel, delivery, told, now_ms)
        if delivery.state is DeliveryState.EXPIRED:
            self._health.gave_up()
        return over

    def _attempt(self, channel: Channel, ready: Sequence[Delivery]) -> float:
        """One message. When it is due again, should it have failed."""
        for delivery in ready:
            delivery.state = DeliveryState.SENDING
            delivery.attempts += 1
        if not self._outbox.save(ready):
            return self._context.clock.monotonic()
        try:
            self.speak(channel, [each.news for each in ready] if channel.whole else message(ready))
        except ChannelError as error:
            # Settings that changed meanwhile deserve a try of their own.
            error.permanent = error.permanent and channel is self._schedule.channel
            return self._failed(ready, error)
        self.worked(len(ready))
        self._sent(ready)
        return 0.0

    def _sent(self, ready: Sequence[Delivery]) -> None:
        for delivery in ready:
            delivery.state, delivery.last_error = DeliveryState.SENT, ""
            delivery.sent_ms = self._context.clock.now_ms()
        self._outbox.note_sent(ready)

    def _failed(self, ready: Sequence[Delivery], error: ChannelError) -> float:
        blame = self._schedule.failed(len(ready), error)
        if blame is Blame.ONE_OF_THEM:
            return self._in_pieces(ready, error)
        (self._health.refused if blame is Blame.THIS_ONE else self._health.failed)(error)
        for delivery in ready:
            delivery.last_error = self._health.trouble
            delivery.state = DeliveryState.FAILED if error.permanent else DeliveryState.RETRYING
        if error.permanent:
            self._outbox.save(ready)
            return 0.0
        return self._pause(ready, error.retry_after_s)

    def _in_pieces(self, ready: Sequence[Delivery], error: ChannelError) -> float:
        """One of them is what the service cannot take: they go on at once, in smaller messages."""
        self._health.note(error)
        trouble = self._health.trouble
        log.info("%s: one of %d is not taken, so they go in pieces: %s", self._name, len(ready), trouble)
        for delivery in ready:
            delivery.state, delivery.last_error = DeliveryState.RETRYING, trouble
            delivery.next_ms = self._context.clock.now_ms()
        self._outbox.save(ready)
        self._outbox.count(ready)
        return 0.0  # before all others, so that the search goes on among them

    def _pause(self, ready: Sequence[Delivery], asked_s: float | None) -> float:
        """The service is down or busy: the channel pauses, and so does each of these."""
        chance = self._context.chance()
        pause = wait_s(self._health.failures, asked_s, chance)
        wait = wait_s(max(delivery.attempts for delivery in ready), asked_s, chance)
        next_ms = self._context.clock.now_ms() + round(wait * 1000)
        for delivery in ready:
            delivery.next_ms = min(next_ms, delivery.expires_ms)
        due = self._schedule.pause(ready, pause, asked_s)
        self._health.rests(max(pause, wait))
        self._outbox.save(ready)
        self._outbox.count(ready)
        self._backoff.keep()
        return due


def next_message(channel: Channel, ready: Sequence[Delivery]) -> Sequence[Delivery]:
    """Those of `ready` that the next message tells."""
    if not channel.whole:
        return ready
    late = any(delivery.attempts for delivery in ready)
    ordered = in_order(ready, late)
    return ordered[: max(1, channel.fits([delivery.news for delivery in ordered], late))]
