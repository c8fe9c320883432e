"""When there was nothing to draw: a probe that was down, and silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from oculus.web.cards import downs
from oculus.web.sparkline import GAP_STEPS, Span

DOWN, SILENCE = "down", "silence"


class Gap(Struct, frozen=True, rename={"from_": "from"}):
    """From and to in ms since 1970, and why: `down` (no answer) or `silence` (nothing was asked)."""

    from_: int
    to: int
    reason: str


def gaps(series: Sequence[Sequence[float]], ups: Sequence[Sequence[float]], step_ms: int) -> list[Gap]:
    """The gaps of a series of steps, in order; `ups` are those of its `.up`, empty when it has none."""
    down = downs([(round(ms), value) for ms, value, *_ in ups])
    found = [*named(down, DOWN), *named(silences([round(ms) for ms, *_ in ups or series], step_ms), SILENCE)]
    return sorted(found, key=lambda gap: gap.from_)


def silences(times: Sequence[int], step_ms: int) -> list[Span]:
    """The spans much longer than the usual step between two times, without the step that had something."""
    spans = [span for span in pairwise(times) if span[1] > span[0]]
    if not spans:
        return []
    longest = max(2 * step_ms, GAP_STEPS * median(end - begin for begin, end in spans))
    return [(begin + step_ms, end) for begin, end in spans if end - begin > longest]


def named(spans: Iterable[Span], reason: str) -> list[Gap]:
    return [Gap(begin, end, reason) for begin, end in spans if end > begin]
