"""The stream: one WebSocket to Polymarket, kept alive on a thread of its own.

It sends PING every ten seconds. It is made anew when it drops, when PONG stays away, when nothing but
PONG has come for long, and when somebody has found out that it is frozen.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing

from msgspec import Struct

from oculus.collectors.prediction.line import Line, Lost
from oculus.collectors.prediction.messages import PONG, read_frame
from oculus.collectors.prediction.quotes import Quotes
from oculus.core.durations import spoken
from oculus.core.worker import Worker

log = logging.getLogger(__name__)

ADDRESS = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
MOST_TOKENS = 200  # on one socket


class Pace(Struct, frozen=True):
    """How patient the stream is. Seconds."""

    ping: float = 10.0
    pong: float = 30.0  # without an answer to PING
    silence: float = 300.0  # without a message
    open: float = 10.0
    look: float = 0.5  # how soon a stop or a change is noticed
    gather: float = 0.25  # messages are taken together: nobody wants them before the next row
    shortest_wait: float = 1.0
    longest_wait: float = 60.0
    settled: float = 60.0  # a connection that lived this long was a good one


class Stream(Worker):
    """Keeps `quotes` up to date for its tokens, for as long as it runs."""

    pause_s = 0.0

    def __init__(self, address: str, tokens: Sequence[str], quotes: Quotes, pace: Pace | None = None) -> None:
        super().__init__("polymarket")
        self._address = address or ADDRESS
        self._quotes = quotes
        self._pace = pace or Pace()
        self._anew = threading.Event()  # somebody wants another connection
        self._line: Line | None = None
        self._tries = 0
        self.tokens = tuple(tokens)
        self.trouble = "it has just been started"  # why nothing is to be heard; "" while it is connected
        self.since = time.monotonic()  # when the trouble began
        self.connections = 0

    def watch(self, tokens: Sequence[str]) -> None:
        """Listen to these from now on."""
        if tuple(tokens) != self.tokens:
            self.tokens = tuple(tokens)
            self.renew()

    def renew(self) -> None:
        """Give up this connection and make another."""
        self._anew.set()

    def wake(self) -> None:
        if line := self._line:
            line.cut()

    def step(self) -> None:
        self._anew.clear()
        begun = time.monotonic()
        try:
            with closing(Line(self._address, self._pace.open)) as self._line:
                self._listen(self._line)
        except Lost as error:
            self._down(str(error))
        self._line = None
        self._quotes.forget(self.tokens)
        self._rest(time.monotonic() - begun)

    def _listen(self, line: Line) -> None:
        """Until the connection ends one way or another. Raises Lost."""
        wish = {"assets_ids": list(self.tokens), "type": "market", "custom_feature_enabled": True}
        line.send(json.dumps(wish))
        self.connections += 1
        self.trouble = ""
        heard = ponged = time.monotonic()
        ping_at = heard + self._pace.ping
        while not self.stopping.is_set():
            if self._anew.is_set():
                raise Lost("it is made anew")
            frames = line.receive(self._pace.look, self._gather)
            now = time.monotonic()
            if PONG in frames:
                ponged = now
            if self._take(frames):
                heard = now
            if now >= ping_at:
                line.send("PING")
                ping_at = now + self._pace.ping
            if now - ponged > self._pace.pong:
                raise Lost(f"no PONG came for {spoken(now - ponged)}")
            if now - heard > self._pace.silence:
                raise Lost(f"nothing came for {spoken(now - heard)}")

    def _gather(self) -> None:
        self.stopping.wait(self._pace.gather)

    def _take(self, frames: Sequence[bytes]) -> bool:
        """Whether there was a message among them."""
        messages = [message for frame in frames for message in read_frame(frame)]
        self._quotes.take(messages)
        return bool(messages)

    def _down(self, why: str) -> None:
        if self.stopping.is_set():
            return
        if not self.trouble:
            self.since = time.monotonic()
        if why != self.trouble:
            log.info("polymarket: the stream has ended: %s", why)
        self.trouble = why

    def _rest(self, lived_s: float) -> None:
        """Wait before the next try: twice as long each time, unless the last one was good or is unwanted."""
        self._tries = 0 if lived_s > self._pace.settled or self._anew.is_set() else self._tries + 1
        longest = min(self._pace.shortest_wait * 2.0 ** min(self._tries, 20), self._pace.longest_wait)
        self.stopping.wait(longest * random.uniform(0.5, 1.0))  # noqa: S311 - so that not all come at once
