"""How a main symbol stands: up, down, stale, or left behind by a collector that is gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from oculus.collectors.status import CollectorStatus, Freshness
from oculus.core.event import Severity
from oculus.storage.live import Trail
from oculus.web.dashboard.sparkline import Span

STALE_S = 300.0  # nothing is called stale before; slow collectors get three of their intervals
Parts = dict[str, Trail]  # by part; the main symbol's own trail under ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the stages know at one moment."""

    trails: Sequence[Trail]
    collectors: Sequence[CollectorStatus]
    firing: Mapping[str, tuple[Severity, str]]  # by main symbol: the worst severity, the rules' names
    freshness: Callable[[str], Freshness | None]
    now_ms: int
    away: tuple[Span, ...] = ()  # when Oculus was not watching, of late


def state_of(symbol: str, parts: Parts, owner: CollectorStatus | None, facts: Facts) -> str:
    """What a person must know before they read the number."""
    if owner and owner.state == "paused":
        return "paused"
    up = parts.get("up")
    if up and up.points and up.points[-1][1] < 0.5:
        return "down"
    if owner and owner.state == "failing" and (not owner.lacking or symbol in owner.lacking):
        return "failing"
    main = parts.get("")
    if main is None or not main.points:
        return "waiting"
    if main.tags.get("market") == "closed":
        return "closed"  # its number is as new as it can be
    return "stale" if is_stale(main.points[-1][0], facts.freshness(symbol), facts.now_ms) else "ok"


def is_stale(last_ms: int, fresh: Freshness | None, now_ms: int) -> bool:
    """Whether its collector has not been answered for three intervals, and five minutes at least."""
    heard_ms, interval_s = (
        (last_ms, 0.0) if fresh is None else (fresh.answered_ms or last_ms, fresh.interval_s)
    )
    return now_ms - heard_ms > max(3 * interval_s, STALE_S) * 1000


def downs(ups: Sequence[tuple[int, float]]) -> list[Span]:
    """The spans in which a probe was down: from the first failure to the next success, or to the last try."""
    spans: list[Span] = []
    since: int | None = None
    for ts_ms, value in ups:
        if value < 0.5 and since is None:
            since = ts_ms
        elif value >= 0.5 and since is not None:
            spans.append((since, ts_ms))
            since = None
    return [*spans, (since, ups[-1][0])] if since is not None else spans


def down_since(up: Trail, owner: CollectorStatus | None) -> int:
    """When it failed first, of this trouble. The trail may be shorter than that."""
    known = owner.failing_since_ms if owner else None
    return min(known or downs(up.points)[-1][0], downs(up.points)[-1][0])


def abandoned(symbol: str, parts: Parts, facts: Facts) -> bool:
    """Whether nobody writes it any more: its collector was deleted. Its numbers stay in the file, for SQL."""
    newest_ms = max((trail.points[-1][0] for trail in parts.values() if trail.points), default=facts.now_ms)
    heard_of = symbol in facts.firing or facts.freshness(symbol) is not None
    return not heard_of and facts.now_ms - newest_ms > STALE_S * 1000
