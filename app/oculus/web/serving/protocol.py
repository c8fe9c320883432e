"""HTTP/1.1 with time limits: uvicorn alone lets a client take for ever to send a head or read an answer."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from oculus.web.answers import JSON, Answer
from oculus.web.errors import HttpError, bad_request, envelope

MOST_CONNECTIONS = 512


class PatientProtocol(H11Protocol):
    """Cuts off whoever is slower than `patience_s`, and whoever comes when there are too many."""

    patience_s: ClassVar[float] = 10.0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._turn_away()
            return
        self._expect_progress()

    def connection_lost(self, exc: Exception | None) -> None:
        self._progress()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # Between two requests nothing is owed, so uvicorn's keep-alive timer runs. From the first byte
        # of a request the whole head must come in one go of patience, however it trickles.
        before = self.cycle
        if self._timer is None and (before is None or before.response_complete):
            self._expect_progress()
        super().data_received(data)
        if self.cycle is not before and self.cycle is not None:
            self._progress()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._progress()  # from here on another protocol looks after it
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_progress()

    def resume_writing(self) -> None:
        self._progress()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        # close() waits until the last answer is read, which a silent client never does.
        self.loop.call_later(self.patience_s, self.transport.abort)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words
        """Also for requests that are no HTTP at all the answer has the shape of every other error."""
        self._progress()
        error = bad_request(
            "This is not a request Oculus can read", "Send HTTP/1.1 with headers under 16 kB."
        )
        answer = Answer(400, envelope(error), JSON, [("Connection", "close")])
        self.transport.write(answer.raw())
        self.transport.close()
        self.loop.call_later(self.patience_s, self.transport.abort)

    def _turn_away(self) -> None:
        what = f"{MOST_CONNECTIONS} connections are as many as Oculus serves at once"
        error = HttpError(503, what, "Ask again in a few seconds, or close some pages.")
        headers = [("Connection", "close"), ("Retry-After", "5")]
        self.transport.write(Answer(503, envelope(error), JSON, headers).raw())
        self.transport.close()

    def _expect_progress(self) -> None:
        self._progress()
        self._timer = self.loop.call_later(self.patience_s, self.transport.abort)

    def _progress(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
