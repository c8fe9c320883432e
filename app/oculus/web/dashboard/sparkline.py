"""The small line under a number: SVG path data, no styles, so that the pages' policy can stay strict.

Time runs from the first point to the last; where nothing was answered, there is a gap and not a zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter
from statistics import median
from typing import NamedTuple

WIDTH, HEIGHT = 480, 100  # whole units: fine enough for a card, and short to write
TOP, BOTTOM = 10, 90  # the line stays clear of the edges
OUTSIDE = 4  # an edge this far beyond the box is not seen
COLUMNS = 64  # more points than twice this are thinned, keeping each column's lowest and highest
FLATTEST = 0.002  # of the value: below this a wobble is drawn as a flat line
NOTHING_AT_ALL = 1e-300  # below it a division by the spread has no end
GAP_STEPS = 3.5  # a silence this many times the usual step is a gap

Point = tuple[int, float]
Span = tuple[int, int]


class Spark(NamedTuple):
    """Path data in a box of 480 by 100. An empty area means that the line itself can be filled."""

    line: str = ""
    area: str = ""
    gaps: str = ""


NOTHING = Spark()


def spark(points: Sequence[Point], down: Sequence[Span] = (), until_ms: int = 0) -> Spark:
    """Draw `points`, oldest first; `down`: spans without an answer; `until_ms`: the right edge, if later."""
    begin = min([ts for ts, _ in points[:1]] + [span[0] for span in down], default=0)
    end = max([ts for ts, _ in points[-1:]] + [span[1] for span in down] + [until_ms])
    if end <= begin:
        return NOTHING
    kept, holes = thin(points), merged([*down, *silences(points)])
    scale = Scale(begin, end, [value for _, value in kept])
    lines = [scale.run(run) for run in split(kept, holes)]
    gaps = "".join(scale.block(span) for span in holes)
    if len(lines) == 1 and not holes:
        # Half as long as a line and an area: its sides and its floor lie outside the box.
        return Spark(around(lines[0]), gaps=gaps)
    return Spark("".join(f"M{line}" for line in lines), "".join(map(area, lines)), gaps)


class Scale:
    """From moments and values to places in the box."""

    def __init__(self, begin: int, end: int, values: Sequence[float]) -> None:
        self.begin = begin
        self.x_step = WIDTH / (end - begin)
        low, high = (min(values), max(values)) if values else (0.0, 0.0)
        spread = max(high - low, abs(high) * FLATTEST)
        spread = spread if spread > NOTHING_AT_ALL else 1.0
        self.middle = (low + high) / 2
        self.y_step = (BOTTOM - TOP) / spread

    def run(self, points: Sequence[Point]) -> str:
        """The places of an unbroken run. A lone point becomes a short dash, else nothing would be seen."""
        begin, x_step, y_step = self.begin, self.x_step, self.y_step
        # The difference first: large values that lie close together lose it after a multiplication.
        level, middle = (TOP + BOTTOM) / 2, self.middle
        places = " ".join(
            f"{(ts - begin) * x_step:.0f} {level + (middle - value) * y_step:.0f}" for ts, value in points
        )
        return places if len(points) > 1 else f"{places}h2"

    def block(self, span: Span) -> str:
        left, right = ((max(ts, self.begin) - self.begin) * self.x_step for ts in span)
        return f"M{left:.0f} 0H{right:.0f}V{HEIGHT}H{left:.0f}Z"


def around(line: str) -> str:
    """A line over the whole width, led round the outside of the box."""
    first, last = line.split(" ", 2)[1], line.rpartition(" ")[2]
    return f"M{-OUTSIDE} {HEIGHT + OUTSIDE}V{first}L{line}L{WIDTH + OUTSIDE} {last}V{HEIGHT + OUTSIDE}"


def area(line: str) -> str:
    """What lies below a line that is part of the width."""
    if line.endswith("h2"):
        return ""
    first, last = line.partition(" ")[0], line.rsplit(" ", 2)[1]
    return f"M{first} {HEIGHT}L{line} {last} {HEIGHT}Z"


def silences(points: Sequence[Point]) -> list[Span]:
    """Spans in which points should have come, by the usual step between them, and did not."""
    stride = max(1, len(points) // COLUMNS)
    times = [ts for ts, _ in points[::stride]]
    steps = [after - before for before, after in pairwise(times)]
    if len(steps) < 4:
        return []
    longest = median(steps) * GAP_STEPS
    found = [i * stride for i, step in enumerate(steps) if step > longest > 0]
    return [widest(points[i : i + stride + 1]) for i in found]


def widest(points: Sequence[Point]) -> Span:
    """The longest step between two neighbours."""
    return max(
        ((before[0], after[0]) for before, after in pairwise(points)), key=lambda span: span[1] - span[0]
    )


def merged(spans: Sequence[Span]) -> list[Span]:
    """The same time as spans that do not touch, in order."""
    apart: list[Span] = []
    for span in sorted(spans):
        if apart and span[0] <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], span[1]))
        else:
            apart.append(span)
    return apart


def within(spans: Sequence[Span], begin: int, end: int) -> list[Span]:
    """What lies between two moments of each span."""
    return [(max(first, begin), min(last, end)) for first, last in spans if first < end and last > begin]


def split(points: Sequence[Point], holes: Sequence[Span]) -> list[Sequence[Point]]:
    """The runs of points between holes. The point at a hole's beginning ends the run before it."""
    edges = [0, *(bisect_right(points, span[0], key=itemgetter(0)) for span in holes), len(points)]
    return [points[left:right] for left, right in pairwise(edges) if right > left]


def thin(points: Sequence[Point]) -> Sequence[Point]:
    """At most two points a column, its lowest and its highest, and the last of all. Peaks are never lost."""
    if len(points) <= 2 * COLUMNS:
        return points
    values = [value for _, value in points]
    kept: set[int] = {0, len(points) - 1}
    for column in range(COLUMNS):
        first = column * len(values) // COLUMNS
        chunk = values[first : (column + 1) * len(values) // COLUMNS]
        kept.add(first + chunk.index(min(chunk)))
        kept.add(first + chunk.index(max(chunk)))
    return [points[i] for i in sorted(kept)]
