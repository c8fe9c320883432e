"""The way from the event loop to Bottle and back: a pool of workers, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from bottle import Bottle

from oculus.core.durations import spoken
from oculus.web.answers import Answer
from oculus.web.errors import HttpError
from oculus.web.incoming import Message, Receive, Scope
from oculus.web.pool import Pool, PoolFull
from oculus.web.site import DOWNLOAD


class Lane:
    """The application on a pool of its own. `limit_s`: for any answer."""

    def __init__(self, app: Bottle, pool: Pool, limit_s: float) -> None:
        self.pool = pool
        self._limit_s = limit_s
        self._bridge = cast(Any, WSGIMiddleware(app))
        # Its own pool would make the program wait for stuck requests at its end.
        self._bridge.executor = pool

    async def run(self, scope: Scope, body: bytes) -> Answer:
        """Raises HttpError when there is no room, or no answer in time."""
        collected = Collected()
        try:
            async with asyncio.timeout(self._limit_s):
                await self._bridge(scope, whole(body), collected.take)
        except PoolFull as error:
            raise HttpError(
                429,
                "Oculus is answering as many requests as it can",
                "Try again in a moment.",
                headers={"Retry-After": "1"},
            ) from error
        except TimeoutError as error:
            raise HttpError(
                503, f"There was no answer within {spoken(self._limit_s)}", "The log may say why."
            ) from error
        return collected.answer(scope)


class Collected:
    """Takes an answer from the bridge piece by piece, so that the worker never waits for the reader."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._pieces: list[bytes] = []

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._pieces.append(message.get("body", b""))

    def answer(self, scope: Scope) -> Answer:
        file = scope.get(DOWNLOAD)
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self._start["headers"]
            if not (file and name == b"content-length")
        ]
        return Answer(self._start["status"], b"".join(self._pieces), "", headers, file)


def whole(body: bytes) -> Receive:
    """A `receive` that has everything at once."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
