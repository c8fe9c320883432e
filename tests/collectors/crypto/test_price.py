"""Crypto prices: no number is ever made up, and each says where it comes from and as of when."""

from __future__ import annotations

import contextlib

import pytest

from fakes.internet import DATA, Answer
from fakes.market import seconds
from fakes.providers import play
from oculus.collectors.crypto.price import Price
from oculus.collectors.crypto.quotes import parse_binance, parse_coinbase, parse_coingecko, parse_kraken
from oculus.collectors.job import Job
from oculus.core.errors import BadAnswer, SourceBusy, SourceError


def by_symbol(metrics):
    return {metric.symbol: metric for metric in metrics}


@pytest.fixture
def price(kit, internet):
    play(internet)
    return lambda **settings: kit.collector(Price, **{"assets": ["btc", "eth"], **settings})


def test_all_assets_are_asked_for_at_once_and_count_as_of_the_sources_own_time(price, internet):
    found = by_symbol(price().collect())
    assert {name: metric.value for name, metric in found.items()} == {
        "crypto.price.btc_usd": 91234.5678901234,
        "crypto.price.btc_usd.change_24h": -1.25,
        "crypto.price.eth_usd": 3010.0,
    }
    assert found["crypto.price.btc_usd"].ts_ms == seconds("2026-11-25T11:58:31Z") * 1000
    assert found["crypto.price.btc_usd"].tags == {"source": "coingecko", "currency": "usd"}
    assert len(internet.asked) == 1
    assert internet.asked[0].params["ids"] == "bitcoin,ethereum"


def test_what_has_not_moved_is_not_written_again_not_even_after_a_restart(price, kit, internet):
    price().collect()
    assert price().collect() == []
    kit.restart()
    again = price()
    assert again.collect() == []
    assert again.said == "2 numbers, as of 25 Nov 11:58 UTC; nothing new"


def test_what_has_moved_is_written(price, internet):
    collector = price(assets=["btc"])
    collector.collect()
    row = {"usd": 91300, "last_updated_at": seconds("2026-11-25T11:59:31Z")}
    internet.say("coingecko", "/simple/price", {"bitcoin": row})
    assert [metric.value for metric in collector.collect()] == [91300.0]


@pytest.mark.parametrize("answer", ["no_currency", "nulls"])
def test_a_missing_price_never_becomes_0(price, internet, answer):
    internet.say("coingecko", "/simple/price", DATA / f"coingecko/{answer}.json")
    with pytest.raises(BadAnswer, match="has no price for btc, eth"):
        price(fallback=[]).collect()


def test_what_one_source_lacks_is_filled_by_the_next_and_says_so_in_its_tags(price, internet):
    internet.say("coingecko", "/simple/price", DATA / "coingecko/nulls.json")
    collector = price(fallback=["kraken", "coinbase"], assets=["btc"])
    (metric,) = collector.collect()
    assert (metric.value, metric.tags["source"]) == (91245.0, "kraken")


def test_what_nobody_has_is_told_and_costs_nothing_else(price, internet):
    collector = price(assets=["btc", "nosuch"], fallback=["coinbase"])
    assert "crypto.price.btc_usd" in by_symbol(collector.collect())
    assert collector.trouble == "nobody has a price for nosuch"


@pytest.mark.parametrize(
    ("name", "value", "ts"),
    [("coinbase", 91240.55, "2026-11-25T11:59:57.123Z"), ("kraken", 91245.0, "2026-11-25T12:00:00.000Z")],
)
def test_when_coingecko_fails_an_exchange_stands_in(price, internet, name, value, ts):
    internet.say("coingecko", "/simple/price", DATA / "coingecko/throttled_429.json", status=429,
                 headers={"Retry-After": "60"})  # fmt: skip
    from oculus.core.clock import to_iso

    collector = price(assets=["btc"], fallback=[name])
    (metric,) = collector.collect()
    assert (metric.value, to_iso(metric.ts_ms)) == (value, ts)
    assert metric.tags == {"source": name, "currency": "usd"}
    assert "exceeded the Rate Limit" in collector.said
    assert "another source stood in" in collector.said


