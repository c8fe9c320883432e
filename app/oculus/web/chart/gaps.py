"""When there was nothing to draw: a probe that was down, and silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from oculus.web.dashboard.sparkline import GAP_STEPS, Span
from oculus.web.dashboard.state import downs

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

    `away`: when Oculus was not watching. A silence then is no news; what is longer than that remains one.
    """
    asleep = sorted(away, key=lambda gap: gap.from_)
    down = downs([(round(ms), value) for ms, value, *_ in ups])
    silent = silences([round(ms) for ms, *_ in ups or series], step_ms)
    unexplained = [part for span in silent for part in outside(span, asleep, 2 * step_ms)]
    found = [*named(down, DOWN), *named(unexplained, SILENCE), *asleep]
    return sorted(found, key=lambda gap: gap.from_)


def outside(span: Span, asleep: Iterable[Gap], least_ms: int) -> list[Span]:
    """The parts of a span that no gap explains; `asleep` in order. Edges of `least_ms` are only steps."""
    begin, end = span
    parts: list[Span] = []
    for gap in asleep:
        if gap.from_ < end and begin < gap.to:
            parts.append((begin, gap.from_))
            begin = max(begin, gap.to)
    if begin == span[0]:
        return [span]
    return [part for part in [*parts, (begin, end)] if part[1] - part[0] > least_ms]


def silences(times: Sequence[int], step_ms: int) -> list[Span]:
    """The spans much longer than the usual step between two times, without the step that had something."""
    spans = [span for span in pairwise(times) if span[1] > span[0]]
    if not spans:
        return []
    longest = max(2 * step_ms, GAP_STEPS * median(end - begin for begin, end in spans))
    return [(begin + step_ms, end) for begin, end in spans if end - begin > longest]


def named(spans: Iterable[Span], reason: str) -> list[Gap]:
    return [Gap(begin, end, reason) for begin, end in spans if end > begin]
