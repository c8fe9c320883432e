"""Gaps: when Oculus itself was not watching."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from oculus.core.clock import to_iso
from oculus.runtime import Oculus
from oculus.web.api.params import moment
from oculus.web.site import Site
from oculus.web.words import iso


class GapsQuery(Struct, frozen=True):
    """`since` and `until` are 15m or ISO 8601."""

    since: str = ""
    until: str = ""
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class GapAnswer(Struct, frozen=True):
    """`to` is null while it lasts. `reason` is sleep, clock, stopped or offline."""

    from_: str = field(name="from")
    to: str | None
    reason: str


class GapsAnswer(Struct, frozen=True):
    gaps: list[GapAnswer]


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the gaps on `app`."""

    @app.get("/api/gaps", query=GapsQuery)
    def gaps(query: GapsQuery) -> GapsAnswer:
        """Those that touch the given time, newest first."""
        now_ms = oculus.clock.now_ms()
        since_ms, until_ms = moment("since", query.since, now_ms), moment("until", query.until, now_ms)
        found = oculus.reader.gaps(since_ms or 0, now_ms if until_ms is None else until_ms, query.limit)
        return GapsAnswer([GapAnswer(to_iso(gap.from_ms), iso(gap.to_ms), gap.reason) for gap in found])
