import pytest
from hypothesis import given
from hypothesis import strategies as st

from oculus.core.durations import UNITS, Duration, doubled, parse_duration, short, spoken


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5), ("45s", 45), ("2m", 120), ("1h", 3600), ("7d", 604800), ("2w", 1209600),
        ("2y", 63072000), ("1.5h", 5400), (" 30 s ", 30), ("0s", 0),
    ],
)  # fmt: skip
def test_lengths_of_time_are_read_as_people_write_them(text, seconds):
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "5 minutes", "-5s", "5s5s", "1e3s", "5M", "NaNs", "5s\n5s"])
def test_anything_else_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="is not a length of time; write 500ms, 30s"):
        parse_duration(text)


def test_a_length_beyond_a_century_is_refused_rather_than_overflowing():
    with pytest.raises(ValueError, match="longer than 100 years"):
        parse_duration("9" * 300 + "y")


@given(st.integers(0, 5000), st.sampled_from(sorted(UNITS)))
def test_what_is_printed_can_be_read_back(amount, unit):
    duration = parse_duration(f"{amount % 90}{unit}")
    assert parse_duration(str(duration)) == duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.25, "250ms"), (1.5, "1.5s"), (90, "90s"), (120, "2m"), (3600, "1h"), (172800, "2d"),
     (1_000_001, "1000001s"), (1_080_000.5, "1080000.5s")],
)  # fmt: skip
def test_a_length_is_printed_in_the_one_unit_that_says_it_whole(seconds, text):
    assert short(seconds) == str(Duration(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (0.4, "0 s"), (41, "41 s"), (60, "1 m"), (359, "5 m"), (3600, "1 h"), (7500, "2 h 5 m"),
     (86400, "1 d"), (273600, "3 d 4 h")],
)  # fmt: skip
def test_in_a_sentence_a_length_has_two_units_at_most(seconds, text):
    assert spoken(seconds) == text


def test_a_duration_tells_its_milliseconds():
    assert parse_duration("1.5s").ms == 1500


def test_waits_double_up_to_the_longest_however_long_something_fails():
    assert [doubled(0.1, 5.0, failures) for failures in (1, 2, 3, 7, 5000, 10**9)] == [
        0.1, 0.2, 0.4, 5.0, 5.0, 5.0,
    ]  # fmt: skip
