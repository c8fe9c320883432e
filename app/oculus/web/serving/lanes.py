"""The way from the event loop to Bottle and back: a pool of workers, and nobody waits for ever.

a2wsgi says the request in WSGI's words. Its own bridge is not used: it hands over an answer piece by piece
as the reader takes it, so a slow reader would hold a worker, and a stopping server would leave one behind.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from typing import Any, cast

from a2wsgi.wsgi import build_environ

from oculus.core.durations import spoken
from oculus.web.answers import DOWNLOAD, Answer
from oculus.web.errors import HttpError
from oculus.web.serving.incoming import Scope
from oculus.web.serving.pool import Pool, PoolFull

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]  # as WSGI has it
FRAMING = (b"transfer-encoding", b"content-length")


class Lane:
    """The application that `app` gives, on a pool of its own. `limit_s`: for any answer."""

    def __init__(self, app: Callable[[], App], pool: Pool, limit_s: float) -> None:
        self.pool = pool
        self._app = app
        self._limit_s = limit_s

    async def run(self, scope: Scope, body: bytes) -> Answer:
        """Raises HttpError when there is no room, or no answer in time."""
        loop = asyncio.get_running_loop()
        try:
            working = loop.run_in_executor(self.pool, ask, self._app, environ_of(scope, body))
            return await asyncio.wait_for(working, self._limit_s)
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


def environ_of(scope: Scope, body: bytes) -> Environ:
    """The request for Bottle. The body is whole by now, however it came: Bottle must not look for chunks."""
    kept = [(name, value) for name, value in scope["headers"] if name not in FRAMING]
    whole = {**scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]}
    environ = cast(Environ, build_environ(cast(Any, whole), cast(Any, None)))
    environ["wsgi.input"] = io.BytesIO(body)
    return environ


def ask(app: Callable[[], App], environ: Environ) -> Answer:
    """Call the application and gather its whole answer. Runs on a worker."""
    status, headers = "", []

    def start(given: str, fields: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
        nonlocal status, headers
        status, headers = given, fields
        return pieces.append

    pieces: list[bytes] = []
    found = app()(environ, start)
    try:
        pieces.extend(found)
    finally:
        getattr(found, "close", lambda: None)()
    file = environ.get(DOWNLOAD)
    if file:
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return Answer(int(status.partition(" ")[0]), b"".join(pieces), "", headers, file)
