"""The last noise report: how often each rule fired in a week, and what would have kept it quiet."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from oculus.core.clock import to_iso
from oculus.runtime import Oculus
from oculus.web.site import Site


class NoiseAnswer(Struct, frozen=True):
    """`ts` is null, and the rest empty, until there is a first report: a week after the start.

    A rule has `count`, `seconds`, `short` (firings under two minutes), and the `for` and `clear` that
    would have removed four of five of these; empty when nothing would.
    """

    ts: str | None
    message: str
    rules: list[dict[str, Any]]


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the report on `app`."""

    @app.get("/api/noise")
    def noise() -> NoiseAnswer:
        """The report of the last week; a new one is made every seven days."""
        last = oculus.reader.report("noise")
        if last is None:
            return NoiseAnswer(None, "", [])
        return NoiseAnswer(to_iso(last.ts_ms), last.message, last.payload["rules"])
