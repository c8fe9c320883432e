import pytest

from oculus.core.moments import parse_moment

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15m", NOW - 900_000),
        ("2026-01-31", 1_769_817_600_000),
        ("2026-01-31T08:00:00Z", 1_769_846_400_000),
        ("2026-01-31T08:00:00+02:00", 1_769_839_200_000),
    ],
)
def test_a_moment_is_a_date_a_time_or_how_long_ago(text, moment):
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "15 parsecs", "9999-99-99T"])
def test_what_is_no_moment_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="write 15m, 7d"):
        parse_moment(text, NOW)
