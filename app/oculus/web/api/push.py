"""Push: numbers that others send here. Each push collector has a secret of its own instead of the token."""

from __future__ import annotations

from bottle import request
from msgspec import Struct

from oculus.collectors.custom.push import PushRefused
from oculus.runtime import Oculus
from oculus.storage.writing.writer import QUEUE_LIMIT
from oculus.web.errors import HttpError
from oculus.web.site import Site

STATUS = {"bad": 400, "unknown": 401, "off": 409}
MOST_WAITING = QUEUE_LIMIT // 2  # rows; what is accepted must find room behind them


class PushAnswer(Struct, frozen=True):
    """How many numbers were taken, and as what they are kept."""

    accepted: int
    symbols: list[str]


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the way in on `app`."""

    @app.post("/in/<name:path>", any_body=True)
    def push(name: str) -> PushAnswer:
        """A number, {"value": 1}, {"key": 1, ...} or a list of those, each with a `ts` if wanted."""
        check_room(oculus)
        try:
            metrics = oculus.scheduler.receive(name, secret(), request.body.read())
        except PushRefused as error:
            raise HttpError(STATUS[error.why], error.what, error.hint) from error
        return PushAnswer(len(metrics), sorted({metric.symbol for metric in metrics}))


def check_room(oculus: Oculus) -> None:
    """Raises HttpError 503 while numbers come faster than they are written: none is accepted to be lost."""
    if oculus.writer.queue_length() > MOST_WAITING:
        raise HttpError(
            503,
            "Too many numbers wait to be written",
            "Send this again in a moment.",
            headers={"Retry-After": "1"},
        )


def secret() -> str:
    """What the caller shows: as Bearer, else as ?secret=."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    return str(bearer.strip() if scheme.lower() == "bearer" else request.query.getunicode("secret", ""))
