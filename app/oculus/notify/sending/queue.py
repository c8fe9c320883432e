"""What waits for one channel, in memory. The table of deliveries is the truth; this is its front.

News of one alert stays in order: its end never overtakes its beginning, however often that one fails.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice, takewhile

from oculus.core.alert import Delivery


class DeliveryQueue:
    """Deliveries by when they are due, in monotonic seconds. Not locked: its schedule does that."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._alerts: dict[int, deque[Delivery]] = {}  # of each alert, in order; only the first may go
        self._firsts: list[tuple[float, int, int]] = []  # due, delivery, alert: a heap of the first of each
        self._due: dict[int, float] = {}  # of every delivery that is here
        self._left_behind = False  # some found no room and wait in the table
        self._fetching = False

    def __len__(self) -> int:
        return len(self._due)

    def put(self, delivery: Delivery, due: float) -> bool:
        """Line up. False when it must wait in the table; one that is here already stays where it is."""
        # Once one was left behind all later ones are, or an end would overtake its beginning.
        if self._left_behind or self._fetching or not self._take_in(delivery, due):
            self._left_behind = True
        return not self._left_behind

    def wants_more(self) -> bool:
        """Whether half of it is free again for what was left behind."""
        return self._left_behind and len(self) <= self._limit // 2

    def begin_fetch(self) -> None:
        """The table is read now: whatever is put from here on may be missing in the answer."""
        self._left_behind, self._fetching = False, True

    def end_fetch(self, found: Sequence[tuple[Delivery, float]] | None) -> None:
        """Line up what was found, with when it is due; None when the table could not be read."""
        self._fetching = False
        if found is None or not all(self._take_in(delivery, due) for delivery, due in found):
            self._left_behind = True

    def _take_in(self, delivery: Delivery, due: float) -> bool:
        if delivery.id in self._due:
            return True
        if len(self) >= self._limit:
            return False
        self._due[delivery.id] = due
        behind = self._alerts.setdefault(delivery.news.alert.id, deque())
        behind.append(delivery)
        if len(behind) == 1:
            self._show(delivery)
        elif delivery.news.due_ms < behind[0].news.due_ms:  # the quiet hours do not count for this one
            self.hasten(lambda each: due if each.news.alert.id == delivery.news.alert.id else math.inf)
        return True

    def next_due(self) -> float | None:
        """When the first is due; None when nothing waits."""
        return self._firsts[0][0] if self._firsts else None

    def take(self, now: float, most: int, tried: bool = False) -> list[Delivery]:
        """What is due, `most` at most. It stays counted until given back.

        With `tried`, what was tried before is due whenever its next try was to be.
        """
        if tried:
            self.hasten(lambda delivery: now if delivery.attempts else math.inf)
        group: list[Delivery] = []
        while self._firsts and self._firsts[0][0] <= now and len(group) < most:
            behind = self._alerts[heapq.heappop(self._firsts)[2]]
            # What has a time of its own, such as an end in muted hours, keeps it.
            due = takewhile(lambda each: self._due[each.id] <= now, behind)
            group += islice(due, most - len(group))
        return sorted(group, key=order)

    def give_back(self, group: Sequence[Delivery], due: Callable[[Delivery], float]) -> None:
        """After `take`: what is over leaves, the rest is due again. The next of its alert may go."""
        for delivery in group:
            if delivery.state.final:
                del self._due[delivery.id]
                self._alerts[delivery.news.alert.id].remove(delivery)
            else:
                self._due[delivery.id] = due(delivery)
        for alert in {delivery.news.alert.id for delivery in group}:
            if self._alerts[alert]:
                self._show(self._alerts[alert][0])
            else:
                del self._alerts[alert]

    def sooner(self, seconds: float) -> None:
        """All of it is due so much earlier: its clock stood still that long."""
        self._due = {delivery: due - seconds for delivery, due in self._due.items()}
        self._firsts = [(due - seconds, delivery, alert) for due, delivery, alert in self._firsts]

    def hasten(self, due: Callable[[Delivery], float]) -> None:
        """Whatever may go sooner than was thought does."""
        for behind in self._alerts.values():
            for delivery in behind:
                self._due[delivery.id] = min(self._due[delivery.id], due(delivery))
        self._firsts = [(self._due[delivery], delivery, alert) for _, delivery, alert in self._firsts]
        heapq.heapify(self._firsts)

    def _show(self, delivery: Delivery) -> None:
        heapq.heappush(self._firsts, (self._due[delivery.id], delivery.id, delivery.news.alert.id))


def order(delivery: Delivery) -> int:
    """Ids grow with time."""
    return delivery.id
