"""A chart as a PNG of 800 x 300: the series, its threshold, when the trouble began, fired and ended.

Lines are drawn at twice the size and made smaller, which smooths them; text is drawn at its own size. No font
file is needed: Pillow brings one along, for Latin letters only, which is what symbols and units are made of.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from statistics import median

from PIL import Image, ImageDraw, ImageFont

from oculus.notify.chart.colours import PALETTES, Palette, Theme
from oculus.notify.chart.plot import Plot
from oculus.notify.chart.scale import label, moments, spread, ticks
from oculus.notify.render.news import amount

WIDTH, HEIGHT = 800, 300
LEFT, TOP, RIGHT, BOTTOM = 76, 56, 784, 262  # of the plot itself
TWICE = 2
HEADLINE = 31  # where the letters stand
HEAD, AXIS, NOTE = 23, 17, 16  # sizes of text: a phone shows the chart at less than half
STATES = (-0.12, 1.12)  # the ends of the axis of a state: 0 and 1 with some air
GAP = 4  # of the usual distance between points: no line goes across
XY = tuple[float, float]


def draw(plot: Plot, theme: Theme = "dark", severity: str = "critical") -> bytes:
    """The PNG. Takes about 15 ms."""
    canvas = Canvas(plot, PALETTES[theme], PALETTES[theme].states[severity])
    picture = canvas.lines().reduce(TWICE)
    canvas.words(picture)
    kept = BytesIO()
    picture.save(kept, "PNG", compress_level=6)
    return kept.getvalue()


class Canvas:
    """One chart while it is drawn."""

    def __init__(self, plot: Plot, palette: Palette, alarm: str) -> None:
        self.plot = plot
        self.palette = palette
        self.alarm = alarm
        limits = [plot.threshold] if plot.threshold is not None else []
        values = [value for _, value in plot.points] + limits
        self.low, self.high = STATES if plot.words else spread(values)
        self.begin_ms = plot.points[0][0]
        self.ticks = [0.0, 1.0] if plot.words else ticks(self.low, self.high)

    def x(self, ms: int) -> float:
        share = (ms - self.begin_ms) / max(1, self.plot.until_ms - self.begin_ms)
        return LEFT + min(1.0, max(0.0, share)) * (RIGHT - LEFT)

    def y(self, value: float) -> float:
        return BOTTOM - (value - self.low) / (self.high - self.low) * (BOTTOM - TOP)

    # What is smoothed

    def lines(self) -> Image.Image:
        picture = Image.new("RGB", (WIDTH * TWICE, HEIGHT * TWICE), self.palette.ground)
        pen = ImageDraw.Draw(picture)
        for tick in self.ticks:
            pen.line(doubled([(LEFT, self.y(tick)), (RIGHT, self.y(tick))]), self.palette.grid, TWICE)
        pieces = [[(self.x(ms), self.y(value)) for ms, value in piece] for piece in unbroken(self.plot)]
        for piece in pieces:
            self._fill(pen, piece)
        self._trouble(picture)
        self._threshold(pen)
        for piece in pieces:
            pen.line(doubled(piece), self.palette.line, 2 * TWICE, joint="curve")
            if len(piece) == 1:
                disc(pen, piece[0], 2, self.palette.line)
        self._marks(pen)
        return picture

    def _fill(self, pen: ImageDraw.ImageDraw, piece: list[XY]) -> None:
        if len(piece) > 1:
            area = [(piece[0][0], BOTTOM), *piece, (piece[-1][0], BOTTOM)]
            pen.polygon(doubled(area), mixed(self.palette.line, self.palette.ground, 0.12))

    def _trouble(self, picture: Image.Image) -> None:
        """From the first sample of the trouble to its end, a tint over all that lies beneath."""
        end_ms = self.plot.until_ms if self.plot.ended_ms is None else self.plot.ended_ms
        left, right = round(self.x(self.plot.started_ms)), round(self.x(end_ms))
        if right > left:
            box = (left * TWICE, TOP * TWICE, right * TWICE, BOTTOM * TWICE)
            under = picture.crop(box)
            picture.paste(Image.blend(under, Image.new("RGB", under.size, self.alarm), 0.13), box)

    def _threshold(self, pen: ImageDraw.ImageDraw) -> None:
        if self.plot.threshold is None:
            return
        height = self.y(self.plot.threshold)
        for left in range(LEFT, RIGHT, 10):
            pen.line(doubled([(left, height), (min(left + 6, RIGHT), height)]), self.alarm, 3)

    def _marks(self, pen: ImageDraw.ImageDraw) -> None:
        self._mark(pen, self.plot.fired_ms, self.alarm)
        if self.plot.ended_ms is not None:
            self._mark(pen, self.plot.ended_ms, self.palette.states["resolved"])

    def _mark(self, pen: ImageDraw.ImageDraw, ms: int, colour: str) -> None:
        if ms < self.begin_ms:
            return
        across = self.x(ms)
        pen.line(doubled([(across, TOP), (across, BOTTOM)]), colour, 3)
        spot = (across, self.y(value_at(self.plot, ms)))
        disc(pen, spot, 6, self.palette.ground)
        disc(pen, spot, 4.5, colour)

    # What is not

    def words(self, picture: Image.Image) -> None:
        pen = ImageDraw.Draw(picture)
        self._headline(pen)
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else 1.0
        for tick in self.ticks:
            text = self._state(tick) or label(tick, step)
            pen.text((LEFT - 8, self.y(tick)), text, self.palette.second, font(AXIS), "rm")
        for ms, text in moments(self.begin_ms, self.plot.until_ms):
            if LEFT - 1 <= self.x(ms) <= RIGHT - 18:
                pen.text((self.x(ms), BOTTOM + 10), text, self.palette.second, font(AXIS), "mt")
        if self.plot.threshold is not None:
            self._limit(pen, self.plot.threshold)
        self._say(pen, self.plot.fired_ms, "fired", self.alarm)
        if self.plot.ended_ms is not None:
            self._say(pen, self.plot.ended_ms, "over", self.palette.states["resolved"])

    def _headline(self, pen: ImageDraw.ImageDraw) -> None:
        last = self.plot.points[-1][1]
        newest = self._state(last) or amount(last, self.plot.unit)
        room = RIGHT - LEFT - pen.textlength(newest, font(HEAD)) - 24
        title = clipped(pen, self.plot.title, room)
        pen.text((LEFT, HEADLINE), title, self.palette.text, font(HEAD), "ls")
        pen.text((RIGHT, HEADLINE), newest, self.palette.text, font(HEAD), "rs")

    def _state(self, value: float) -> str:
        """The word for it; "" when it is no state, or a mean of states."""
        return self.plot.words[round(value)] if self.plot.words and value in (0, 1) else ""

    def _limit(self, pen: ImageDraw.ImageDraw, threshold: float) -> None:
        """Above its line at the left, where no mark stands; below it when there is no room."""
        height, text = self.y(threshold), f"limit {amount(threshold, self.plot.unit)}"
        above = height - TOP > 26
        left = (
            LEFT + 6
            if self.x(self.plot.fired_ms) > LEFT + 170
            else RIGHT - 6 - pen.textlength(text, font(AXIS))
        )
        place = (left, height - 5 if above else height + 5)
        box = pen.textbbox(place, text, font(AXIS), "lb" if above else "lt")
        pen.rectangle((box[0] - 3, box[1] - 2, box[2] + 3, box[3] + 2), self.palette.ground)
        pen.text(place, text, self.alarm, font(AXIS), "lb" if above else "lt")

    def _say(self, pen: ImageDraw.ImageDraw, ms: int, text: str, colour: str) -> None:
        """A word on top of a mark, on the side where it does not meet the other one."""
        if ms < self.begin_ms:
            return
        across, width = self.x(ms), pen.textlength(text, font(NOTE))
        before = text == "fired"
        fits = across - width - 5 > LEFT if before else across + width + 5 < RIGHT
        left = before if fits else not before
        place, anchor = (across - 5, "rt") if left else (across + 5, "lt")
        box = pen.textbbox((place, TOP + 3), text, font(NOTE), anchor)
        pen.rectangle((box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2), self.palette.ground)
        pen.text((place, TOP + 3), text, colour, font(NOTE), anchor)


def unbroken(plot: Plot) -> list[list[tuple[int, float]]]:
    """The points in runs; where some are missing, a new run begins."""
    points = list(plot.points)
    usual = median(later[0] - earlier[0] for earlier, later in pairwise(points))
    runs = [[points[0]]]
    for earlier, later in pairwise(points):
        if later[0] - earlier[0] > GAP * max(usual, 1):
            runs.append([])
        runs[-1].append(later)
    return runs


def value_at(plot: Plot, ms: int) -> float:
    """The newest value at that moment."""
    times = [at for at, _ in plot.points]
    return plot.points[max(0, bisect_left(times, ms + 1) - 1)][1]


def doubled(points: list[XY]) -> list[XY]:
    return [(x * TWICE, y * TWICE) for x, y in points]


def disc(pen: ImageDraw.ImageDraw, spot: XY, radius: float, colour: str) -> None:
    x, y = spot
    box = doubled([(x - radius, y - radius), (x + radius, y + radius)])
    pen.ellipse(box, colour)


def mixed(colour: str, ground: str, share: float) -> tuple[int, ...]:
    """`share` of `colour` over `ground`."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(ground[1:]), strict=True)
    return tuple(round(over * share + under * (1 - share)) for over, under in pairs)


def clipped(pen: ImageDraw.ImageDraw, text: str, room: float) -> str:
    """Without its middle where it is too long: both ends of a symbol tell something."""
    kept = len(text)
    shown = text
    while pen.textlength(shown, font(HEAD)) > room and kept > 8:
        kept -= 2
        shown = f"{text[: kept // 2]}...{text[-(kept - kept // 2) :]}"
    return shown


@lru_cache(maxsize=8)
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
