"""Numbers and times as providers write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.market import seconds
from oculus.collectors.sources.numbers import ms_of_iso, ms_of_ms, ms_of_seconds, number, percent, price


@pytest.mark.parametrize(
    ("given", "value"),
    [(1, 1.0), ("1.5", 1.5), (" 2 ", 2.0), ("1e3", 1000.0), (".48", 0.48), ("-0.5", -0.5), (0, 0.0)],
)
def test_numbers_are_read_from_numbers_and_text(given, value):
    assert number(given) == value


@pytest.mark.parametrize(
    "given", [None, "", "n/a", "N/D", "0.42%", "1,5", "0x10", "1_000", "nan", "inf", True, [], {}, 10**400]
)
def test_whatever_is_no_number_is_none_and_never_0(given):
    assert number(given) is None
    assert price(given) is None


@pytest.mark.parametrize("given", [0, "0", "0.00000000", -1])
def test_a_price_of_nothing_is_no_price(given):
    assert price(given) is None


def test_a_percent_may_carry_its_sign():
    assert percent("0.4207%") == 0.4207
    assert percent(-1.5) == -1.5
    assert percent("%") is None


NOON = seconds("2026-11-25T12:00:00Z") * 1000


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-25T12:00:00Z", "2026-11-25T12:00:00.000000000Z", "2026-11-25T12:00:00+00:00",
        "2026-11-25T13:00:00+01:00", "2026-11-25T12:00:00", "2026-11-25 12:00:00.000",
    ],
)  # fmt: skip
def test_times_are_utc(moment):
    assert ms_of_iso(moment) == NOON


def test_times_of_another_unit_or_from_nowhere_are_none():
    assert ms_of_seconds(NOON // 1000) == ms_of_ms(NOON) == ms_of_seconds(str(NOON // 1000)) == NOON
    assert ms_of_seconds(NOON * 1000) is None
    assert ms_of_ms(NOON / 1000) is None
    assert [ms_of_seconds(0), ms_of_seconds(None), ms_of_iso("yesterday"), ms_of_iso(5)] == [None] * 4
    assert ms_of_iso("0001-01-01T00:00:00Z") is None, "how some say that they have no time"
    assert ms_of_iso("9999-12-31T23:59:59Z") is None


@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists, max_leaves=3)
)
def test_nothing_that_json_can_hold_makes_them_fail(given):
    for read in (number, price, percent, ms_of_seconds, ms_of_ms, ms_of_iso):
        assert read(given) is None or isinstance(read(given), int | float)
    assert json.dumps(number(given), allow_nan=False)
