"""Threads for work that waits on the world: as many as are needed, never more than allowed.

Threads are daemons, start on demand and end when idle. There are two lanes. A task begins in the quick
one, which is narrow, so that many that begin together do not quarrel for the processor. Whoever is not back
soon only waits for somebody else: it moves over to the slow lane, which is wide, since a thread that waits
costs some 35 kB and nothing more. So hosts that never answer keep nobody waiting.

On a busy machine everybody is late, and more threads would make it worse. How long a thread takes to wake up
says how busy it is: so many times longer a run may take before it counts as one that waits.

A task that is stuck past its limit is told of once, and keeps its place until it comes back.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
from collections import deque
from collections.abc import Callable

from oculus.core.clock import Clock, SystemClock

log = logging.getLogger(__name__)

IDLE_S = 40.0  # an idle thread ends after this long: whoever asks every 30 s needs it again
BRIEF_S = 0.1  # who takes longer waits, rather than works
TURNS = 20  # of the processor that a run needs at most, to be as brief on a busy machine


class Task:
    """One piece of work, how long it may take once it has begun, and whom to tell when it takes longer.

    `slow` says that it is known to wait long: it begins in the slow lane, or not at all while that is full.
    """

    __slots__ = ("begun", "handed", "limit_s", "slow", "too_long", "work")

    def __init__(
        self, work: Callable[[], None], limit_s: float, too_long: Callable[[], None], slow: bool = False
    ) -> None:
        self.work = work
        self.limit_s = limit_s
        self.too_long = too_long
        self.slow = slow
        self.handed: float | None = None  # monotonic; None unless its thread had to be woken for it
        self.begun: float | None = None  # monotonic; None while it waits for a thread

    def older_than(self, seconds: float, now: float) -> bool:
        return self.begun is not None and now - self.begun > seconds


class PoolThread:
    """One thread of the pool and the queue through which it gets its next task."""

    __slots__ = ("box", "task")

    def __init__(self, task: Task) -> None:
        self.box: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self.task = task


class Lane:
    """Tasks under way, `most` at once, and those that stand in line."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.busy: set[PoolThread] = set()
        self.line: deque[Task] = deque()

    def full(self) -> bool:
        return len(self.busy) >= self.most

    def next(self) -> Task | None:
        """Take the next task that may begin out of the line."""
        return self.line.popleft() if self.line and not self.full() else None


class Pool:
    """Runs tasks on at most `quick` threads that work and `slow` threads that wait."""

    def __init__(
        self, name: str, quick: int, slow: int, clock: Clock | None = None, idle_s: float = IDLE_S
    ) -> None:
        self.name = name
        self._quick, self._slow = self._lanes = Lane(quick), Lane(slow)
        self._clock = clock or SystemClock()
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._quiet = threading.Condition(self._lock)
        self._idle: list[PoolThread] = []  # a stack: the last to rest works first, so the rest can end
        self._born = 0
        self._closed = False
        self._short = False  # of threads; it is told once
        self._wake_s = 0.0  # how long a thread takes to wake up, of late
        self.threads = 0

    def submit(self, task: Task) -> None:
        """Hand over. Never waits: where its lane is full the task stands in line."""
        with self._lock:
            if self._closed:
                return
            self._lane(task).line.append(task)
            if self._quick.full():
                self._let_wait(self._clock.monotonic())
            self._deal()

    def give_up(self, now: float) -> list[Task]:
        """The tasks that have run past their limit, each once. To be called again and again."""
        with self._lock:
            self._let_wait(now)
            self._deal()
            late = [thread.task for lane in self._lanes for thread in lane.busy
                    if thread.task.older_than(thread.task.limit_s, now)]  # fmt: skip
            for task in late:
                task.limit_s = math.inf
            return late

    def close(self, patience_s: float = 0.0) -> bool:
        """Take nothing more, forget what waits, and let the threads end as they come back.

        Waits up to `patience_s` for tasks under way. True if all came back; the rest are daemons.
        """
        with self._lock:
            self._closed = True
            for lane in self._lanes:
                lane.line.clear()
            for thread in self._idle:
                thread.box.put(None)
            self._idle.clear()
            return self._quiet.wait_for(lambda: not any(lane.busy for lane in self._lanes), patience_s)

    def brief_s(self) -> float:
        """Up to how long a run works, rather than waits."""
        return max(BRIEF_S, TURNS * self._wake_s)

    def busy(self) -> int:
        with self._lock:
            return sum(len(lane.busy) for lane in self._lanes)

    # All of these need the lock

    def _lane(self, task: Task) -> Lane:
        return self._slow if task.slow else self._quick

    def _let_wait(self, now: float) -> None:
        """Move those over that have turned out to wait, as far as there is room."""
        brief_s = self.brief_s()
        for thread in [thread for thread in self._quick.busy if thread.task.older_than(brief_s, now)]:
            if self._slow.full():
                return
            thread.task.slow = True
            self._quick.busy.remove(thread)
            self._slow.busy.add(thread)

    def _deal(self) -> None:
        """Let everybody begin who may."""
        while task := self._choose():
            task.handed = self._clock.monotonic()
            if self._idle:
                thread = self._idle.pop()
                self._begin(thread, task)
                thread.box.put(task)
            elif not self._hire(task):
                self._lane(task).line.appendleft(task)
                return

    def _choose(self) -> Task | None:
        return self._quick.next() or self._slow.next()

    def _begin(self, thread: PoolThread, task: Task) -> None:
        thread.task = task
        self._lane(task).busy.add(thread)

    def _hire(self, task: Task) -> bool:
        """Give the task a new thread. False when the system has none."""
        thread = PoolThread(task)
        name = f"{self.name}-{self._born}"
        try:
            threading.Thread(target=self._serve, args=[thread], name=name, daemon=True).start()
        except RuntimeError as error:
            if not self._short:
                log.warning("%s: %s; %d threads go on", self.name, error, self.threads)
            self._short = True
            return False
        self._short = False
        self._born += 1
        self.threads += 1
        self._begin(thread, task)
        return True

    # On the pool's threads

    def _serve(self, thread: PoolThread) -> None:
        task: Task | None = thread.task
        while task is not None:
            task.begun = self._clock.monotonic()
            if task.handed is not None:
                self._wake_s += (task.begun - task.handed - self._wake_s) / 8
            try:
                task.work()
            except Exception:  # work reports its own failures; whatever is left must not cost a thread
                log.exception("%s: a task failed", self.name)
            task = self._next(thread)

    def _next(self, thread: PoolThread) -> Task | None:
        """The thread's next task, after a rest if there is none. None: the thread ends."""
        with self._lock:
            self._lane(thread.task).busy.discard(thread)
            if self._closed:
                self.threads -= 1
                self._quiet.notify_all()
                return None
            if chosen := self._choose():
                self._begin(thread, chosen)
                return chosen
            self._idle.append(thread)
        return self._rest(thread)

    def _rest(self, thread: PoolThread) -> Task | None:
        try:
            task = thread.box.get(timeout=self._idle_s)
        except queue.Empty:
            with self._lock:
                if thread in self._idle:
                    self._idle.remove(thread)
                    self.threads -= 1
                    return None
            task = thread.box.get()  # it was given a task at the last moment
        if task is None:
            with self._lock:
                self.threads -= 1
        return task
