"""Which channels have heard of which alert, so that an end is told only where the beginning was.

And what somebody has acknowledged, so that what waits for a service to be back calls nobody for it.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection

from oculus.core.alert import Delivery, DeliveryState, News, NewsKind
from oculus.core.errors import OculusError

log = logging.getLogger(__name__)

LIMIT = 10_000  # alerts remembered; for older ones the table is asked

PRESSING = (NewsKind.REMINDER, NewsKind.ESCALATED)

Lookup = Callable[[int], Collection[str]]


class Told:
    """A memory over the table of deliveries. Any thread may ask.

    `lookup(alert_id)` names the channels that have, in the table, a delivery of the alert that is
    neither of a RESOLVED nor failed, expired or skipped. It is asked only for what is not remembered.
    """

    def __init__(self, lookup: Lookup, limit: int = LIMIT) -> None:
        self._lookup = lookup
        self._limit = limit
        self._heard: OrderedDict[int, dict[str, set[int]]] = OrderedDict()  # alert: channel: delivery ids
        self._seen: OrderedDict[int, None] = OrderedDict()  # alerts that somebody has acknowledged
        self._lock = threading.Lock()

    def expect(self, delivery: Delivery) -> None:
        """It is on its way."""
        if delivery.news.kind is NewsKind.RESOLVED:
            return
        alert = delivery.news.alert.id
        with self._lock:
            self._heard.setdefault(alert, {}).setdefault(delivery.channel, set()).add(delivery.id)
            self._heard.move_to_end(alert)
            while len(self._heard) > self._limit:
                self._heard.popitem(last=False)

    def acknowledge(self, alert: int) -> None:
        with self._lock:
            self._seen[alert] = None
            while len(self._seen) > self._limit:
                self._seen.popitem(last=False)

    def needless(self, news: News) -> bool:
        """Whether it would only press somebody who knows."""
        known = news.alert.acknowledged_ms is not None or news.alert.id in self._seen
        return known and news.kind in PRESSING

    def settle(self, delivery: Delivery) -> None:
        """It has reached its final state."""
        over = delivery.news.kind is NewsKind.RESOLVED
        if not over and delivery.state is DeliveryState.SENT:
            return
        alert, channel = delivery.news.alert.id, delivery.channel
        with self._lock:
            channels = self._heard.get(alert, {})
            channels.get(channel, set()).discard(delivery.id)
            if over or not channels.get(channel):
                channels.pop(channel, None)
            if not channels:
                self._heard.pop(alert, None)

    def follows(self, news: News, channel: str) -> bool:
        """Whether `news` goes on a story that the channel knows: all but an end does."""
        if news.kind is not NewsKind.RESOLVED:
            return True
        with self._lock:
            if channel in self._heard.get(news.alert.id, {}):
                return True
        try:
            return channel in self._lookup(news.alert.id)
        except OculusError as error:
            log.warning("%s: told of the end of %s without knowing: %s", channel, news.alert.rule, error)
            return True  # rather an end too many than one too few
