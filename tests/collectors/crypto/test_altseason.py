"""Altcoin season: exact where it can be, and tagged where it is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fakes.providers import listings, market_chart, markets, play
from oculus.collectors.crypto.altseason import Altseason, parse_listings, parse_markets
from oculus.core.clock import to_iso
from oculus.core.errors import BadAnswer, SourceBusy, SourceError
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


def test_todays_prices_are_kept_so_that_it_stays_exact(altseason, kit):
    altseason().collect()
    assert kit.closes.kept["coingecko.coin-7"] == {date(2026, 11, 25): 100.0}
    assert len(kit.closes.kept) == 62


@pytest.mark.parametrize("off_days", [-1, 0, 1])
def test_with_closes_of_90_days_ago_it_is_exact(altseason, kit, internet, off_days):
    keep(kit, THEN + timedelta(days=off_days))
    (metric,) = altseason().collect()
    assert internet.count("coingecko") == 1
    assert metric.value == 20.0
    assert "approx" not in metric.tags


def keep(kit, day):
    """Closes of one day, by which 10 of 60 coins have beaten Bitcoin since."""
    then = {f"coingecko.coin-{number}": 50.0 if number < 10 else 200.0 for number in range(60)}
    kit.closes.save(
        [Close(name, day, value, "coingecko") for name, value in {**then, "coingecko.bitcoin": 90.0}.items()]
    )


def history(internet, coins=60):
    """CoinGecko has the last 91 days of Bitcoin, which lost, and of coins, of which the first 10 won."""
    for number in range(-1, coins):
        name, then = (f"coin-{number}", 50.0 if number < 10 else 200.0) if number >= 0 else ("bitcoin", 90.0)
        points = [[ms, then] for ms, _ in market_chart(91)["prices"]]
        internet.say("coingecko", f"/coins/{name}/market_chart", {"prices": points})


def test_history_is_fetched_a_few_coins_each_time_until_it_is_exact(altseason, kit, internet):
    history(internet)
    collector, tags = altseason(), []
    for run in range(1, 18):
        (metric,) = collector.collect()
        tags.append(metric.tags)
        assert internet.count("coingecko") == 4 * run, "with the list under half of a minute's allowance"
        assert collector.said == f"the history of {51 - 3 * (run - 1)} coins is being fetched"
        assert collector.rest_s == 0, "asked again after its interval"
        kit.clock.ahead(600)
        moved(internet, kit)
    (metric,) = collector.collect()
    assert (metric.value, metric.tags) == (20.0, {"source": "coingecko", "n": "50"})
    assert tags.index({"source": "coingecko", "n": "41"}) == 13, "four fifths of the coins are enough"
    assert all("approx" in each for each in tags[:13])
    assert collector.rest_s == 86_400


def moved(internet, kit):
    """The list with the time of now."""
    rows = [{**row, "last_updated": to_iso(kit.clock.ms)} for row in markets()]
    internet.say("coingecko", "/coins/markets", rows)


def test_each_coin_is_asked_for_once_also_across_a_restart_and_when_it_has_no_history(
    altseason, kit, internet
):
    for _ in range(20):
        altseason().collect()  # nobody has any history
        kit.restart()
        kit.clock.ahead(3600)
    asked = [each.path for each in internet.asked if each.path.endswith("market_chart")]
    assert len(asked) == len(set(asked)) == 51


def test_history_is_not_fetched_from_what_little_is_left_of_a_month(altseason, kit, internet):
    history(internet)
    kit.set(coingecko={"per_month": 400})
    collector = altseason()
    collector.collect()
    assert internet.count("coingecko") == 1
    assert collector.rest_s == 86_400


def test_a_source_that_fails_at_history_is_left_alone_for_a_day(altseason, internet):
    internet.say("coingecko", "/coins/bitcoin/market_chart", b"", status=401)
    collector = altseason()
    (metric,) = collector.collect()
    assert metric.tags["approx"] == "true"
    assert internet.count("coingecko") == 2
    assert collector.rest_s == 86_400


def test_a_coin_that_makes_its_source_fail_keeps_no_other_from_being_fetched(altseason, kit, internet):
    history(internet)
    internet.say("coingecko", "/coins/coin-0/market_chart", b"", status=500)
    collector = altseason()
    for _ in range(40):
        collector.collect()
        kit.clock.ahead(max(600, collector.rest_s))
        moved(internet, kit)
    asked = [each.path.split("/")[2] for each in internet.asked if each.path.endswith("market_chart")]
    assert len(set(asked)) == 51
    assert 2 <= asked.count("coin-0") <= 25, "every other day"


def test_who_asks_by_hand_does_not_wait_for_history(altseason, internet):
    collector = altseason()
    collector.by_hand = True
    collector.collect()
    assert internet.count("coingecko") == 1


def test_it_is_asked_once_a_day_also_across_a_restart(altseason, kit, internet):
    keep(kit, THEN)
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


@pytest.mark.parametrize(("code", "kind"), [(1001, SourceError), ("1008", SourceBusy)])
def test_an_error_beside_the_data_is_told(altseason, kit, internet, code, kind):
    kit.set(coinmarketcap={"api_key": "a-long-key"})
    status = {"error_code": code, "error_message": "This API Key is invalid."}
    internet.say("coinmarketcap", "/v1/cryptocurrency/listings/latest", {"status": status})
    with pytest.raises(kind, match=r"CoinMarketCap: says This API Key is invalid\."):
        altseason().collect()


@pytest.mark.parametrize("answer", [None, {}, {"data": {}}, "x"])
def test_an_answer_of_another_shape_is_refused(answer):
    for parse in (parse_markets, parse_listings):
        with pytest.raises(BadAnswer, match="without a list"):
            parse(answer)


def test_who_lost_everything_has_no_return():
    [coin] = parse_markets([{"id": "a", "price_change_percentage_30d_in_currency": -100.0,
                             "price_change_percentage_200d_in_currency": -99.0}])  # fmt: skip
    assert coin.over_30d is None
    assert coin.over_200d == pytest.approx(0.01)


def test_nulls_are_no_returns():
    rows = listings()["data"]
    rows[5]["quote"] = {"USD": None}
    assert parse_listings({"data": rows})[5].over_90d is None
