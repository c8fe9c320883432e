"""What becomes of a standing while nobody watches. Pure, as the evaluator is."""

from __future__ import annotations

from msgspec.structs import replace

from oculus.core.gap import Gap
from oculus.rules.life.standing import Standing


def freeze(standing: Standing, now_ms: int) -> Standing:
    """From now until the next reading nothing is known, and no clock runs."""
    return standing if standing.frozen_ms is not None else replace(standing, frozen_ms=now_ms)


def away(standing: Standing, ms: int) -> Standing:
    """Nobody was there to judge for `ms`: that counts neither towards `for` nor towards `recover_for`."""
    return replace(standing, seen_ms=standing.seen_ms + ms)


def skip(standing: Standing, gap: Gap) -> Standing:
    """Nobody watched: every clock stands from then until the next reading, which has seen nothing of it."""
    if gap.to_ms is None:
        return freeze(standing, gap.from_ms)
    if gap.back:
        return freeze(set_back(standing, gap.from_ms), gap.from_ms)
    told_ms = standing.no_data_told_ms
    return replace(
        freeze(standing, gap.from_ms),
        seen_ms=max(standing.seen_ms, gap.to_ms),
        # Frozen as it is anyway, nothing else keeps this clock from running.
        no_data_told_ms=None if told_ms is None else told_ms + max(0, gap.to_ms - max(gap.from_ms, told_ms)),
    )


def set_back(standing: Standing, now_ms: int) -> Standing:
    """Nothing can have happened later than now."""
    return replace(
        standing,
        since_ms=min(standing.since_ms, now_ms),
        seen_ms=min(standing.seen_ms, now_ms),
        reminded_ms=min(standing.reminded_ms, now_ms),
        told_ms=None if standing.told_ms is None else min(standing.told_ms, now_ms),
        freed_ms=None if standing.freed_ms is None else min(standing.freed_ms, now_ms),
        frozen_ms=None if standing.frozen_ms is None else min(standing.frozen_ms, now_ms),
        no_data_told_ms=None if standing.no_data_told_ms is None else min(standing.no_data_told_ms, now_ms),
    )
