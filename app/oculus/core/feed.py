"""What is committed, as it comes, for whoever watches: pages and scripts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from oculus.core.alert import News
from oculus.core.event import Event
from oculus.core.metric import Metric


class Watcher(Protocol):
    """Is told on the writer's thread, so it must neither wait nor raise."""

    def metrics(self, batch: Sequence[Metric]) -> None: ...

    def news(self, news: Sequence[News]) -> None: ...

    def events(self, events: Sequence[Event]) -> None: ...


class Feed:
    """Hands on to every watcher. Any thread may come and go."""

    def __init__(self) -> None:
        self._watchers: tuple[Watcher, ...] = ()
        self._lock = threading.Lock()

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Tell `watcher` from now on; call the result to end that."""
        with self._lock:
            self._watchers = (*self._watchers, watcher)
        return lambda: self._leave(watcher)

    def _leave(self, watcher: Watcher) -> None:
        with self._lock:
            self._watchers = tuple(each for each in self._watchers if each is not watcher)

    def metrics(self, batch: Sequence[Metric]) -> None:
        for watcher in self._watchers:
            watcher.metrics(batch)

    def news(self, news: Sequence[News]) -> None:
        for watcher in self._watchers if news else ():
            watcher.news(news)

    def news_after(self, writing: Future[Any], news: Sequence[News]) -> None:
        """Hand on `news` once they are written; what is not written nobody hears of."""

        def done(written: Future[Any]) -> None:
            if not written.exception():
                self.news(news)

        writing.add_done_callback(done)

    def events(self, events: Sequence[Event]) -> None:
        for watcher in self._watchers:
            watcher.events(events)
