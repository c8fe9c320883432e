"""Altcoin season: exact where it can be, and tagged where it is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fakes.providers import listings, markets, play
from oculus.collectors.crypto.altseason import Altseason, parse_listings, parse_markets
from oculus.core.errors import BadAnswer
from oculus.core.metric import Close

THEN = date(2026, 11, 25) - timedelta(days=90)


@pytest.fixture
def altseason(kit, internet):
    play(internet)
    return lambda **settings: kit.collector(Altseason, **settings)


def test_with_a_key_it_is_exact_and_leaves_out_what_has_no_price_of_its_own(altseason, kit, internet):
    kit.set(coinmarketcap={"api_key": "a-long-key"})
    (metric,) = altseason().collect()
    # the first 50 after Bitcoin, without the wrapped and the stable one; one of them is too young
    assert metric.value == pytest.approx(100 * 15 / 49)
    assert metric.tags == {"source": "coinmarketcap", "n": "49"}
    assert internet.asked[0].headers["x-cmc_pro_api_key"] == "a-long-key"


def test_without_a_key_it_is_reckoned_and_says_so(altseason, internet):
    (metric,) = altseason().collect()
    assert (metric.symbol, metric.value) == ("crypto.sentiment.altseason", 40.0)
    assert metric.tags == {"source": "coingecko", "n": "50", "approx": "true"}


def test_todays_prices_are_kept_so_that_it_becomes_exact(altseason, kit):
    altseason().collect()
    assert kit.closes.kept["coingecko.bitcoin"] == {date(2026, 11, 25): 100.0}
    assert len(kit.closes.kept) == 62


@pytest.mark.parametrize("off_days", [-1, 0, 1])
def test_after_90_days_it_is_exact_from_own_closes(altseason, kit, off_days):
    day = THEN + timedelta(days=off_days)
    then = {f"coingecko.coin-{number}": 50.0 if number < 10 else 200.0 for number in range(60)}
    kit.closes.save(
        [Close(name, day, value, "coingecko") for name, value in {**then, "coingecko.bitcoin": 90.0}.items()]
    )
    (metric,) = altseason().collect()
    assert metric.value == 20.0
    assert "approx" not in metric.tags


def test_it_is_asked_once_a_day_also_across_a_restart(altseason, kit, internet):
    collector = altseason()
    collector.collect()
    assert collector.rest_s == 86_400
    kit.restart()
    kit.clock.ahead(3600)
    assert altseason().collect() == []
    assert internet.count("coingecko") == 1


@pytest.mark.parametrize("rows", [[], [{"id": "bitcoin"}], markets(10), [None, 5, {}]])
def test_too_few_coins_are_refused(altseason, internet, rows):
    internet.say("coingecko", "/coins/markets", rows)
    with pytest.raises(BadAnswer, match="too few coins"):
        altseason().collect()


@pytest.mark.parametrize("answer", [None, {}, {"data": {}}, "x"])
def test_an_answer_of_another_shape_is_refused(answer):
    for parse in (parse_markets, parse_listings):
        with pytest.raises(BadAnswer, match="without a list"):
            parse(answer)


def test_nulls_are_no_returns():
    rows = listings()["data"]
    rows[5]["quote"] = {"USD": None}
    assert parse_listings({"data": rows})[5].over_90d is None
