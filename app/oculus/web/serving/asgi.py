"""The front door. Everything a request could use to hold us up is dealt with here, on the event loop.

Access is checked before the body is read, the body is read before a worker is taken, and the worker is
free again before the answer goes out: neither a slow sender nor a slow reader ever occupies one.
The health answers come from here too, so they come while every worker is busy.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from oculus.core.errors import OculusError
from oculus.settings.schema import ServerSettings
from oculus.web.access.guard import Guard
from oculus.web.answers import Answer, Send, refuse
from oculus.web.errors import HttpError, as_http, unexpected
from oculus.web.serving.incoming import Receive, Scope, read_body, read_request
from oculus.web.serving.lanes import App, Lane
from oculus.web.serving.pool import Pool

log = logging.getLogger(__name__)

FILES = ("/api/backup", "/api/export")
SLOW = ("/api/", "/partials/backtest", "/partials/noise", "/partials/run/", "/partials/test/")  # POSTs
SLOW_S = 100  # two settings of a rule over the past may take 45 s each
PUSHES = "/in/"  # numbers never wait for pages


class Health(Protocol):
    """Answers on the event loop, without a worker."""

    async def answer(self, path: str) -> Answer | None: ...


class WebSockets(Protocol):
    """Answers WebSocket requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class Front:
    """The ASGI application. `server` gives the settings as they are now.

    `app` and `websockets` are asked for when the first request needs them, so that whatever shows pages is
    not loaded on a machine that nobody looks at.
    """

    def __init__(
        self,
        app: Callable[[], App],
        guard: Guard,
        health: Health,
        websockets: Callable[[], WebSockets],
        server: Callable[[], ServerSettings],
    ) -> None:
        self._guard = guard
        self._websockets = websockets
        self._health = health
        self._server = server
        # What takes seconds has workers of its own, so sixteen questions at once do not stop the pages.
        self.pages = Lane(app, Pool("web-page", workers=8, waiting=200), limit_s=30)
        self.slow = Lane(app, Pool("web-slow", workers=16, waiting=0), limit_s=SLOW_S)
        self.files = Lane(app, Pool("web-file", workers=2, waiting=0), limit_s=600)
        self.pushes = Lane(app, Pool("web-push", workers=2, waiting=200), limit_s=30)

    def close(self) -> None:
        for lane in (self.pages, self.slow, self.files, self.pushes):
            lane.pool.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websockets()(scope, receive, send)
            return
        answer = await self._answer(scope, receive)
        if answer is not None:
            log.debug("%s %s: %s", scope["method"], scope["path"], answer.status)
            await answer.send(send, receive)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer | None:
        """None when the client has gone."""
        path = scope["path"]
        try:
            self._guard.check(read_request(scope), self._server())
            if (health := await self._health.answer(path)) is not None:
                return health
            body = await read_body(receive)
            return None if body is None else await self._lane(scope).run(scope, body)
        except asyncio.CancelledError:
            return refuse(HttpError(503, "Oculus is stopping", "Try again when it runs."), path)
        except OculusError as error:
            return refuse(as_http(error), path)
        except Exception as error:  # whatever it is, the caller gets the shape of every other error
            return refuse(unexpected(f"{scope['method']} {path}", error), path)

    def _lane(self, scope: Scope) -> Lane:
        path = scope["path"]
        if path in FILES:
            return self.files
        if path.startswith(PUSHES):
            return self.pushes
        return self.slow if scope["method"] == "POST" and path.startswith(SLOW) else self.pages
