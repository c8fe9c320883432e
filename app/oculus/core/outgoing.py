"""What every HTTP client of ours needs: deadlines, and failures in words.

The time-outs of requests count from byte to byte: a server that sends one every few seconds would hold a
thread for ever. Cutting the socket is what ends that. An address may hold a secret and the library's own
errors quote it, so people are only ever shown scheme and host.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.parse import urlsplit

from oculus.core.clock import to_ms

log = logging.getLogger(__name__)

UNSHOWN = "its address"
IDLE_S = 30.0  # without any, their thread ends after this


class Due:
    """One deadline. `passed` tells whether it was reached before `cancel`."""

    def __init__(self, end: Callable[[], None]) -> None:
        self.passed = False
        self.over = False
        self._end = end

    def cancel(self) -> None:
        self.over = True

    def reach(self) -> None:
        if not self.over:
            self.passed = True
            self._end()


class Deadlines:
    """Calls `end` of every deadline that is reached; one thread for all, there only while needed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._wake = threading.Condition()
        self._heap: list[tuple[float, int, Due]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def within(self, seconds: float, end: Callable[[], None]) -> Due:
        """Call `end` after `seconds` unless what is returned is cancelled before."""
        due = Due(end)
        with self._wake:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._numbers), due))
            if self._thread is None:
                thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                thread.start()
                self._thread = thread  # not before: where the system has no more threads, the next call tries
            self._wake.notify()
        return due

    def _run(self) -> None:
        while (due := self._next()) is not None:
            try:
                due.reach()
            except Exception as error:  # all other deadlines hang on this thread
                log.warning("%s: what is too late could not be ended", self._name, exc_info=error)

    def _next(self) -> Due | None:
        """The next deadline once it is reached; None when there has been none for a while."""
        idle_until = time.monotonic() + IDLE_S
        with self._wake:
            while True:
                while self._heap and self._heap[0][2].over:
                    heapq.heappop(self._heap)
                now = time.monotonic()
                if self._heap and self._heap[0][0] <= now:
                    return heapq.heappop(self._heap)[2]
                if not self._heap and now >= idle_until:
                    self._thread = None
                    return None
                self._wake.wait((self._heap[0][0] if self._heap else idle_until) - now)


def hang_up(sock: socket.socket) -> None:
    """Whoever reads from it or writes to it gets an error now. Any thread may call this."""
    with contextlib.suppress(OSError):  # it has ended by itself
        # Not sock.shutdown: that of a TLS socket takes the TLS off first, and whoever writes at that
        # moment would send the rest, which may be a secret, for all to read.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def why(error: BaseException) -> str:
    """What went wrong, without the address: "refuses connections"."""
    for cause in causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"shows a certificate that is not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return "cannot be spoken to over TLS"
        if isinstance(cause, socket.gaierror):
            return "cannot be found: no such host, or this machine is offline"
        if isinstance(cause, ConnectionRefusedError):
            return "refuses connections"
    if type(error).__name__ == "ProxyError":  # of requests, which is not loaded for a name
        return "cannot be reached through the proxy"
    return "closed the connection without an answer" if closed(error) else "cannot be reached"


def closed(error: BaseException) -> bool:
    """Whether the connection stood and then ended."""
    return any(
        isinstance(cause, HTTPException | ConnectionResetError | BrokenPipeError) for cause in causes(error)
    )


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it."""
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def retry_after_s(text: str, now_ms: int) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date; None when it is neither."""
    with contextlib.suppress(ValueError, OverflowError):
        seconds = float(text)
        return max(0.0, seconds) if seconds < float("inf") else None
    with contextlib.suppress(ValueError, OverflowError, TypeError, IndexError):  # whatever a server makes up
        return max(0.0, (to_ms(parsedate_to_datetime(text)) - now_ms) / 1000)
    return None


def origin(url: str) -> str:
    """All that may be shown of an address: https://host:port, without user, path and query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    except ValueError:
        return UNSHOWN
    return f"{parts.scheme}://{host}{port}" if parts.scheme in ("http", "https") and host else UNSHOWN


def same_host(url: str, target: str) -> bool:
    """Whether a redirect stays where the question was meant to go; http may become https."""
    here, there = origin(url), origin(target)
    return there != UNSHOWN and there in (here, here.replace("http://", "https://"))