def test_tether_is_never_silently_called_dollars(price, internet):
    internet.say("coingecko", "/simple/price", b"", status=503)
    found = by_symbol(price(assets=["btc"], fallback=["binance"]).collect())
    metric = found["crypto.price.btc_usd"]
    assert metric.value == 91250.01
    assert metric.tags == {"source": "binance", "currency": "usdt", "approx": "true"}
    assert found["crypto.price.btc_usd.change_24h"].value == -1.31
    assert internet.asked[-1].params == {"symbol": "BTCUSDT"}


def test_the_allowance_of_who_stands_in_is_told_too(price, internet):
    collector = price(assets=["btc"], fallback=["coinbase", "kraken"])
    assert [each.title for each in collector.sources()] == ["CoinGecko"]
    internet.say("coingecko", "/simple/price", b"", status=503)
    collector.collect()
    first, other = collector.sources()
    assert (first.title, first.cool_down) == ("CoinGecko", "is overloaded (answered 503 Service Unavailable)")
    assert (other.title, other.calls_used) == ("Coinbase", 1)


def test_when_nobody_answers_the_first_reason_is_told(price, internet):
    for provider in ("coingecko", "coinbase", "kraken"):
        internet.say(provider, "*", b"", status=502)
    internet.say("coingecko", "/simple/price", DATA / "coingecko/throttled_429.json", status=429)
    with pytest.raises(SourceBusy, match="exceeded the Rate Limit"):
        price(assets=["eth"], fallback=["coinbase"]).collect()


def test_a_country_that_binance_does_not_serve_is_told(price, internet):
    internet.say("binance", "/api/v3/ticker/24hr", DATA / "binance/restricted_451.json", status=451)
    with pytest.raises(SourceError, match="does not serve this country"):
        price(assets=["btc"], source="binance", fallback=[]).collect()


def test_two_sources_for_one_asset_have_a_spread_of_its_own(price, internet):
    found = by_symbol(price(assets=["btc"], compare="coinbase").collect())
    spread = found["crypto.spread.btc_usd"]
    assert spread.value == pytest.approx((91240.55 - 91234.5678901234) / 91234.5678901234 * 100)
    assert spread.category == "crypto.spread"
    assert spread.tags["unit"] == "%"
    assert "crypto.spread.btc_usd" in price(assets=["btc"], compare="coinbase").symbols()


def test_a_second_source_that_fails_costs_only_the_spread(price, internet):
    internet.say("coinbase", "/products/BTC-USD/ticker", b"<html>", headers={"Content-Type": "text/html"})
    collector = price(assets=["btc"], compare="coinbase")
    assert "crypto.price.btc_usd" in by_symbol(collector.collect())
    assert "no spread: Coinbase" in collector.trouble


def test_a_source_whose_clock_is_ahead_makes_no_rows_in_the_future(price, kit, internet):
    def said(ts, value):
        internet.say(
            "coingecko", "/simple/price", {"bitcoin": {"usd": value, "last_updated_at": seconds(ts)}}
        )

    collector = price(assets=["btc"])
    said("2026-11-25T18:00:00Z", 90000)
    (metric,) = collector.collect()
    assert metric.ts_ms == kit.clock.ms
    assert kit.counters.get("collectors.clipped") == 1
    assert collector.collect() == []
    said("2026-11-25T11:59:00Z", 90001)  # its clock was put right
    assert [each.value for each in collector.collect()] == [90001.0]


