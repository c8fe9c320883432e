"""How collectors fare, as pages and the API show it. Times are UTC ms."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct, structs

from oculus.collectors.sources.client import SourceStatus


class CollectorState(StrEnum):
    OK = "ok"
    FAILING = "failing"  # what it watches is down, or it cannot ask
    PAUSED = "paused"
    OFF = "off"  # `enabled: false`


class CollectorStatus(Struct, frozen=True, kw_only=True):
    """One collector at this moment."""

    name: str
    type: str
    symbols: list[str]
    state: CollectorState
    interval_s: float
    last_run_ms: int | None
    last_success_ms: int | None  # when all was last well
    last_error: str  # why it is failing; empty when it is not
    failing_since_ms: int | None
    next_run_ms: int | None  # None while paused, off or stuck
    runs: int
    failures: int  # runs without an answer; a host found down is an answer
    missed: int  # slots that went by unused
    stuck: bool  # given up, its thread not yet back
    lateness_p50_ms: float | None  # of the recent starts, behind their slots
    lateness_p99_ms: float | None
    lacking: list[str] = []  # the main symbols that `last_error` is about; empty: all of them
    said: str = ""  # what its source said the last time, in words
    as_of_ms: int | None = None  # the time of its newest number
    source: str = ""  # the provider it asks, if it asks one that others ask too
    calls_used: int | None = None  # of that provider, this month, by all collectors
    calls_left: int | None = None  # of that provider's day or month, where there is a limit
    cool_down_until_ms: int | None = None  # until when the provider is left alone
    cool_down: str = ""  # and why
    others: list[SourceStatus] = []  # the providers that stand in for it, as far as they were asked


def with_sources(status: CollectorStatus, sources: Sequence[SourceStatus]) -> CollectorStatus:
    """The same, with how the providers stand that it asks, the first in line first."""
    if not sources:
        return status
    first, *others = sources
    return structs.replace(
        status,
        source=first.title,
        calls_used=first.calls_used,
        calls_left=first.calls_left,
        cool_down_until_ms=first.cool_down_until_ms,
        cool_down=first.cool_down,
        others=others,
    )


class Freshness(Struct, frozen=True, kw_only=True):
    """When the source of a symbol was last heard from. A host found down has been heard from."""

    answered_ms: int | None
    interval_s: float
    collector: str
