"""Which chart a message gets, and what it looks like as far as a test can see."""

from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from oculus.core.alert import NewsKind
from oculus.core.errors import StorageError
from oculus.notify.chart.colours import PALETTES
from oculus.notify.chart.draw import HEIGHT, WIDTH, Canvas, draw, unbroken
from oculus.notify.chart.picture import BARS, picture, plot, text_line
from oculus.notify.chart.plot import Plot
from oculus.notify.chart.scale import label, moments, spread, ticks
from oculus.notify.facts import Facts

HOUR_MS = 3_600_000
NOON_MS = 1_767_268_800_000  # 2026-01-01 12:00 UTC


def facts_of(points):
    return Facts(series=lambda _symbol, since, until: [each for each in points if since <= each[0] <= until])


def every(seconds, hours, value=lambda number: float(number % 7)):
    count = round(hours * 3600 / seconds)
    return [(NOON_MS - number * seconds * 1000, value(number)) for number in range(count, -1, -1)]


def colours(png):
    image = Image.open(BytesIO(png))
    assert image.size == (WIDTH, HEIGHT) == (800, 300)
    return {colour for _, colour in image.convert("RGB").getcolors(maxcolors=1 << 24)}


def rgb(colour):
    return tuple(bytes.fromhex(colour[1:]))


def drawn(theme="dark", severity="critical", **fields):
    given = {
        "title": "net.ping.a", "unit": "ms", "points": every(30, 3), "until_ms": NOON_MS, "threshold": 5.0,
        "started_ms": NOON_MS - HOUR_MS, "fired_ms": NOON_MS - HOUR_MS, "ended_ms": NOON_MS - HOUR_MS // 2,
    }  # fmt: skip
    return colours(draw(Plot(**given | fields), theme, severity))


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("severity", ["info", "warn", "error", "critical"])
def test_it_shows_ground_line_threshold_and_end_in_the_colours_of_its_theme(theme, severity):
    palette = PALETTES[theme]
    wanted = {palette.ground, palette.line, palette.states[severity], palette.states["resolved"]}
    assert {rgb(colour) for colour in wanted} <= drawn(theme, severity)


def test_without_a_threshold_and_an_end_they_are_not_drawn():
    resolved = rgb(PALETTES["dark"].states["resolved"])
    assert resolved not in drawn(ended_ms=None)


@pytest.mark.parametrize(
    "values",
    [
        lambda number: 5.0,
        lambda number: 0.0,
        lambda number: -1e-9 * number,
        lambda number: 1e300 * (number % 2),
        lambda number: float(number < 100),
    ],
)
def test_any_numbers_can_be_drawn(values):
    assert drawn(points=every(30, 3, values), threshold=None)


@pytest.mark.parametrize("title", ["x" * 300, "", "net.ping.ü→😀"])
def test_any_title_can_be_drawn(title):
    assert drawn(title=title)


def test_two_points_make_a_chart_and_fewer_do_not(news):
    recent = every(3600, 2)
    assert plot(news(), facts_of(recent[-2:]), NOON_MS)
    assert plot(news(), facts_of(recent[-1:]), NOON_MS) is None
    assert plot(news(), facts_of([]), NOON_MS) is None
    assert picture(news(), facts_of([]), NOON_MS, "dark") is None


def test_it_shows_the_last_three_hours_or_as_many_days_as_there_is_something_to_see(news):
    assert span_h(plot(news(), facts_of(every(30, 200)), NOON_MS)) == 3
    assert span_h(plot(news(), facts_of(every(1800, 200)), NOON_MS)) == 24
    assert span_h(plot(news(), facts_of(every(6 * 3600, 2000)), NOON_MS)) == 7 * 24


def test_a_long_trouble_is_shown_from_before_its_beginning(news):
    shown = plot(news(started_ms=NOON_MS - 10 * HOUR_MS), facts_of(every(30, 200)), NOON_MS)
    assert span_h(shown) > 10.5


