"""Threads for work that waits on the world: as many as are needed, never more than allowed.

Threads are daemons, start on demand and end when idle. One that is stuck past its errand's limit is given
up: another takes its place, and it ends by itself if it ever comes back.

Slow errands get three quarters of the threads at most, so that sources that hang by the hundred do not keep
the others waiting; and a quarter of them at least, so that they are asked at all.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable

from oculus.core.clock import Clock, SystemClock

log = logging.getLogger(__name__)

IDLE_S = 15.0  # an idle thread ends after this long


class Errand:
    """One piece of work, how long it may take once it has begun, and whom to tell when it takes longer.

    `slow` says that it took long the last time.
    """

    __slots__ = ("begun", "limit_s", "slow", "too_long", "work")

    def __init__(
        self, work: Callable[[], None], limit_s: float, too_long: Callable[[], None], slow: bool = False
    ) -> None:
        self.work = work
        self.limit_s = limit_s
        self.too_long = too_long
        self.slow = slow
        self.begun: float | None = None  # monotonic; None while it waits for a thread


class Hand:
    """One thread of the pool and the letter box through which it gets its next errand."""

    __slots__ = ("box", "errand", "lost")

    def __init__(self, errand: Errand) -> None:
        self.box: queue.SimpleQueue[Errand | None] = queue.SimpleQueue()
        self.errand = errand
        self.lost = False  # given up: it ends when it comes back


class Pool:
    """Runs errands on at most `most` threads, and remembers at most `most` lost ones beside them."""

    def __init__(self, name: str, most: int, clock: Clock | None = None, idle_s: float = IDLE_S) -> None:
        self.name = name
        self.most = most
        self._clock = clock or SystemClock()
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._quick: deque[Errand] = deque()  # these wait for a thread
        self._slow: deque[Errand] = deque()
        self._slow_now = 0  # under way
        self._idle: list[Hand] = []  # a stack: the last to rest works first, so the rest can end
        self._busy: set[Hand] = set()
        self._born = 0
        self._closed = False
        self.threads = 0  # without the lost
        self.lost = 0

    def submit(self, errand: Errand) -> None:
        """Hand over. Never waits: without a free thread the errand stands in line."""
        with self._lock:
            if self._closed:
                return
            (self._slow if errand.slow else self._quick).append(errand)
            if not self._idle:
                self._grow()
            elif chosen := self._choose():
                hand = self._idle.pop()
                self._begin(hand, chosen)
                hand.box.put(chosen)

    def give_up(self, now: float) -> list[Errand]:
        """The errands that have run past their limit. Their threads are lost and replaced."""
        with self._lock:
            late = [hand for hand in self._busy if overdue(hand.errand, now)]
            for hand in late:
                self._busy.remove(hand)
                if self.lost < self.most:  # beyond that it keeps its place, and the pool is that much smaller
                    hand.lost = True
                    self.lost += 1
                    self._slow_now -= hand.errand.slow
                    self.threads -= 1
                    self._grow()
            return [hand.errand for hand in late]

    def close(self, patience_s: float = 0.0) -> bool:
        """Take nothing more, forget what waits, and let the threads end as they come back.

        Waits up to `patience_s` for errands under way. True if all came back; the rest are daemons.
        """
        with self._lock:
            self._closed = True
            self._quick.clear()
            self._slow.clear()
            for hand in self._idle:
                hand.box.put(None)
            self._idle.clear()
            return self._quiet.wait_for(lambda: not self._busy, patience_s)

    def busy(self) -> int:
        with self._lock:
            return len(self._busy)

    def _choose(self) -> Errand | None:
        """Take the next errand that may begin out of its line. Needs the lock."""
        due = self._slow_now < max(1, self.most // 4)
        if self._slow and (due or (not self._quick and self._slow_now < max(1, self.most * 3 // 4))):
            return self._slow.popleft()
        return self._quick.popleft() if self._quick else None

    def _begin(self, hand: Hand, errand: Errand) -> None:
        hand.errand = errand
        self._busy.add(hand)
        self._slow_now += errand.slow

    def _grow(self) -> None:
        """Give the next errand a new thread, if one more is allowed. Needs the lock."""
        errand = self._choose() if self.threads < self.most else None
        if errand is None:
            return
        hand = Hand(errand)
        thread = threading.Thread(
            target=self._serve, args=[hand], name=f"{self.name}-{self._born}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:  # no more threads from the system: wait for one of ours
            log.warning("%s: %s; %d threads go on", self.name, error, self.threads)
            (self._slow if errand.slow else self._quick).appendleft(errand)
            return
        self._born += 1
        self.threads += 1
        self._begin(hand, errand)

    def _serve(self, hand: Hand) -> None:
        errand: Errand | None = hand.errand
        while errand is not None:
            errand.begun = self._clock.monotonic()
            try:
                errand.work()
            except Exception:  # work reports its own failures; whatever is left must not cost a thread
                log.exception("%s: an errand failed", self.name)
            errand = self._next(hand)

    def _next(self, hand: Hand) -> Errand | None:
        """The hand's next errand, after a rest if there is none. None: the thread ends."""
        with self._lock:
            self._busy.discard(hand)
            if hand.lost:
                self.lost -= 1
                return None
            self._slow_now -= hand.errand.slow
            if self._closed:
                self.threads -= 1
                self._quiet.notify_all()
                return None
            if chosen := self._choose():
                self._begin(hand, chosen)
                return chosen
            self._idle.append(hand)
        return self._rest(hand)

    def _rest(self, hand: Hand) -> Errand | None:
        try:
            errand = hand.box.get(timeout=self._idle_s)
        except queue.Empty:
            with self._lock:
                if hand in self._idle:
                    self._idle.remove(hand)
                    self.threads -= 1
                    return None
            errand = hand.box.get()  # it was given an errand at the last moment
        if errand is None:
            with self._lock:
                self.threads -= 1
        return errand


def overdue(errand: Errand, now: float) -> bool:
    return errand.begun is not None and now - errand.begun > errand.limit_s
