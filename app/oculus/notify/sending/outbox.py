"""One channel's part of the table of deliveries, as its sender keeps it.

What became of a message is saved together with the `sending` of the next: half as many commits for a storm.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from oculus.core.alert import Delivery
from oculus.core.errors import OculusError
from oculus.notify.sending.context import Context
from oculus.notify.sending.queue import order

log = logging.getLogger(__name__)

AGAIN_S = 1.0  # the database could not do it: ask again


class Outbox:
    """Belongs to the sender's thread. `stopping` ends the wait for a database that cannot be written."""

    def __init__(self, channel: str, context: Context, stopping: threading.Event) -> None:
        self._channel = channel
        self._context = context
        self._stopping = stopping
        self._sent: list[Delivery] = []

    def note_sent(self, deliveries: Sequence[Delivery]) -> None:
        """To be saved with whatever is saved next; call `save` when that is not at once."""
        self._sent += deliveries

    def complete(self) -> bool:
        return not self._sent

    def save(self, deliveries: Sequence[Delivery] = ()) -> bool:
        """Wait until these are in the table. False when the end of the program comes first."""
        rows = [*self._sent, *deliveries]
        if rows and not self._write(rows):
            return False
        over = [row for row in rows if row.state.final]
        self._sent.clear()
        self.count(over)
        for delivery in over:
            self._context.told.settle(delivery)
        return True

    def count(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self._context.counters.add(f"deliveries.{self._channel}.{delivery.state}")

    def unfinished(self) -> list[Delivery] | None:
        """What is not over in the table; None when it cannot be read."""
        if not self.save():
            return None
        try:
            rows = self._context.reload()
        except OculusError as error:
            log.warning("%s: what waits in the database cannot be read: %s", self._channel, error)
            return None
        return sorted((row for row in rows if row.channel == self._channel), key=order)

    def _write(self, rows: Sequence[Delivery]) -> bool:
        told = ""
        while True:
            try:
                self._context.save(rows)
            except OculusError as error:
                if str(error) != told:
                    log.warning("%s: nothing is sent meanwhile: %s", self._channel, error)
                told = str(error)
            else:
                return True
            if self._stopping.wait(AGAIN_S):
                return False
