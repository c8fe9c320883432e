"""One question over HTTP, every phase of it timed, redirects followed, nothing without a bound.

The phases follow one another and add up to the whole. Along redirects each phase is the sum over the hops.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, cast

from oculus import __version__
from oculus.collectors.network.connect import connect
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down, from_error
from oculus.collectors.network.resolve import resolve
from oculus.collectors.network.tls import Trust, secure
from oculus.collectors.network.url import Url
from oculus.collectors.network.wire import PIECE, Wire

HOPS = 10  # redirects followed
KEPT = 1 << 20  # bytes of the body that expectations are held against
MOST = 10 << 20  # bytes after which a body is cut off
REDIRECTS = {301, 302, 303, 307, 308}
HARMLESS = {"accept", "accept-language", "user-agent"}  # headers that may follow to another origin
DEFAULTS = {"User-Agent": f"oculus/{__version__}", "Accept": "*/*"}
ALWAYS = {"Accept-Encoding": "identity", "Connection": "close"}


class Request(NamedTuple):
    """What to ask."""

    url: Url
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes = b""
    trust: Trust = Trust()

    def redirected(self, status: int, url: Url) -> Request:
        """The same question at another place, without the secrets if it belongs to somebody else."""
        headers = dict(self.headers)
        if url.origin == self.url.origin:
            url = url._replace(user=url.user or self.url.user)
        else:
            headers = {name: value for name, value in headers.items() if name.lower() in HARMLESS}
        if status == HTTPStatus.SEE_OTHER or (status in (301, 302) and self.method == "POST"):
            method = "HEAD" if self.method == "HEAD" else "GET"
            return self._replace(url=url, headers=headers, method=method, body=b"")
        return self._replace(url=url, headers=headers)


class Reply(NamedTuple):
    """What was answered."""

    status: int
    reason: str
    headers: http.client.HTTPMessage
    body: bytes  # the first KEPT bytes
    size: int  # of the whole body
    tls_days: int | None


class Laps:
    """Milliseconds by phase. Each begins where the one before it ended."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def end(self, phase: str, at: float | None = None) -> None:
        now = time.perf_counter() if at is None else at
        self.ms[phase] = self.ms.get(phase, 0.0) + (now - self._last) * 1000
        self._last = now


def fetch(request: Request, follow: bool, deadline: Deadline, laps: Laps) -> Reply:
    """The last answer, after redirects if they are to be followed.

    Raises Down when there was no whole answer in time; `laps` then has the phases that were completed.
    """
    seen: set[tuple[str, Url]] = set()
    for _ in range(HOPS + 1):
        seen.add((request.method, request.url))
        reply = ask(request, deadline, laps)
        location = reply.headers.get("Location")
        if not follow or reply.status not in REDIRECTS or not location:
            return reply
        request = request.redirected(reply.status, target_of(request.url, location))
        if (request.method, request.url) in seen:
            raise Down(f"redirects in a circle, back to {request.url}")
    raise Down(f"redirects more than {HOPS} times")


def target_of(url: Url, location: str) -> Url:
    try:
        return url.join(location)
    except (ValueError, UnicodeError) as error:
        raise Down("redirects to something that is not a web address") from error


def ask(request: Request, deadline: Deadline, laps: Laps) -> Reply:
    """One hop on a connection of its own."""
    url = request.url
    addresses = resolve(url.host, url.port, deadline)
    laps.end("dns")
    sock, days = connect(addresses, deadline), None
    laps.end("connect")
    try:
        if url.scheme == "https":
            sock, days = secure(sock, url.host, request.trust, addresses, deadline)
            laps.end("tls")
        return talk(request, Wire(sock, deadline), laps, days)
    except http.client.HTTPException as error:
        raise Down(garbled(error)) from error
    except TimeoutError as error:
        raise Down(f"the answer was not complete within {deadline}") from error
    except OSError as error:
        raise from_error(error, deadline) from error
    finally:
        sock.close()


def talk(request: Request, wire: Wire, laps: Laps, days: int | None) -> Reply:
    wire.sendall(head(request) + request.body)
    response = http.client.HTTPResponse(cast(Any, wire), method=request.method)
    try:
        response.begin()
    finally:
        if wire.first_byte_at:
            laps.end("first_byte", wire.first_byte_at)
    body, size = read(response)
    laps.end("transfer")
    return Reply(response.status, response.reason, response.headers, body, size, days)


def head(request: Request) -> bytes:
    """All that is sent before the body. Its parts have been checked where they were written or read."""
    url = request.url
    own = {"Host": url.authority, **DEFAULTS}
    if url.user:
        own["Authorization"] = url.authorization
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        own["Content-Length"] = str(len(request.body))
    given = {name.lower() for name in request.headers}
    headers = {name: value for name, value in own.items() if name.lower() not in given}
    lines = [f"{name}: {value}" for name, value in {**headers, **request.headers, **ALWAYS}.items()]
    return "\r\n".join([f"{request.method} {url.path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


def read(response: http.client.HTTPResponse) -> tuple[bytes, int]:
    """The first KEPT bytes of the body, and how long all of it is. Raises Down when it has no good end."""
    kept, size = bytearray(), 0
    while piece := response.read(PIECE):
        size += len(piece)
        if len(kept) < KEPT:
            kept += piece
        if size > MOST:
            raise Down(f"its body was cut off at {MOST >> 20} MiB")
    if response.length:  # still to come when the connection was closed
        raise Down(f"its body ended {response.length} bytes early")
    return bytes(kept[:KEPT]), size


def garbled(error: http.client.HTTPException) -> str:
    if isinstance(error, http.client.RemoteDisconnected):
        return "closed the connection without an answer"
    if isinstance(error, http.client.LineTooLong):
        return "sent a header line longer than 64 KiB"
    if isinstance(error, http.client.IncompleteRead):
        return "its body ended early"
    if isinstance(error, http.client.BadStatusLine | http.client.UnknownProtocol):
        return "answered with something that is not HTTP"
    return f"answered with broken HTTP: {error}"
