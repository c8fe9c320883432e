"""The line under a number: what it must not hide."""

import re
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from oculus.web.dashboard.sparkline import COLUMNS, HEIGHT, NOTHING, WIDTH, merged, spark, thin

MINUTE = 60_000


def series(*values, step=MINUTE, begin=0):
    return [(begin + i * step, float(value)) for i, value in enumerate(values)]


def places(path):
    """Where a line goes, without the way round the outside of the box."""
    inside = re.sub(r"^M-4 104V\d+L|L484 \d+V104$", "", path)
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.]+) ([\d.]+)", inside)]


def test_time_runs_over_the_whole_width_and_up_is_more():
    found = places(spark(series(1, 3, 2)).line)
    assert [x for x, _ in found] == [0, WIDTH / 2, WIDTH]
    assert found[1][1] < found[2][1] < found[0][1]


def test_nothing_known_draws_nothing():
    assert spark([]) == NOTHING
    assert spark(series(1)) == NOTHING


def test_a_value_that_stands_still_is_a_flat_line_in_the_middle():
    assert {y for _, y in places(spark(series(5, 5, 5, 5)).line)} == {HEIGHT / 2}


def test_a_wobble_of_a_hair_is_not_drawn_as_a_storm():
    heights = [y for _, y in places(spark(series(100, 100.01, 100, 100.01)).line)]
    assert max(heights) - min(heights) <= HEIGHT / 20


def test_a_silence_is_hatched_and_breaks_the_line():
    points = series(1, 2, 1, 2, 1) + series(2, 1, 2, 1, begin=20 * MINUTE)
    found = spark(points)
    assert found.line.count("M") == 2
    assert found.gaps == "M83 0H417V100H83Z"


def test_a_probe_that_is_down_is_hatched_from_its_failure_to_now():
    found = spark(series(1, 2, 1), down=[(3 * MINUTE, 6 * MINUTE)])
    assert found.gaps == "M240 0H480V100H240Z"
    assert max(x for x, _ in places(found.line)) == 160


def test_down_from_the_start_is_all_hatched_and_has_no_line():
    assert spark([], down=[(0, 5 * MINUTE)]) == ("", "", "M0 0H480V100H0Z")


def test_a_lone_answer_between_two_failures_can_still_be_seen():
    found = spark(series(4, begin=3 * MINUTE), down=[(0, 2 * MINUTE), (4 * MINUTE, 6 * MINUTE)])
    assert found.line.endswith("h2")


def test_an_unbroken_line_is_filled_as_it_is_and_a_broken_one_has_an_area_of_its_own():
    assert spark(series(1, 2, 1)).area == ""
    assert (
        spark(series(1, 2, 1), down=[(2 * MINUTE, 4 * MINUTE)]).area == "M0 100L0 90 120 10 240 90 240 100Z"
    )


def test_a_peak_of_one_second_survives_the_thinning_of_a_long_hour():
    values = [10.0] * 3600
    values[1801] = 500.0
    points = series(*values, step=1000)
    kept = thin(points)
    assert len(kept) <= 2 * COLUMNS + 2
    assert (1801 * 1000, 500.0) in kept
    assert kept[-1] == points[-1]


def test_spans_that_touch_are_one_hole():
    assert merged([(5, 9), (0, 3), (2, 5)]) == [(0, 9)]


@given(st.lists(st.tuples(st.integers(1, 10**6), st.floats(-1e12, 1e12)), min_size=2, max_size=400))
@example([(1, 0.0), (1, 5e-324)])
def test_whatever_the_values_the_line_stays_in_its_box(steps):
    points, ts = [], 0
    for step, value in steps:
        ts += step
        points.append((ts, value))
    for x, y in places(spark(points).line):
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


@given(st.lists(st.floats(-1e6, 1e6), min_size=161, max_size=2000))
def test_thinning_keeps_the_order_and_the_extremes(values):
    points = series(*values)
    kept = thin(points)
    assert all(before[0] < after[0] for before, after in pairwise(kept))
    assert {min(values), max(values)} <= {value for _, value in kept}
