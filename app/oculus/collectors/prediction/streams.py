"""As many streams as its tokens need, for one collector."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from oculus.collectors.prediction.quotes import Quotes
from oculus.collectors.prediction.stream import MOST_TOKENS, Pace, Stream

DOWN_S = 60.0  # a stream that is away for longer is worth telling


class Streams:
    """Used by the collector's thread; `close` by any."""

    def __init__(self, quotes: Quotes) -> None:
        self._quotes = quotes
        self._closed = False
        self._starting = threading.Lock()  # or one that starts while all are ended would run for ever
        self.running: list[Stream] = []

    def listen(self, address: str, tokens: Sequence[str], pace: Pace) -> None:
        """Listen to these tokens from now on, and to no others."""
        self._quotes.keep(tokens)
        parts = [tokens[start : start + MOST_TOKENS] for start in range(0, len(tokens), MOST_TOKENS)]
        for stream in self.running[len(parts) :]:
            stream.watch(())  # or at its end it would forget what another has heard of them by then
            stream.stop(0)
        del self.running[len(parts) :]
        for stream, part in zip(self.running, parts, strict=False):
            stream.watch(part)
        for part in parts[len(self.running) :]:
            self._begin(Stream(address, part, self._quotes, pace))

    def renew(self, token: str) -> None:
        """Make the connection anew on which this token should be heard."""
        for stream in self.running:
            if token in stream.tokens:
                stream.renew()

    def down(self) -> str:
        """Why a stream has been away for long; "" when none has."""
        now = time.monotonic()
        away = [each.trouble for each in self.running if each.trouble and now - each.since >= DOWN_S]
        return away[0] if away else ""

    def close(self) -> None:
        with self._starting:
            self._closed = True
            running = list(self.running)
        for stream in running:
            stream.stop(0)

    def _begin(self, stream: Stream) -> None:
        with self._starting:
            if not self._closed:
                self.running.append(stream)
                stream.start()
