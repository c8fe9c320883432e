"""Moving averages: whole days only, and closes that are kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from fakes.internet import DATA
from fakes.market import seconds
from fakes.providers import market_chart, play
from oculus.collectors.crypto.average import Average
from oculus.collectors.crypto.history import parse_candles, parse_market_chart
from oculus.core.errors import BadAnswer, SourceError

TODAY = date(2026, 11, 25)


@pytest.fixture
def ma(kit, internet):
    play(internet)
    return lambda **settings: kit.collector(Average, **{"assets": ["btc"], **settings})


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
    with pytest.raises(SourceError, match="Coinbase"):
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