def test_a_young_series_is_shown_in_small_steps(news):
    young = every(5, 0.005)

    def in_steps(_symbol, since, until):
        step = (until - since) // 400
        return list({ms // step: (ms, value) for ms, value in young if since <= ms <= until}.values())

    assert len(plot(news(), Facts(series=in_steps), NOON_MS).points) == len(young) == 5


def span_h(shown):
    return (shown.until_ms - shown.points[0][0]) / HOUR_MS


def test_a_limit_of_something_else_than_the_series_is_not_drawn_into_it(news):
    prices = facts_of(every(30, 3, lambda number: 100_000.0 + number))
    assert plot(news(value=-6.2, threshold=-5.0), prices, NOON_MS).threshold is None
    assert plot(news(value=100_010.0, threshold=90_000.0), prices, NOON_MS).threshold == 90_000.0


def test_the_chart_of_a_state_says_down_and_up_and_has_no_limit(news):
    states = facts_of(every(30, 3, lambda number: float(number > 40)))
    shown = plot(news(instance="net.tcp.db:5432.up", value=0.0, threshold=0.0), states, NOON_MS)
    assert (shown.words, shown.threshold) == (("down", "up"), None)
    canvas = Canvas(shown, PALETTES["dark"], "#ff0000")
    assert canvas.ticks == [0.0, 1.0]
    assert draw(shown) != draw(replace(shown, words=("no", "yes"))) != draw(replace(shown, words=None))
    share = plot(news(instance="net.tcp.db:5432.up", value=0.97, threshold=0.99), states, NOON_MS)
    assert (share.words, share.threshold) == (("down", "up"), 0.99)
    numbers = facts_of(every(30, 3, lambda number: 100.0))
    assert plot(news(instance="net.tcp.db:5432.up"), numbers, NOON_MS).words is None


def test_numbers_that_cannot_be_read_cost_the_chart_and_not_the_message(news):
    def broken(*_):
        raise StorageError("the disk is gone")

    assert picture(news(), Facts(series=broken), NOON_MS, "dark") is None


def test_a_mistake_while_drawing_costs_the_chart_and_not_the_message(news, monkeypatch, caplog):
    monkeypatch.setattr("oculus.notify.chart.draw.ticks", lambda *_: 1 / 0)
    assert picture(news(NewsKind.FIRED), facts_of(every(30, 3)), NOON_MS, "dark") is None
    assert "cannot be drawn" in caplog.text


def test_the_line_breaks_where_numbers_are_missing():
    points = [(0, 1.0), (1000, 1.0), (2000, 1.0), (60_000, 1.0), (61_000, 1.0)]
    shown = Plot("a", "", points, 61_000, None, 0, 0, None)
    assert [len(piece) for piece in unbroken(shown)] == [3, 2]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0, 430, ["0", "100", "200", "300", "400"]),
        (96_000, 104_000, ["96k", "98k", "100k", "102k", "104k"]),
        (0, 1.08, ["0", "0.25", "0.50", "0.75", "1.00"]),
        (0.611, 0.624, ["0.612", "0.614", "0.616", "0.618", "0.620", "0.622", "0.624"]),
        (-2.0, 2.0, ["-2", "-1", "0", "1", "2"]),
        (0, 2.4e9, ["0", "500M", "1.0G", "1.5G", "2.0G"]),
    ],
)
def test_the_axis_has_round_numbers(low, high, labels):
    marks = ticks(low, high)
    shown = [label(mark, marks[1] - marks[0]) for mark in marks]
    assert len(set(shown)) == len(shown)
    assert shown == labels or len(labels) > 6  # what is tight may have a mark less


@pytest.mark.parametrize("values", [[5.0], [0.0], [-3.0, -3.0], [1e300, -1e300]])
def test_the_axis_has_a_height_whatever_the_numbers(values):
    low, high = spread(values)
    assert low < high
    assert 1 <= len(ticks(low, high)) <= 8


@pytest.mark.parametrize("hours", [0.05, 1, 3, 24, 7 * 24, 365 * 24])
def test_the_times_are_round_and_few(hours):
    shown = moments(NOON_MS - round(hours * HOUR_MS), NOON_MS + 12_345)
    assert 2 <= len(shown) <= 8
    assert all(NOON_MS - hours * HOUR_MS <= ms <= NOON_MS + 12_345 for ms, _ in shown)


def test_where_no_picture_can_go_the_series_is_a_row_of_bars():
    line = text_line([(n * 1000, float(n)) for n in range(100)], width=8)
    assert line == BARS
    assert text_line([(0, 1.0)]) == ""
    assert text_line([(0, 5.0), (1000, 5.0)], width=2) == "▁▁"
    assert text_line([(0, 1.0), (10_000, 2.0)], width=4) == "▁  █"
