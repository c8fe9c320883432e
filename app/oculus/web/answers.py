"""A whole answer, with the headers that every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from oculus.web.errors import HttpError, envelope, wants_json

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]

JSON = "application/json"
HTML = "text/html; charset=utf-8"
PIECE = 256 * 1024
DOWNLOAD = "oculus.download"  # where the front door finds the file to send, in what WSGI hands on
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ALWAYS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Answer(Struct, frozen=True):
    """What goes back. `headers` come before those that every answer has; `file` follows `body`, then goes."""

    status: int
    body: bytes
    kind: str = JSON
    headers: list[tuple[str, str]] = field(default_factory=list)
    file: Path | None = None

    def fields(self) -> list[tuple[str, str]]:
        """All headers, names in lower case. Data is not kept by caches unless the answer says it may be."""
        given = [(name.lower(), value) for name, value in self.headers]
        named = {name for name, _ in given}
        wanted = {"content-type": self.kind, "cache-control": "no-store", **ALWAYS, **self._length()}
        return given + [(name, value) for name, value in wanted.items() if value and name not in named]

    def _length(self) -> dict[str, str]:
        if self.status == HTTPStatus.NOT_MODIFIED:
            return {}
        size = len(self.body) + (self.file.stat().st_size if self.file else 0)
        return {"content-length": str(size)}

    async def send(self, send: Send, receive: Receive) -> None:
        try:
            headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.fields()]
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            if self.file:
                await send_file(self.file, send, receive)
            await send({"type": "http.response.body", "body": self.body})
        finally:
            if self.file:
                self.file.unlink(missing_ok=True)

    def raw(self) -> bytes:
        """The bytes on the wire, for when there is no request to answer to."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in self.fields()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


async def send_file(path: Path, send: Send, receive: Receive) -> None:
    """Piece by piece, at the reader's pace, until he has gone."""
    gone = asyncio.ensure_future(receive())
    async for piece in pieces(path):
        if gone.done():
            break
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    gone.cancel()


async def pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def refuse(error: HttpError, path: str) -> Answer:
    """`error` for whoever asked for `path`: JSON for a program, a page for a person."""
    headers = list(error.headers.items())
    if wants_json(path):
        return Answer(error.status, envelope(error), JSON, headers)
    from oculus.web.templates import render  # Jinja is for those who look at pages

    status = 303 if "Location" in error.headers else error.status
    page = render("pages/error.html", status=error.status, what=error.what, hint=error.hint)
    return Answer(status, page.encode(), HTML, headers)
