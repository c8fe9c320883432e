"""GET /api/stream: numbers, alerts and events as they are committed, over a WebSocket.

The writer's thread only puts what it committed into a short inbox; the event loop spreads it over the
readers, each with a bounded queue of its own. Nobody ever waits for a reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence

from oculus.core.alert import News
from oculus.core.event import Event
from oculus.core.feed import Feed
from oculus.core.metric import Metric
from oculus.web.api.bodies import read_body
from oculus.web.errors import HttpError
from oculus.web.site import Site
from oculus.web.stream.client import Client
from oculus.web.stream.messages import Numbers, Request, error_text, event_text, news_text

MOST_INBOX = 200  # batches; more than a second of the heaviest writing
MOST_CLIENTS = 400

Item = Numbers | News | Event


class Stream:
    """All readers. Watches the feed while there is at least one."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._clients: set[Client] = set()
        self._inbox: deque[Item] = deque()
        self._missed = 0  # by everybody, because the event loop was too slow
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: Callable[[], None] | None = None

    def join(self) -> Client:
        """A new reader, on the event loop. Raises HttpError 503 when there are too many."""
        if len(self._clients) >= MOST_CLIENTS:
            what = f"{MOST_CLIENTS} readers are as many as Oculus can serve"
            raise HttpError(503, what, "Close one of the others.", headers={"Retry-After": "10"})
        if not self._clients:
            self._loop = asyncio.get_running_loop()
            self._leave = self._feed.watch(self)
        client = Client()
        self._clients.add(client)
        return client

    def part(self, client: Client) -> None:
        self._clients.discard(client)
        if self._leave and not self._clients:
            self._leave()
            self._leave = None

    # What the writer's thread calls.

    def metrics(self, batch: Sequence[Metric]) -> None:
        self._put([Numbers(batch)])

    def news(self, news: Sequence[News]) -> None:
        self._put(news)

    def events(self, events: Sequence[Event]) -> None:
        self._put(events)

    def _put(self, items: Sequence[Item]) -> None:
        with self._lock:
            idle = not (self._inbox or self._missed)
            for item in items:
                if len(self._inbox) < MOST_INBOX:
                    self._inbox.append(item)
                else:
                    self._missed += weight(item)
        if idle and self._loop:
            with contextlib.suppress(RuntimeError):  # the loop has just ended
                self._loop.call_soon_threadsafe(self._spread)

    def _spread(self) -> None:
        with self._lock:
            items, missed = list(self._inbox), self._missed
            self._inbox.clear()
            self._missed = 0
        for client in self._clients if missed else ():
            client.miss(missed)
        for item in items:
            self._tell(item)

    def _tell(self, item: Item) -> None:
        if isinstance(item, Numbers):
            for client in self._clients:
                client.numbers(item)
        elif isinstance(item, News):
            told = news_text(item)
            for client in self._clients:
                client.alert(told)
        else:
            told = event_text(item)
            for client in self._clients:
                client.event(told)


def weight(item: Item) -> int:
    return len(item) if isinstance(item, Numbers) else 1


def understand(client: Client, said: str | bytes) -> None:
    """Do what a client says, or tell it why not."""
    try:
        wish = read_body(Request, said.encode() if isinstance(said, str) else said).subscribe
    except HttpError as error:
        hint = 'Send {"subscribe": {"symbols": ["crypto.*"], "alerts": true, "events": true}}.'
        client.offer(error_text(HttpError(error.status, error.what, hint)))
    else:
        client.subscribe(wish)


def mount(app: Site) -> None:
    """Hang on `app` what is said to those who come without a WebSocket."""

    @app.get("/api/stream", errors=(426,))
    def stream() -> None:
        """Numbers, alerts and events as they come, over a WebSocket.

        The client may send {"subscribe": {"symbols": ["crypto.*"], "alerts": true, "events": true}}.
        It gets {"type": "metrics"|"alert"|"event", ...}, and {"type": "lag", "dropped": n} when it was
        too slow. With "changed": true it gets {"type": "changed"} in the place of numbers.
        """
        raise HttpError(
            426, "This is a stream", "Open it as a WebSocket (ws://).", headers={"Upgrade": "websocket"}
        )
