"""How a WebSocket gets in: by the same checks as every request, and Origin besides."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, ClassVar

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from oculus.core.errors import OculusError
from oculus.settings.schema import ServerSettings
from oculus.web.access.guard import Guard, Request, foreign, unauthorized
from oculus.web.answers import Answer, Send, refuse
from oculus.web.errors import HttpError, as_http, not_found
from oculus.web.serving.incoming import Receive, Scope, read_request
from oculus.web.stream.client import Client
from oculus.web.stream.hub import Stream, understand

PATH = "/api/stream"
LOOK_AGAIN_S = 2.0  # `oculus token --rotate` is another process: nobody says that the token was renewed
NOT_ALLOWED = 4401  # the close code for that
PIECES = 64 * 1024


class WebSocketEndpoint:
    """Answers WebSocket requests. Made on the event loop. `server` gives the settings as they are now."""

    def __init__(self, stream: Stream, guard: Guard, server: Callable[[], ServerSettings]) -> None:
        self._stream = stream
        self._guard = guard
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._doubt = asyncio.Event()
        guard.sessions.on_end = self._look_again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = self._check(scope)
            client = self._stream.join()
        except OculusError as error:
            await turn_away(refuse(as_http(error), PATH), receive, send)
            return
        try:
            await receive()  # websocket.connect
            await send({"type": "websocket.accept"})
            await self._serve(client, request, receive, send)
        finally:
            self._stream.part(client)

    def _check(self, scope: Scope) -> Request:
        """Raises HttpError as for any request; 403 when a page of another site asks."""
        request = read_request({**scope, "method": "GET"})
        if foreign(request):
            # Browsers let any site open a WebSocket anywhere, and send the cookie along.
            raise HttpError(403, "Another site may not listen here", "Use Oculus' own pages, or its API.")
        self._guard.check(request, self._server())
        if scope["path"] != PATH:
            raise not_found(f"There is no WebSocket at {scope['path']}", f"The stream is at {PATH}.")
        if not self._guard.knows(request):
            raise unauthorized(request)  # paths that need no token are no reason to have a WebSocket
        return request

    async def _serve(self, client: Client, request: Request, receive: Receive, send: Send) -> None:
        """Until the client goes, we stop, or its token is no longer good."""
        parts = [
            asyncio.ensure_future(part)
            for part in (hear(client, receive), tell(client, send), self._watch(request, send))
        ]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            with contextlib.suppress(ClientDisconnected):
                for ended in await asyncio.gather(*parts, return_exceptions=True):
                    if isinstance(ended, Exception):
                        raise ended

    async def _watch(self, request: Request, send: Send) -> None:
        while self._guard.knows(request):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._doubt.wait(), LOOK_AGAIN_S)
        await send({"type": "websocket.close", "code": NOT_ALLOWED, "reason": "No longer signed in"})

    def _look_again(self) -> None:
        """Somebody signed out. Any thread may call."""
        with contextlib.suppress(RuntimeError):  # the loop has just ended
            self._loop.call_soon_threadsafe(self._raise_doubt)

    def _raise_doubt(self) -> None:
        self._doubt.set()  # wakes all who wait now; who comes later has looked
        self._doubt.clear()


async def hear(client: Client, receive: Receive) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        said: str | bytes | None = message.get("text")
        understand(client, said if said is not None else message.get("bytes") or b"")


async def tell(client: Client, send: Send) -> None:
    while True:
        await send({"type": "websocket.send", "text": await client.take()})


async def turn_away(answer: Answer, receive: Receive, send: Send) -> None:
    """Refuse before there is a WebSocket, in the shape of every other refusal."""
    await receive()
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.fields()]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})


class PatientSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, that does not wait for ever for a reader who has gone silent."""

    farewell_s: ClassVar[float] = 5.0

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # close() waits until all that was written is read, which a silent reader never does.
        self.loop.call_later(self.farewell_s, self.transport.abort)

    def shutdown(self) -> None:
        with contextlib.suppress(InvalidState):  # the other end closes in the same moment
            super().shutdown()
        self.transport.close()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=PIECES)