def test_a_source_whose_clock_is_ahead_is_not_called_newer_than_now(price, kit, internet):
    row = {"usd": 1.5, "last_updated_at": kit.clock.ms // 1000 + 3600}
    internet.say("coingecko", "/simple/price", {"bitcoin": row})
    job = Job(price(assets=["btc"], fallback=[]).settings, kit.clock, 0.0, kit.tools)
    outcome = job.ask()
    assert outcome.as_of_ms == kit.clock.ms
    assert "as of 25 Nov 12:00 UTC" in outcome.said


def test_a_price_whose_source_gives_the_time_of_nothing_is_of_now(price, kit, internet):
    ticker = {"price": "91240.55", "time": "0001-01-01T00:00:00Z"}
    internet.say("coinbase", "/products/BTC-USD/ticker", ticker)
    outcome = Job(price(assets=["btc"], source="coinbase").settings, kit.clock, 0.0, kit.tools).ask()
    assert [(metric.value, metric.ts_ms) for metric in outcome.metrics] == [(91240.55, kit.clock.ms)]


def test_a_percent_is_never_read_as_a_price():
    assert parse_coingecko({"bitcoin": {"usd_24h_change": 5.0}}, {"btc": "bitcoin"}, "usd") == {}
    assert parse_binance({"symbol": "BTCUSDT", "priceChangePercent": "5"}, "usdt") is None
    assert parse_coinbase({"price": "5%"}, "usd") is None


@pytest.mark.parametrize("answer", [None, [], "x", 5, {}, {"error": "x"}, {"result": []}])
@pytest.mark.parametrize("parse", [parse_binance, parse_coinbase, parse_kraken])
def test_an_answer_of_another_shape_is_refused_or_empty(parse, answer):
    found = None
    with contextlib.suppress(BadAnswer):
        found = parse(answer, "usd")
    assert found is None


def test_an_unknown_pair_of_kraken_is_no_price(price, internet):
    internet.say("kraken", "/0/public/Ticker", DATA / "kraken/unknown_pair.json")
    with pytest.raises(BadAnswer, match="has no price"):
        price(assets=["nosuch"], source="kraken", fallback=[]).collect()


def test_a_coin_that_oculus_does_not_know_is_named_in_the_settings(price, internet):
    row = {"usd": 2, "last_updated_at": seconds("2026-11-25T11:59:31Z")}
    internet.say("coingecko", "/simple/price", {"my-coin": row})
    (metric,) = price(assets=["XYZ"], ids={"xyz": "my-coin"}).collect()
    assert (metric.symbol, metric.value) == ("crypto.price.xyz_usd", 2.0)


def test_the_interval_stretches_when_the_month_would_not_last(price, kit):
    kit.set(coingecko={"per_month": 100})
    collector = price(interval="1m")
    collector.collect()
    assert 4500 < collector.rest_s < 5500  # 99 calls for the 5.5 days that are left
    assert "its allowance would not last" in collector.said


def test_it_stretches_too_when_the_month_of_the_second_source_would_not_last(price, kit, internet):
    internet.say("binance", "*", DATA / "binance/ticker_24hr_BTCUSDT.json")
    kit.set(coingecko={"per_month": 100})
    collector = price(assets=["btc"], source="binance", compare="coingecko", fallback=[], interval="1m")
    collector.collect()
    assert 4500 < collector.rest_s < 5500
    assert collector.said.count("its allowance would not last") == 1


def test_a_source_that_stands_in_is_asked_seldom_enough_for_its_month_to_last(price, kit, internet):
    internet.say("binance", "*", b"", status=451)
    internet.say("binance", "/api/v3/ticker/24hr", b"", status=451)
    kit.set(coingecko={"per_month": 100})
    collector = price(assets=["btc"], source="binance", fallback=["coingecko"], interval="1m")
    for _ in range(120):
        with contextlib.suppress(SourceError):
            collector.collect()
        kit.clock.ahead(60)
    assert 2 <= internet.count("coingecko") <= 3


def test_a_category_and_tags_of_ones_own_are_put_on_everything(price):
    metrics = price(assets=["btc"], compare="coinbase", tags={"desk": "a"}).collect()
    assert {metric.tags["desk"] for metric in metrics} == {"a"}


def test_a_spread_that_cannot_be_had_is_told(price):
    collector = price(compare="coinbase")
    collector.collect()
    assert collector.trouble == "no spread: coinbase has no price for eth"
    assert list(collector.lacking) == ["crypto.spread.eth_usd"]


def test_what_an_exchange_has_said_is_kept_when_it_refuses_the_rest(price, kit, internet):
    kit.set(coinbase={"per_minute": 1})
    internet.say("coingecko", "/simple/price", b"", status=502)
    internet.say("coinbase", "*", DATA / "coinbase/ticker_BTC-USD.json")
    found = by_symbol(price(fallback=["coinbase", "kraken"]).collect())
    assert found["crypto.price.btc_usd"].tags["source"] == "coinbase"
    assert found["crypto.price.eth_usd"].tags["source"] == "kraken"


def test_nobody_is_asked_without_the_time_for_a_fair_answer(price, internet):
    def answer(asked):
        collector._ends = 0.0  # the time is up
        return Answer(502, b"", {})

    internet.say("coingecko", "/simple/price", b"", status=503)
    internet.say("coinbase", "/products/BTC-USD/ticker", answer)
    collector = price(assets=["btc"], fallback=["coinbase", "kraken"])
    with pytest.raises(SourceError, match="answered 503"):
        collector.collect()
    assert internet.count("coinbase") == 1
    assert internet.count("kraken") == 0


def test_a_slow_source_leaves_time_for_the_next(price, internet):
    def answer(asked):
        collector._ends -= collector.share_s()  # it takes all the time that it is given
        return Answer(502, b"", {})

    internet.say("coingecko", "/simple/price", answer)
    collector = price(assets=["btc"], fallback=["kraken"], timeout="60s")
    (metric,) = collector.collect()
    assert metric.tags["source"] == "kraken"


def test_an_exchange_is_not_asked_for_more_than_there_is_time_for(price, kit, internet):
    def answer(asked):
        if internet.count("binance") % 10 == 0:
            collector._ends = 0.0  # the time is up
        return {"symbol": asked.params["symbol"], "lastPrice": "5"}

    internet.say("binance", "/api/v3/ticker/24hr", answer)
    collector = price(source="binance", fallback=[], assets=[f"c{number}" for number in range(24)])
    found = set(by_symbol(collector.collect()))
    assert len(found) == 10
    assert collector.trouble.endswith("(The rest: no time was left to ask for it)")
    assert kit.sources.get("binance").status().cool_down == "", "it has done nothing wrong"
    found |= set(by_symbol(collector.collect()))
    assert len(found) == 20, "those that were left out are the first the next time"
    kit.clock.ahead(600)
    found |= set(by_symbol(collector.collect()))
    assert len(found) == 24


def test_who_is_left_out_for_want_of_allowance_is_told_and_comes_next(price, kit, internet):
    kit.set(binance={"per_minute": 2})
    internet.say("binance", "/api/v3/ticker/24hr", lambda asked: {"symbol": "?", "lastPrice": "5"})
    collector = price(source="binance", fallback=[], assets=["a", "b", "c"])
    assert set(by_symbol(collector.collect())) == {"crypto.price.a_usd", "crypto.price.b_usd"}
    assert collector.trouble.startswith("nobody has a price for c (Binance: was asked all 2 of a minute")
    kit.clock.ahead(600)
    assert "crypto.price.c_usd" in by_symbol(collector.collect())


def test_a_coin_that_makes_an_exchange_fail_keeps_no_other_from_being_asked_for(price, kit, internet):
    def answer(asked):
        broken = asked.params["symbol"] == "BUSDT"
        return Answer(500, b"", {}) if broken else {"symbol": "?", "lastPrice": "5"}

    internet.say("binance", "/api/v3/ticker/24hr", answer)
    collector = price(source="binance", fallback=[], assets=["a", "b", "c", "d"])
    found = []
    for _ in range(6):
        with contextlib.suppress(SourceError):
            found += by_symbol(collector.collect())
        kit.clock.ahead(1000)
    for asset in ("a", "c", "d"):
        assert found.count(f"crypto.price.{asset}_usd") >= 2


def test_of_many_that_nobody_has_a_few_are_named(price):
    collector = price(assets=["btc", *(f"nosuch{number}" for number in range(40))], fallback=[])
    collector.collect()
    assert collector.trouble == "nobody has a price for nosuch0, nosuch1, nosuch2, and 37 more"


def test_a_batch_that_fails_does_not_cost_those_before_it(price, kit, internet):
    def answer(asked):
        if "coin-0" not in asked.params["ids"].split(","):
            return Answer(502, b"", {})
        return {"coin-0": {"usd": 1.5}}

    internet.say("coingecko", "/simple/price", answer)
    collector = price(assets=[f"coin-{number}" for number in range(251)], fallback=[])
    assert set(by_symbol(collector.collect())) == {"crypto.price.coin-0_usd"}
    assert "answered 502" in collector.trouble
