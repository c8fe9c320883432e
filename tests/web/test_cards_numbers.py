"""Digits by meaning, trends that say what moved, ages in one unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oculus.core import figures
from oculus.core.figures import HOUR_MS, age, figure, significant, trend

USD = {"currency": "usd"}
NOW = 10 * HOUR_MS


@pytest.mark.parametrize(
    ("symbol", "value", "tags", "said"),
    [
        ("net.ping.gw", 11.8412, {}, "11.8 ms"),
        ("net.ping.gw", 182.4, {}, "182 ms"),
        ("net.ping.gw", 0.41234, {}, "0.412 ms"),
        ("net.http.shop", 999.6, {}, "1.00 s"),
        ("net.http.shop", 1240.0, {}, "1.24 s"),
        ("net.ping.gw.loss", 0.0, {}, "0 %"),
        ("net.ping.gw.loss", 12.5, {}, "12.5 %"),
        ("net.ping.gw.loss", -0.01, {}, "0 %"),
        ("net.http.shop.status", 200.0, {}, "200"),
        ("net.http.shop.tls_days", 9.0, {}, "9 d"),
        ("net.http.shop.bytes", 12_400.0, {}, "12.4 kB"),
        ("net.http.shop.bytes", 512.0, {}, "512 B"),
        ("net.http.shop.up", 0.0, {}, "down"),
        ("net.http.shop.up", 1.0, {}, "up"),
        ("net.http.shop.match", 0.0, {}, "no"),
        ("crypto.price.btc_usd", 98412.4, USD, "98,412 $"),
        ("crypto.price.eth_usd", 3281.4, USD, "3,281.40 $"),
        ("crypto.price.doge_usd", 0.12345, USD, "0.1235 $"),
        ("crypto.price.pepe_usd", 0.0000123456, USD, "0.00001235 $"),
        ("crypto.price.x_chf", 12.0, {"currency": "chf"}, "12.00 CHF"),
        ("crypto.price.big_usd", 12_345_678.0, USD, "12.3 M $"),
        ("crypto.sentiment.fng", 72.0, {}, "72"),
        ("pred.poly.rate-cut", 0.634, {}, "63.4 %"),
        ("custom.shop.orders", 1284.0, {}, "1,284"),
        ("custom.office.hall", 21.5, {"unit": "C"}, "21.50 C"),
        ("custom.backup.up", 0.0, {}, "down"),
        ("custom.shop.up", 37.0, {}, "37"),
        ("net.ping.gw", float("nan"), {}, "—"),
    ],
)
def test_a_number_has_the_digits_its_meaning_deserves(symbol, value, tags, said):
    assert str(figure(symbol, value, tags)) == said


@pytest.mark.parametrize(
    ("value", "said"), [(9.996, "10.0"), (99.96, "100"), (0.9996, "1.00"), (1240.0, "1,240"), (0.0, "0")]
)
def test_rounding_into_a_further_digit_keeps_three_of_them(value, said):
    assert significant(value, 3) == said


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["net.ping.a", "custom.a.b", "stock.price.a"]),
)
def test_every_number_can_be_shown_and_none_is_long(value, symbol):
    assert 0 < len(figure(symbol, value, {}).text) < 24


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_what_is_shown_is_what_was_measured(value):
    assert float(significant(value, 4).replace(",", "")) == pytest.approx(value, rel=6e-4)


def moved(symbol, *values, step_ms=60_000):
    points = [(NOW - (len(values) - 1 - i) * step_ms, float(v)) for i, v in enumerate(values)]
    found = trend(symbol, points, NOW)
    return found and (found.way, found.text)


def test_a_latency_that_rose_says_by_how_much():
    assert moved("net.ping.gw", 100, 112) == ("up", "12 %")


def test_a_price_that_fell_says_so_with_one_decimal():
    assert moved("crypto.price.btc_usd", 100_000, 97_600) == ("down", "2.4 %")


def test_what_would_print_as_zero_is_no_movement():
    assert moved("crypto.price.btc_usd", 100_000, 100_010) == ("flat", "±0 %")


def test_odds_move_in_points_not_in_percent_of_percent():
    assert moved("pred.poly.rate-cut", 0.58, 0.63) == ("up", "5 pts")
    assert moved("pred.poly.rate-cut", 0.63, 0.62) == ("down", "1 pt")


def test_an_index_of_0_to_100_moves_in_its_own_points():
    assert moved("crypto.sentiment.fng", 68, 72) == ("up", "4")


def test_up_and_down_have_no_trend():
    assert moved("net.tcp.db:5432.up", 1, 0) is None


def test_one_number_alone_has_no_trend():
    assert moved("net.ping.gw", 12) is None


def test_nothing_is_a_percentage_of_zero():
    assert moved("custom.shop.errors", 0, 5) is None
    assert moved("custom.shop.errors", 0, 0) == ("flat", "±0 %")


def test_a_rise_of_many_times_is_said_in_times():
    assert moved("custom.shop.errors", 1, 42) == ("up", "42-fold")


def test_the_hour_begins_with_the_number_that_held_then_not_with_the_first_one_known():
    assert moved("custom.shop.orders", 10, 100, 110, step_ms=45 * 60_000) == ("up", "11-fold")
    assert moved("custom.shop.orders", 10, 100, 110, step_ms=60 * 60_000) == ("up", "10 %")


def test_a_trend_is_spoken_for_those_who_do_not_see_the_arrow():
    assert figures.Trend("up", "12 %").spoken == "up 12 % over the last hour"
    assert figures.Trend("flat", "±0 %").spoken == "unchanged over the last hour"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (4.9, "4 s"),
        (60, "1 m"),
        (3599, "59 m"),
        (3600, "1 h"),
        (47 * 3600, "47 h"),
        (3 * 86400, "3 d"),
    ],
)
def test_an_age_is_said_in_the_one_unit_that_matters(seconds, said):
    assert age(seconds) == said
