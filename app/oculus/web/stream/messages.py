"""What goes over /api/stream, as text: each thing is written once, however many read it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from oculus.core.alert import News
from oculus.core.clock import to_iso
from oculus.core.event import Event
from oculus.core.metric import Metric
from oculus.web.api import alerts as api_alerts
from oculus.web.api.metrics import metric_answer
from oculus.web.errors import HttpError


class Subscription(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client wants. `symbols` are globs; without them it gets every number.

    With `changed` it gets no numbers, only word that some came.
    """

    symbols: list[str] | None = None
    changed: bool = False
    alerts: bool = False
    events: bool = False


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """The one thing a client can say."""

    subscribe: Subscription


EVERYTHING = Subscription(symbols=None, alerts=True, events=True)
CHANGED = '{"type":"changed"}'


class Numbers:
    """A batch of metrics."""

    def __init__(self, batch: Sequence[Metric]) -> None:
        self._batch = batch

    @cached_property
    def written(self) -> list[tuple[str, bytes]]:
        """Each number's symbol and text."""
        return [(metric.symbol, msgspec.json.encode(metric_answer(metric))) for metric in self._batch]

    @cached_property
    def whole(self) -> str:
        return numbers_text([text for _, text in self.written])

    def __len__(self) -> int:
        return len(self._batch)


def numbers_text(written: Sequence[bytes]) -> str:
    return (b'{"type":"metrics","metrics":[' + b",".join(written) + b"]}").decode()


def news_text(news: News) -> str:
    """The alert as /api/alerts gives it, and what happened to it."""
    alert = msgspec.to_builtins(api_alerts.answer(news.alert, ()))
    return text({"type": "alert", "news": news.kind, "held": news.held, "alert": alert})


def event_text(event: Event) -> str:
    found = msgspec.structs.asdict(event)
    return text({"type": "event", "event": {"ts": to_iso(found.pop("ts_ms")), **found}})


def lag_text(dropped: int) -> str:
    return text({"type": "lag", "dropped": dropped})


def error_text(error: HttpError) -> str:
    return text({"type": "error", "error": {"code": error.code, "message": error.what, "hint": error.hint}})


def text(what: dict[str, Any]) -> str:
    return msgspec.json.encode(what).decode()
