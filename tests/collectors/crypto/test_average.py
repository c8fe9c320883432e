"""Moving averages: whole days only, and closes that are kept."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

import pytest

from fakes.internet import DATA, Answer
from fakes.market import seconds
from fakes.providers import market_chart, play
from oculus.collectors.crypto.average import Average
from oculus.collectors.crypto.history import parse_candles, parse_market_chart
from oculus.core.clock import to_iso
from oculus.core.errors import BadAnswer, SourceError

TODAY = date(2026, 11, 25)


@pytest.fixture
def ma(kit, internet):
    play(internet)
    return lambda **settings: kit.collector(Average, **{"assets": ["btc"], **settings})


def midnight(kit):
    return to_iso(kit.clock.ms // 86_400_000 * 86_400_000)


def values(metrics):
    return {metric.symbol: metric.value for metric in metrics}


def test_the_mean_is_of_whole_days_and_the_one_that_runs_does_not_count(ma):
    metrics = ma().collect()
    assert values(metrics) == {
        "crypto.ma.btc_30d": 1365 - 29 / 2,
        "crypto.ma.btc_60d": 1365 - 59 / 2,
    }
    assert {metric.ts_ms for metric in metrics} == {seconds("2026-11-25T00:00:00Z") * 1000}
    assert metrics[0].tags == {"source": "coingecko", "currency": "usd"}


def test_closes_are_kept_and_the_source_is_asked_once_a_day(ma, kit, internet):
    collector = ma()
    collector.collect()
    assert len(kit.closes.kept["crypto.price.btc_usd"]) == 366
    assert kit.closes.kept["crypto.price.btc_usd"][TODAY - timedelta(days=1)] == 1365.0
    kit.clock.ahead(3600)
    assert collector.collect() == []
    assert internet.count("coingecko") == 1
    assert collector.rest_s > 10 * 3600


def test_a_restart_uses_the_closes_that_were_kept(ma, kit, internet):
    ma().collect()
    kit.memory.kept.clear()
    assert len(ma().collect()) == 2
    assert internet.count("coingecko") == 1


def test_an_average_exists_only_when_all_its_days_are_known(ma, internet):
    internet.say("coingecko", "/coins/bitcoin/market_chart", market_chart(40))
    collector = ma()
    assert list(values(collector.collect())) == ["crypto.ma.btc_30d"]
    assert collector.trouble == "btc: 19 of the last 60 daily closes are not known"


def test_when_coingecko_fails_coinbase_stands_in(ma, internet):
    internet.say("coingecko", "/coins/bitcoin/market_chart", b"", status=502)
    end = seconds("2026-11-25T00:00:00Z")
    rows = [[end - back * 86400, 1, 9, 5, 100.0 + back, 7] for back in range(90)]
    internet.say("coinbase", "/products/BTC-USD/candles", rows)
    metrics = ma(windows=[2]).collect()
    assert values(metrics) == {"crypto.ma.btc_2d": 101.5}
    assert metrics[0].tags["source"] == "coinbase"


def test_when_nobody_answers_nothing_is_written_and_the_reason_is_told(ma, internet):
    internet.say(
        "coingecko", "/coins/bitcoin/market_chart", DATA / "coingecko/coin_not_found_404.json", status=404
    )
    internet.say("coinbase", "*", b"", status=503)
    with pytest.raises(SourceError, match="CoinGecko: answered 404 Not Found: coin not found"):
        ma().collect()


def test_points_of_the_running_day_and_broken_points_are_left_out():
    now_ms = seconds("2026-11-25T12:00:00Z") * 1000
    midnight = seconds("2026-11-25T00:00:00Z") * 1000
    points = [[midnight, 5.0], [midnight - 86_400_000, None], [midnight - 2 * 86_400_000, 0], [], "x", None,
              [midnight + 3_600_000, 6.0], [midnight + 86_400_000, 7.0]]  # fmt: skip
    assert parse_market_chart({"prices": points}, now_ms) == {date(2026, 11, 24): 5.0}


def test_a_candle_that_is_still_open_is_left_out():
    now_ms = seconds("2026-11-25T12:00:00Z") * 1000
    begin = seconds("2026-11-24T00:00:00Z")
    rows = [[begin + 86400, 1, 2, 3, 4, 5], [begin, 1, 2, 3, 8, 5]]
    assert parse_candles(rows, now_ms) == {date(2026, 11, 24): 8.0}


@pytest.mark.parametrize("parse", [parse_market_chart, parse_candles])
@pytest.mark.parametrize("answer", [None, {}, {"message": "x"}, "x", 1])
def test_an_answer_of_another_shape_is_refused(parse, answer):
    with pytest.raises(BadAnswer):
        parse(answer, 0)


def test_a_coin_that_is_too_young_is_asked_for_once_a_day(ma, kit, internet):
    internet.say("coingecko", "/coins/young/market_chart", lambda asked: market_chart(12, midnight(kit)))
    collector = ma(assets=["young"], windows=[5, 30])
    assert list(values(collector.collect())) == ["crypto.ma.young_5d"]
    assert collector.trouble == "young: 17 of the last 30 daily closes are not known"
    assert collector.rest_s > 10 * 3600
    for hour in range(1, 25):
        kit.clock.ahead(3600)
        collector.collect()
        assert internet.count("coingecko") == (1 if hour < 12 else 2)


def test_a_day_that_its_source_does_not_have_yet_is_asked_for_every_hour(ma, kit, internet):
    internet.say("coingecko", "/coins/bitcoin/market_chart", market_chart(90, last="2026-11-24T00:00:00Z"))
    collector = ma(windows=[5])
    for _ in range(2):
        with pytest.raises(SourceError, match="1 of the last 5 daily closes are not known"):
            collector.collect()
        kit.clock.ahead(3600)
    assert internet.count("coingecko") == 2
    play(internet)
    assert list(values(collector.collect())) == ["crypto.ma.btc_5d"]
    assert collector.rest_s > 0


def test_coins_for_which_there_is_no_time_come_the_next_time_and_nobody_is_to_blame(ma, kit, internet):
    def answer(asked):
        if internet.count("coingecko") % 5 == 0:
            collector._ends = 0.0  # the time is up
        return market_chart(10)

    internet.say("coingecko", "*", answer)
    collector = ma(assets=[f"c{number}" for number in range(8)], windows=[5])
    found = set(values(collector.collect()))
    assert len(found) == 5
    assert collector.trouble.startswith("The rest: no time was left to ask for it; c5: 5 of the last 5 daily")
    assert collector.rest_s == 0
    assert {each.cool_down for each in collector.sources()} == {""}, "nobody has done anything wrong"
    found |= set(values(collector.collect()))
    assert len(found) == 8
    assert collector.trouble == ""


def test_a_coin_that_makes_its_source_fail_keeps_no_other_from_being_asked_for(ma, kit, internet):
    def answer(asked):
        return Answer(500, b"", {}) if "/bad/" in asked.path else market_chart(10)

    internet.say("coingecko", "*", answer)
    collector = ma(assets=["bad", "a", "b"], windows=[5])
    found = set()
    for _ in range(3):
        with contextlib.suppress(SourceError):
            found |= set(values(collector.collect()))
        kit.clock.ahead(3600)
    assert found == {"crypto.ma.a_5d", "crypto.ma.b_5d"}
    assert "CoinGecko: answered 500" in collector.trouble, "not why the one that stands in has none"
