"""How long the chart in a message takes, beside the PNG of an empty picture of its size.

Aim   under 30 ms each, dark and light
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from io import BytesIO
from statistics import median

from PIL import Image

from oculus.notify.chart.draw import HEIGHT, WIDTH, draw
from oculus.notify.chart.plot import Plot
from serving import Row

ROUNDS = 40
POINTS = 400  # as many as a message shows at most
STEP_MS = 27_000


def main() -> list[Row]:
    empty = took_ms(blank)
    rows: list[Row] = [("an empty PNG of 800 x 300", f"{empty:.1f} ms", "1.0", "")]
    for theme in ("dark", "light"):
        drawn = took_ms(lambda theme=theme: draw(example(), theme))  # type: ignore[misc]
        size = len(draw(example(), theme)) / 1000
        rows.append(
            (f"chart, {theme}, {size:.0f} kB", f"{drawn:.1f} ms", f"{drawn / empty:.1f} x", "under 30 ms")
        )
    return rows


def took_ms(work: Callable[[], object]) -> float:
    """Of the processor, so that what else runs here does not count."""
    times = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        times.append((time.process_time() - begun) * 1000)
    return median(times)


def blank() -> None:
    Image.new("RGB", (WIDTH, HEIGHT), "#11161d").save(BytesIO(), "PNG", compress_level=6)


def example() -> Plot:
    chance = random.Random(7)
    points = [
        (
            number * STEP_MS,
            120 + 30 * math.sin(number / 40) + chance.gauss(0, 12) + (180 if number > 320 else 0),
        )
        for number in range(POINTS)
    ]
    end_ms = points[-1][0]
    return Plot("net.http.api", "ms", points, end_ms, 250.0, 325 * STEP_MS, 330 * STEP_MS, 390 * STEP_MS)


if __name__ == "__main__":
    for row in main():
        print(*row, sep="   ")
