"""One reader of the stream: what it wants, what waits for it, and what it missed."""

from __future__ import annotations

import asyncio
from collections import deque

from oculus.web.stream.messages import CHANGED, EVERYTHING, Numbers, Subscription, lag_text, numbers_text

MOST_WAITING = 1_000_000  # characters; a reader that is further behind loses the oldest
MOST_REMEMBERED = 10_000  # symbols of which it is known whether they are wanted


class Client:
    """Lives on the event loop. Offering never waits: who reads slowly misses something and is told."""

    def __init__(self, most: int = 0) -> None:
        self.dropped = 0  # since it was last told
        self._most = most or MOST_WAITING
        self._wish = EVERYTHING
        self._wanted: dict[str, bool] = {}
        self._waiting: deque[tuple[str, int]] = deque()  # a message, and how many things it tells
        self._size = 0
        self._ready = asyncio.Event()

    def subscribe(self, wish: Subscription) -> None:
        """Want this from now on, in place of what was wanted before."""
        self._wish = wish
        self._wanted.clear()

    def numbers(self, numbers: Numbers) -> None:
        if self._wish.changed:
            if (CHANGED, 0) not in self._waiting:  # said once, it holds for all that came meanwhile
                self.offer(CHANGED, 0)
        elif self._wish.symbols is None:
            self.offer(numbers.whole, len(numbers))
        elif picked := [text for symbol, text in numbers.written if self._wants(symbol)]:
            self.offer(numbers_text(picked), len(picked))

    def alert(self, text: str) -> None:
        if self._wish.alerts:
            self.offer(text)

    def event(self, text: str) -> None:
        if self._wish.events:
            self.offer(text)

    def offer(self, text: str, things: int = 1) -> None:
        """Let it wait; the oldest make room."""
        self._waiting.append((text, things))
        self._size += len(text)
        while self._size > self._most:
            gone, lost = self._waiting.popleft()
            self._size -= len(gone)
            self.dropped += lost
        self._ready.set()

    def miss(self, things: int) -> None:
        """Things that never came as far as here."""
        self.dropped += things
        self._ready.set()

    async def take(self) -> str:
        """The next message, once there is one; what was missed is told first."""
        while not (self._waiting or self.dropped):
            self._ready.clear()
            await self._ready.wait()
        if self.dropped:
            told, self.dropped = self.dropped, 0
            return lag_text(told)
        text, _ = self._waiting.popleft()
        self._size -= len(text)
        return text

    def _wants(self, symbol: str) -> bool:
        known = self._wanted.get(symbol)
        if known is None:
            if len(self._wanted) >= MOST_REMEMBERED:
                self._wanted.clear()
            known = any(like(glob, symbol) for glob in self._wish.symbols or ())
            self._wanted[symbol] = known
        return known


def like(glob: str, symbol: str) -> bool:
    """Whether `symbol` is what `glob` means, as in /api/metrics: `*` stands for anything, parts included."""
    first, *rest = glob.split("*")
    if not rest:
        return glob == symbol
    if not symbol.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = symbol.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return symbol.endswith(rest[-1]) and len(symbol) - len(rest[-1]) >= at
