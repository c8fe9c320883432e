"""The stream: one WebSocket to Polymarket, kept alive on a thread of its own.

It sends PING every ten seconds. It is made anew when it drops, when PONG stays away, when nothing but
PONG has come for long, and when somebody has found out that it is frozen.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import socket
import ssl
import threading
import time
from collections.abc import Sequence

from msgspec import Struct
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from oculus.collectors.network.tls import Trust, context
from oculus.collectors.prediction.messages import PONG, read_frame
from oculus.collectors.prediction.quotes import Quotes
from oculus.core.durations import spoken
from oculus.core.errors import SourceError
from oculus.core.worker import Worker

log = logging.getLogger(__name__)

ADDRESS = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
MOST_TOKENS = 200  # on one socket
LARGEST_FRAME = 8 * 2**20  # bytes; the first one may hold the books of all tokens


class Pace(Struct, frozen=True):
    """How patient the stream is. Seconds."""

    ping: float = 10.0
    pong: float = 30.0  # without an answer to PING
    silence: float = 300.0  # without a message
    open: float = 10.0
    look: float = 0.5  # how soon a stop or a change is noticed
    shortest_wait: float = 1.0
    longest_wait: float = 60.0
    settled: float = 60.0  # a connection that lived this long was a good one


class Cut(Exception):
    """This connection is of no more use, in words."""


class Stream(Worker):
    """Keeps `quotes` up to date for its tokens, for as long as it runs."""

    pause_s = 0.0

    def __init__(self, address: str, tokens: Sequence[str], quotes: Quotes, pace: Pace | None = None) -> None:
        super().__init__("polymarket")
        self._address = address or ADDRESS
        self._quotes = quotes
        self._pace = pace or Pace()
        self._anew = threading.Event()  # somebody wants another connection
        self._connection: ClientConnection | None = None
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
        if connection := self._connection:
            with contextlib.suppress(OSError):  # it has ended by itself
                connection.socket.shutdown(socket.SHUT_RDWR)

    def step(self) -> None:
        self._anew.clear()
        begun = time.monotonic()
        try:
            with connect(
                self._address,
                ssl=trust(self._address),
                open_timeout=self._pace.open,
                close_timeout=1,
                ping_interval=None,
                max_size=LARGEST_FRAME,
            ) as self._connection:
                self._listen(self._connection)
        except (Cut, SourceError) as error:
            self._down(str(error))
        except (WebSocketException, OSError) as error:
            self._down(words(error))
        self._connection = None
        self._quotes.forget(self.tokens)
        self._rest(time.monotonic() - begun)

    def _listen(self, connection: ClientConnection) -> None:
        """Until the connection ends one way or another. Raises Cut."""
        wish = {"assets_ids": list(self.tokens), "type": "market", "custom_feature_enabled": True}
        connection.send(json.dumps(wish))
        self.connections += 1
        self.trouble = ""
        heard = ponged = time.monotonic()
        ping_at = heard + self._pace.ping
        while not self.stopping.is_set():
            if self._anew.is_set():
                raise Cut("it is made anew")
            frame = receive(connection, self._pace.look)
            now = time.monotonic()
            if frame == PONG:
                ponged = now
            elif frame is not None and (messages := read_frame(frame)):
                heard = now
                self._quotes.take(messages)
            if now >= ping_at:
                connection.send("PING")
                ping_at = now + self._pace.ping
            if now - ponged > self._pace.pong:
                raise Cut(f"no PONG came for {spoken(now - ponged)}")
            if now - heard > self._pace.silence:
                raise Cut(f"nothing came for {spoken(now - heard)}")

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


def trust(address: str) -> ssl.SSLContext | None:
    """The authorities of this machine, and those that the environment names."""
    if not address.startswith("wss:"):
        return None
    return context(
        Trust(ca_file=os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or "")
    )


def receive(connection: ClientConnection, timeout_s: float) -> str | bytes | None:
    """The next frame, or None when none came in time."""
    try:
        return connection.recv(timeout=timeout_s)
    except TimeoutError:
        return None


def words(error: Exception) -> str:
    """Why a connection failed, for people."""
    if isinstance(error, InvalidStatus):
        return f"it was answered {error.response.status_code}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "it was not answered in time"
    if isinstance(error, ConnectionRefusedError):
        return "it is refused"
    if isinstance(error, WebSocketException):
        return "the connection was closed"
    return "it cannot be reached"
