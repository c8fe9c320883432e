"""The notifier: who is told what, and one sender for each channel in use."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from oculus.core.alert import Delivery, DeliveryState, News
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.errors import ChannelError, OculusError
from oculus.core.event import Event
from oculus.core.ids import Ids
from oculus.core.nearest import nearest
from oculus.notify import build, with_always_there
from oculus.notify.channel import ChannelSettings
from oculus.notify.facts import NO_FACTS, Facts
from oculus.notify.routing import skip_reason
from oculus.notify.sample import sample_news
from oculus.notify.sending.context import Context
from oculus.notify.sending.retry import EXPIRES
from oculus.notify.sending.sender import QUEUE_LIMIT, Sender
from oculus.notify.sending.told import Told

log = logging.getLogger(__name__)


class ChannelStatus(Struct, frozen=True, kw_only=True):
    """How one channel is doing."""

    name: str
    type: str
    state: Literal["ok", "broken", "off"]
    last_sent_ms: int | None
    last_error: str  # of the last attempt; "" when that worked
    queued: int


class Notifier:
    """Any thread may call any of this; only `send_test` and `stop` wait.

    `save` puts the state of deliveries into the table and returns once it is committed; it raises
    OculusError. `reload` reads what is not final from the table (asked when more came than fits into
    memory), `refused` the last that failed of each alert that still fires and of which its channel has told
    nobody; `resend` stores such, which wait again, and hands them to `put`. It does not wait, and raises
    nothing. `due_ms(news)` says when people may be told: now, or when its rule is quiet no longer.
    `told(alert_id)` names the channels that have a delivery of the alert in the table which is
    neither of a RESOLVED nor failed, expired or skipped (asked for alerts from before the start).
    """

    def __init__(
        self,
        save: Callable[[Sequence[Delivery]], None],
        tell: Callable[[Event], None],
        counters: Counters,
        clock: Clock,
        *,
        reload: Callable[[], Sequence[Delivery]] = lambda: (),
        refused: Callable[[], Sequence[Delivery]] = lambda: (),
        resend: Callable[[Sequence[Delivery]], object] = lambda _deliveries: None,
        told: Callable[[int], Collection[str]] = lambda _alert: (),
        due_ms: Callable[[News], int] = lambda news: news.due_ms,
        facts: Facts = NO_FACTS,
        chance: Callable[[], float] = random.random,
        queue_limit: int = QUEUE_LIMIT,
    ) -> None:
        self._told = Told(told)
        self._context = Context(save, tell, reload, due_ms, self._told, counters, clock, chance, facts)
        self._refused = refused
        self._resend = resend
        self._queue_limit = queue_limit
        self._ids = Ids()
        self._settings: dict[str, ChannelSettings] = {}
        self._senders: dict[str, Sender] = {}
        self._changed: set[str] = set()  # channels whose settings may have been mended
        self._running = False
        self._lock = threading.RLock()  # guards the four above; never held while something waits
        self.replace({})

    def replace(self, channels: Mapping[str, ChannelSettings]) -> None:
        """Take new settings. What did not change goes on; what waits for a channel now gone is skipped."""
        wanted = with_always_there(channels)
        with self._lock:
            old, self._settings = self._settings, wanted
            for name in old.keys() - wanted.keys():
                self._sender(name).use(None)
            changed = [name for name, settings in wanted.items() if old.get(name) != settings]
            for name in changed:
                self._sender(name).use(build(name, wanted[name], self._context.clock, self._context.facts))
            self._changed.update(changed)

    def address(self, news: Sequence[News]) -> list[Delivery]:
        """One delivery for each piece of news and channel, to be stored with it and then handed to `put`.

        Whoever is not told gets a row too, skipped, with the reason. News that is held back has none; of such
        an acknowledgement comes.
        """
        for item in news:
            if item.held and item.alert.acknowledged_ms is not None:
                self._told.acknowledge(item.alert.id)
        return [
            self._delivery(item, channel)
            for item in news
            if not item.held
            for channel in dict.fromkeys(item.channels)
        ]

    def put(self, deliveries: Sequence[Delivery]) -> None:
        """Send these, which are in the table by now: new ones, or those found unfinished at the start."""
        for channel in {delivery.channel for delivery in deliveries}:
            mine = sorted((row for row in deliveries if row.channel == channel), key=lambda row: row.id)
            for delivery in mine:
                self._ids.above(delivery.id)
                if delivery.attempts == 0:
                    self._context.counters.add(f"deliveries.{channel}.{delivery.state}")
            waiting = [delivery for delivery in mine if not delivery.state.final]
            if waiting:
                self._line_up(channel, waiting)

    def start(self) -> None:
        with self._lock:
            self._running = True
            for sender in self._senders.values():
                self._wake_up(sender)

    def slept(self, seconds: float) -> None:
        """The monotonic clock stood still for so long: what became due meanwhile is due now."""
        for sender in self._all():
            sender.slept(seconds)

    def reconsider(self) -> None:
        """Settings or a snooze have changed: what waits for the end of quiet hours may go sooner.

        What a channel refused, as it was set up before, is tried again while it still fires.
        """
        self._try_again()
        for sender in self._all():
            sender.reconsider()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End all senders. What was not sent stays in the table. True if all ended in time."""
        with self._lock:
            self._running = False
            started = [sender for sender in self._senders.values() if sender.alive()]
        ends = time.monotonic() + timeout_s
        for sender in started:
            sender.stopping.set()
            sender.wake()
        # An attempt under way may end by itself within half the time; then it is cut and counts as failed.
        slow = [sender for sender in started if not sender.stop(left(ends - timeout_s / 2))]
        for sender in slow:
            sender.cut()
        still = [sender.name for sender in slow if not sender.stop(left(ends))]
        if still:
            log.warning("%s did not end in time; what they were sending is sent again", ", ".join(still))
        return not still

    def alive(self) -> bool:
        """Whether it runs, and every sender that was started still does."""
        with self._lock:
            return self._running and all(
                sender.alive() for sender in self._senders.values() if sender.started()
            )

    def status(self) -> list[ChannelStatus]:
        with self._lock:
            return [self._status(name, self._senders[name]) for name in self._settings]

    def send_test(self, name: str) -> None:
        """Send one real message now, even if the channel is switched off or broken.

        Raises ChannelError with what the service answered, or when there is no such channel.
        """
        with self._lock:
            if name not in self._settings:
                near = nearest(name, self._settings)
                hint = f"Did you mean {near}?" if near else f"There are: {', '.join(self._settings)}."
                raise ChannelError(f"There is no channel {name!r}", hint)
            sender = self._senders[name]
        sender.test(sample_news(self._context.clock.now_ms(), self._context.facts))

    def _try_again(self) -> None:
        with self._lock:
            changed, self._changed = self._changed, set()
        try:
            refused = self._refused() if changed else ()
        except OculusError as error:
            log.warning("what was refused before cannot be read: %s", error)
            return
        again = [delivery for delivery in refused if delivery.channel in changed]
        for delivery in again:  # as if they were new: nobody knows of them yet
            delivery.state, delivery.attempts = DeliveryState.QUEUED, 0
            delivery.next_ms = self._context.clock.now_ms()
            delivery.expires_ms = delivery.next_ms + EXPIRES.ms
            self._told.expect(delivery)
        if again:
            self._resend(again)

    def _delivery(self, news: News, channel: str) -> Delivery:
        with self._lock:
            settings = self._settings.get(channel)
        reason = skip_reason(news, settings, self._told.follows(news, channel))
        now = self._context.clock.now_ms()
        delivery = Delivery(
            id=self._ids.next(now),
            channel=channel,
            news=news,
            state=DeliveryState.SKIPPED if reason else DeliveryState.QUEUED,
            created_ms=now,
            next_ms=max(now, news.due_ms),
            expires_ms=max(now, news.due_ms) + EXPIRES.ms,
            last_error=reason,
        )
        if not reason:
            self._told.expect(delivery)
        return delivery

    def _line_up(self, channel: str, waiting: Sequence[Delivery]) -> None:
        for delivery in waiting:
            self._told.expect(delivery)
        with self._lock:
            sender = self._sender(channel)
        sender.put(waiting)
        with self._lock:
            self._wake_up(sender)

    def _all(self) -> list[Sender]:
        with self._lock:
            return list(self._senders.values())

    def _sender(self, name: str) -> Sender:
        if name not in self._senders:
            self._senders[name] = Sender(name, self._context, self._queue_limit)
        return self._senders[name]

    def _wake_up(self, sender: Sender) -> None:
        """A thread only for a channel that has something to do."""
        if self._running and sender.queued() and not sender.started():
            sender.start()

    def _status(self, name: str, sender: Sender) -> ChannelStatus:
        settings, health = self._settings[name], sender.health
        absent = sender.channel.absent() if sender.channel else ""
        state: Literal["ok", "broken", "off"] = "broken" if health.broken else "ok"
        return ChannelStatus(
            name=name,
            type=str(settings.__struct_config__.tag),
            state=state if settings.enabled and not absent else "off",
            last_sent_ms=health.last_sent_ms,
            last_error=health.trouble or absent,
            queued=sender.queued(),
        )


def left(until: float) -> float:
    return max(0.0, until - time.monotonic())
