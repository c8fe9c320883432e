"""Reading a request: its head at once, its body only when it may come, and never without end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from oculus.web.access.guard import Request
from oculus.web.errors import HttpError, bad_request

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

LARGEST_BODY = 256 * 1024
DRAINED = 16 * LARGEST_BODY  # read and thrown away, so that the refusal can still be heard
BODY_S = 10.0  # for a whole body to arrive
CLOSE = {"Connection": "close"}


def read_request(scope: Scope) -> Request:
    """Raises HttpError when the query string is not ASCII, which no browser sends."""
    if not scope["query_string"].isascii():
        raise bad_request("The address holds characters that must be written as %XX")
    return Request(
        scope["method"],
        scope["path"],
        join_headers(scope["headers"]),
        (scope.get("client") or ("", 0))[0],
        (scope.get("server") or ("", 0))[0],
    )


def join_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        between = "; " if name == "cookie" else ", "
        joined[name] = f"{joined[name]}{between}{value}" if name in joined else value
    return joined


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when the client has gone. Raises HttpError 413 or 408."""
    try:
        async with asyncio.timeout(BODY_S):
            body, size = await take(receive)
    except TimeoutError as error:
        raise HttpError(
            408, "The request did not arrive in time", f"Send it within {BODY_S:.0f} s.", headers=CLOSE
        ) from error
    if size > LARGEST_BODY:
        raise HttpError(413, "The request is too large", f"At most {LARGEST_BODY // 1024} kB.", headers=CLOSE)
    return body


async def take(receive: Receive) -> tuple[bytes | None, int]:
    """The body, as far as it may be kept, and how large it is, as far as it was read."""
    body, size, more = bytearray(), 0, True
    while more and size <= DRAINED:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None, 0
        piece = message.get("body", b"")
        size += len(piece)
        if size <= LARGEST_BODY:
            body += piece
        more = message.get("more_body", False)
    return bytes(body), size
