"""Questions to Polymarket over HTTP, within the time that one run has."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from oculus.collectors.prediction.gamma import Market, read_events, read_markets
from oculus.collectors.sources.registry import Sources
from oculus.collectors.sources.reply import Question
from oculus.core.errors import BadAnswer

GAMMA, CLOB = "polymarket_gamma", "polymarket_clob"
LEAST_LEFT_S = 0.1


class Rest:
    """Every question may raise SourceError."""

    def __init__(self) -> None:
        self._sources: Sources | None = None
        self._ends = 0.0

    def begin(self, sources: Sources, seconds: float) -> None:
        """A run begins that may ask for so long."""
        self._sources = sources
        self._ends = time.monotonic() + seconds

    def out_of_time(self) -> bool:
        return time.monotonic() >= self._ends

    def market(self, slug: str) -> list[Market]:
        """The market of that name, also when it is closed; nothing when there is none."""
        return self._named(slug, {}) or self._named(slug, {"closed": "true"})

    def event(self, slug: str) -> list[Market]:
        """The markets of the event of that name."""
        return self._read(partial(read_events, slug=slug), "/events", {"slug": slug})

    def _named(self, slug: str, more: dict[str, str]) -> list[Market]:
        """Whoever does not know what `slug` is for would answer with any markets."""
        found = self._read(read_markets, "/markets", {"slug": slug, **more})
        return [market for market in found if market.slug.lower() == slug.lower()]

    def midpoint(self, token: str) -> object:
        """Whatever is answered; it may hold `mid`."""
        return self._ask("/midpoint", {"token_id": token}, CLOB)

    def _read(
        self, reader: Callable[[object], list[Market]], path: str, params: dict[str, str]
    ) -> list[Market]:
        answer = self._ask(path, params, GAMMA)
        try:
            return reader(answer)
        except BadAnswer as error:
            if self._sources:
                self._sources.get(GAMMA).complain(error)
            raise

    def _ask(self, path: str, params: dict[str, str], name: str) -> object:
        assert self._sources is not None
        client = self._sources.get(name)
        left_s = max(LEAST_LEFT_S, self._ends - time.monotonic())
        question = Question(path=path, params=params, whole=True)
        return client.ask(question, left_s).json(client.provider.title)
