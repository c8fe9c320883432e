"""When there was nothing to draw: a probe that was down, and silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from oculus.web.dashboard.cards import downs
from oculus.web.dashboard.sparkline import GAP_STEPS, Span

DOWN, SILENCE = "down", "silence"


class Gap(Struct, frozen=True, rename={"from_": "from"}):
    """From and to in ms since 1970, and why.

    `down` (the probe was not answered), `silence` (nothing came), or why Oculus was not watching: `sleep`,
    `clock`, `stopped`, `offline`.
    """

    from_: int
    to: int
    reason: str


def gaps(
    series: Sequence[Sequence[float]],
    ups: Sequence[Sequence[float]],
    step_ms: int,
    away: Iterable[Gap] = (),
) -> list[Gap]:
    """The gaps of a series of steps, in order; `ups` are those of its `.up`, empty when it has none.

    `away`: when Oculus was not watching. A silence then is no news.
    """
    asleep = list(away)
    down = downs([(round(ms), value) for ms, value, *_ in ups])
    silent = named(silences([round(ms) for ms, *_ in ups or series], step_ms), SILENCE)
    unexplained = [gap for gap in silent if not any(overlap(gap, each, step_ms) for each in asleep)]
    return sorted([*named(down, DOWN), *unexplained, *asleep], key=lambda gap: gap.from_)


def overlap(gap: Gap, other: Gap, step_ms: int) -> bool:
    """Whether two gaps are one and the same, as far as steps can tell."""
    return gap.from_ < other.to + step_ms and other.from_ < gap.to + step_ms


def silences(times: Sequence[int], step_ms: int) -> list[Span]:
    """The spans much longer than the usual step between two times, without the step that had something."""
    spans = [span for span in pairwise(times) if span[1] > span[0]]
    if not spans:
        return []
    longest = max(2 * step_ms, GAP_STEPS * median(end - begin for begin, end in spans))
    return [(begin + step_ms, end) for begin, end in spans if end - begin > longest]


def named(spans: Iterable[Span], reason: str) -> list[Gap]:
    return [Gap(begin, end, reason) for begin, end in spans if end > begin]
