"""Listed things: their own currency, their own time, their own opening hours."""

from __future__ import annotations

import contextlib
import json

import pytest

from fakes.internet import DATA
from fakes.market import seconds
from fakes.providers import play
from oculus.collectors.stocks.index import Index
from oculus.collectors.stocks.price import StockPrice
from oculus.collectors.stocks.quote import parse_alphavantage, parse_finnhub, parse_yahoo
from oculus.collectors.stocks.sector import Sector
from oculus.core.errors import BadAnswer, SourceError

AAPL = "/v8/finance/chart/AAPL"


@pytest.fixture
def stocks(kit, internet):
    play(internet)
    kit.clock.at("2026-11-25T15:04:30Z")
    return lambda *tickers, **settings: kit.collector(StockPrice, tickers=tickers, **settings)


def by_symbol(metrics):
    return {metric.symbol: metric for metric in metrics}


def yahoo(name):
    return DATA / f"yahoo/{name}"


def test_a_price_counts_as_of_its_last_trade_and_says_that_the_market_is_open(stocks):
    found = by_symbol(stocks("AAPL").collect())
    price = found["stock.price.aapl"]
    assert (price.value, price.ts_ms) == (271.49, seconds("2026-11-25T15:04:10Z") * 1000)
    assert price.tags == {"source": "yahoo", "currency": "usd", "market": "open"}
    assert found["stock.price.aapl.change"].value == pytest.approx(1.49 / 270 * 100)


def test_pence_become_pounds(stocks):
    price = by_symbol(stocks("VOD.L").collect())["stock.price.vod.l"]
    assert price.value == pytest.approx(0.9124)
    assert price.tags["currency"] == "gbp"


@pytest.mark.parametrize(("minor", "main"), [("GBp", "gbp"), ("ZAc", "zar"), ("ILA", "ils")])
def test_every_minor_unit_is_converted(minor, main):
    meta = {"regularMarketPrice": 250, "regularMarketTime": 1795600000, "currency": minor}
    quote = parse_yahoo({"chart": {"result": [{"meta": meta}]}}, 0)
    assert (quote.value, quote.currency) == (2.5, main)


def test_after_the_bell_the_last_value_stands_and_the_source_is_asked_rarely(stocks, kit, internet):
    collector = stocks("AAPL")
    collector.collect()
    kit.clock.until("2026-11-25T21:02:00Z")
    internet.say("yahoo", AAPL, yahoo("chart_AAPL_closed.json"))
    price = by_symbol(collector.collect())["stock.price.aapl"]
    assert (price.value, price.tags["market"]) == (272.95, "closed")
    assert 1700 < collector.rest_s <= 1800
    kit.clock.ahead(120)
    assert collector.collect() == []
    assert internet.count("yahoo") == 2
    kit.clock.ahead(1800)
    assert collector.collect() == []  # asked, and nothing has moved
    assert internet.count("yahoo") == 3


def test_what_was_last_traded_long_before_the_bell_is_closed_from_the_bell_on(stocks, kit, internet):
    collector = stocks("AAPL")
    assert by_symbol(collector.collect())["stock.price.aapl"].tags["market"] == "open"
    kit.clock.until("2026-11-25T21:02:00Z")  # and no trade since
    price = by_symbol(collector.collect())["stock.price.aapl"]
    assert (price.value, price.tags["market"]) == (271.49, "closed")
    assert price.ts_ms == seconds("2026-11-25T21:00:00Z") * 1000
    kit.clock.ahead(1900)
    assert collector.collect() == []


def test_on_a_weekend_the_last_price_is_found_though_the_series_is_empty(stocks, kit, internet):
    kit.clock.at("2026-11-28T12:00:00Z")
    internet.say("yahoo", AAPL, yahoo("chart_AAPL_weekend.json"))
    price = by_symbol(stocks("AAPL").collect())["stock.price.aapl"]
    assert (price.value, price.tags["market"]) == (272.95, "closed")
    assert price.ts_ms == seconds("2026-11-27T18:00:01Z") * 1000


def test_it_is_asked_again_when_the_market_opens(stocks, kit, internet):
    kit.clock.at("2026-11-30T14:20:00Z")
    internet.say("yahoo", AAPL, yahoo("chart_AAPL_weekend.json"))
    collector = stocks("AAPL")
    collector.collect()
    assert 600 < collector.rest_s < 620


def test_a_clock_that_was_put_right_does_not_keep_the_source_from_being_asked(stocks, kit, internet):
    kit.clock.at("2038-01-19T03:14:07Z")
    collector = stocks("AAPL")
    collector.collect()
    kit.clock.at("2026-11-25T15:04:30Z")
    kit.clock.ahead(1800)
    collector.collect()
    assert collector.rest_s <= 1800
    assert internet.count("yahoo") == 2


def test_a_holiday_is_a_day_without_trades(stocks, kit, internet):
    kit.clock.at("2026-11-25T15:30:00Z")
    old = {"regularMarketPrice": 270, "regularMarketTime": seconds("2026-11-24T21:00:00Z"), "currency": "USD",
           "currentTradingPeriod": {"regular": {"start": seconds("2026-11-25T14:30:00Z"),
                                                "end": seconds("2026-11-25T21:00:00Z")}}}  # fmt: skip
    internet.say("yahoo", AAPL, {"chart": {"result": [{"meta": old}]}})
    collector = stocks("AAPL")
    assert by_symbol(collector.collect())["stock.price.aapl"].tags["market"] == "closed"
    assert collector.rest_s > 1700


def test_a_listing_without_a_price_has_no_row(stocks, internet):
    internet.say("yahoo", "/v8/finance/chart/XSP.TO", yahoo("chart_without_price.json"))
    with pytest.raises(SourceError, match=r"XSP\.TO: Yahoo Finance: answered without a price"):
        stocks("XSP.TO").collect()


def test_one_unknown_ticker_is_told_and_costs_the_others_nothing(stocks, internet):
    internet.say("yahoo", "/v8/finance/chart/NOPE", yahoo("not_found_404.json"), status=404)
    collector = stocks("NOPE", "AAPL")
    assert "stock.price.aapl" in by_symbol(collector.collect())
    assert collector.trouble == (
        "NOPE: Yahoo Finance: answered 404 Not Found: No data found, symbol may be delisted"
    )


def test_a_ticker_that_does_not_exist_is_asked_for_every_half_hour(stocks, kit, internet):
    error = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}
    internet.say("yahoo", "/v8/finance/chart/NOPE", error, status=404)
    collector = stocks("AAPL", "NOPE")
    for _ in range(4 * 30):
        collector.collect()
        kit.clock.ahead(120)
    assert internet.count("yahoo", "/v8/finance/chart/NOPE") <= 10
    assert internet.count("yahoo", AAPL) > 100
    assert collector.trouble.startswith("NOPE: ")


def test_a_ticker_that_makes_its_source_fail_keeps_no_other_from_being_asked_for(stocks, kit, internet):
    internet.say("yahoo", "*", yahoo("chart_AAPL_open.json"))
    internet.say("yahoo", "/v8/finance/chart/BAD", b"", status=500)
    collector = stocks("BAD", "AAPL", "MSFT")
    found = set()
    for _ in range(4):
        with contextlib.suppress(SourceError):
            found |= set(by_symbol(collector.collect()))
        kit.clock.ahead(1000)
    assert {"stock.price.aapl", "stock.price.msft"} <= found


def test_when_the_source_itself_is_down_it_is_asked_once_and_not_for_each(stocks, internet):
    internet.say("yahoo", "*", b"Too Many Requests", status=429, headers={"Content-Type": "text/plain"})
    for ticker in ("AAPL", "VOD.L"):
        internet.say("yahoo", f"/v8/finance/chart/{ticker}", b"Too Many Requests", status=429)
    with pytest.raises(SourceError, match="asked too often"):
        stocks("AAPL", "VOD.L", "MSFT").collect()
    assert internet.count("yahoo") == 1


def test_a_consent_page_is_no_price(stocks, internet):
    internet.say("yahoo", AAPL, yahoo("consent.html"))
    with pytest.raises(SourceError, match="text/html instead of JSON"):
        stocks("AAPL").collect()


def test_with_keys_finnhub_and_then_alpha_vantage_stand_in(stocks, kit, internet):
    kit.set(finnhub={"api_key": "finnhub-key"}, alphavantage={"api_key": "alpha-key"})
    internet.say("yahoo", "*", b"", status=502)
    internet.say("yahoo", AAPL, b"", status=502)
    found = by_symbol(stocks("AAPL").collect())
    assert found["stock.price.aapl"].value == 271.5
    assert found["stock.price.aapl"].tags == {"source": "finnhub", "currency": "usd"}
    assert found["stock.price.aapl.change"].value == 0.5556
    internet.say("finnhub", "/quote", DATA / "finnhub/quote_unknown.json")
    found = by_symbol(stocks("IBM").collect())
    assert (found["stock.price.ibm"].value, found["stock.price.ibm"].tags["source"]) == (
        301.25,
        "alphavantage",
    )
    assert found["stock.price.ibm"].ts_ms == seconds("2026-11-24T21:00:00Z") * 1000
    assert found["stock.price.ibm.change"].value == 0.4167


def test_who_stands_in_all_day_is_asked_seldom_enough_for_its_allowance_to_last(stocks, kit, internet):
    kit.set(alphavantage={"api_key": "alpha-key"})
    internet.say("yahoo", "*", b"", status=502)
    internet.say("yahoo", AAPL, b"", status=502)
    kit.clock.at("2026-11-25T00:00:00Z")
    collector = stocks("AAPL", "IBM")
    asked = []
    for _ in range(24 * 30 - 1):
        with contextlib.suppress(SourceError):
            collector.collect()
        asked.append(internet.count("alphavantage"))
        kit.clock.ahead(120)
    assert asked[0] == 1, "it stands in at once"
    assert asked[30] <= 3, "in the first hour"
    assert asked[-31] < asked[-1] <= 25, "and still in the last"
    assert {each.params["symbol"] for each in internet.asked if each.provider == "alphavantage"} == {
        "AAPL",
        "IBM",
    }


def test_who_asks_by_hand_does_not_save_up_who_stands_in(stocks, kit, internet):
    kit.set(alphavantage={"api_key": "alpha-key"})
    internet.say("yahoo", AAPL, b"", status=502)
    collector = stocks("AAPL")
    collector.by_hand = True
    for _ in range(3):
        collector.collect()
    assert internet.count("alphavantage") == 3


def test_without_keys_nobody_else_is_asked(stocks, internet):
    internet.say("yahoo", AAPL, b"", status=502)
    with pytest.raises(SourceError, match="502"):
        stocks("AAPL").collect()
    assert internet.count("finnhub") == internet.count("alphavantage") == 0


def test_a_source_without_currencies_is_not_asked_for_foreign_listings(stocks, kit, internet):
    kit.set(finnhub={"api_key": "finnhub-key"})
    internet.say("yahoo", "/v8/finance/chart/VOD.L", b"", status=502)
    with pytest.raises(SourceError):
        stocks("VOD.L").collect()
    assert internet.count("finnhub") == 0


def test_all_zeros_and_an_empty_quote_are_no_price():
    with pytest.raises(BadAnswer, match="no such listing"):
        parse_finnhub({"c": 0, "t": 0})
    with pytest.raises(BadAnswer, match="no such listing"):
        parse_alphavantage({"Global Quote": {}}, 0)


ODD = [None, [], {}, {"chart": None}, {"chart": {"result": None}}, {"Global Quote": 5}, "x",
       {"chart": {"result": [{"meta": []}]}}]  # fmt: skip


@pytest.mark.parametrize("answer", ODD)
def test_an_answer_of_another_shape_is_refused(answer):
    for parse in (lambda a: parse_yahoo(a, 0), parse_finnhub, lambda a: parse_alphavantage(a, 0)):
        with pytest.raises(BadAnswer):
            parse(answer)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-11-31", ""])
def test_a_day_that_cannot_be_is_no_answer(day):
    with pytest.raises(BadAnswer, match="without a day"):
        parse_alphavantage({"Global Quote": {"05. price": "1.2", "07. latest trading day": day}}, 0)


def test_the_close_before_a_long_range_is_not_yesterdays():
    meta = {
        "regularMarketPrice": 110,
        "regularMarketTime": 1795600000,
        "chartPreviousClose": 10,
        "range": "5y",
    }
    assert parse_yahoo({"chart": {"result": [{"meta": meta}]}}, 0).change is None


def test_indices_have_names_of_their_own_or_those_of_yahoo(kit, internet):
    play(internet)
    kit.clock.at("2026-11-25T15:04:40Z")
    index = kit.collector(Index, indices=["spx", "^STOXX50E"])
    assert index.symbols() == ["stock.index.spx", "stock.index.stoxx50e"]
    assert by_symbol(index.collect())["stock.index.spx"].value == 6801.25
    assert index.trouble.startswith("^STOXX50E: Yahoo Finance: answered 404")


@pytest.mark.parametrize(
    ("name", "asked"),
    [("spx", "%5EGSPC"), ("nasdaq", "%5EIXIC"), ("dow", "%5EDJI"), ("hsi", "%5EHSI"), ("ftse", "%5EFTSE"),
     ("dax", "%5EGDAXI"), ("nikkei", "%5EN225"), ("EURUSD=X", "EURUSD%3DX")],
)  # fmt: skip
def test_each_index_is_asked_for_as_yahoo_calls_it(kit, internet, name, asked):
    internet.say("yahoo", f"/v8/finance/chart/{asked}", yahoo("chart_GSPC.json"))
    kit.clock.at("2026-11-25T15:04:40Z")
    assert by_symbol(kit.collector(Index, indices=[name]).collect())


def test_all_eleven_sectors_are_asked_for_unless_some_are_named(kit):
    assert len(kit.collector(Sector).symbols()) == 11
    assert kit.collector(Sector, sectors=["xlk", "xle"]).symbols() == ["stock.sector.xlk", "stock.sector.xle"]


def test_many_tickers_take_turns_within_the_minutes_allowance(stocks, kit, internet):
    tickers = [f"T{number}" for number in range(10)]
    for ticker in tickers:
        internet.say("yahoo", f"/v8/finance/chart/{ticker}", yahoo("chart_AAPL_open.json"))
    kit.set(yahoo={"per_minute": 4})
    collector = stocks(*tickers)
    seen = []
    for _ in range(3):
        seen.append(sorted({m.symbol for m in collector.collect() if not m.symbol.endswith("change")}))
        kit.clock.ahead(61)
    assert [len(each) for each in seen] == [4, 4, 2]
    assert len({symbol for each in seen for symbol in each}) == 10


def test_asked_by_hand_it_does_not_wait_for_its_turn(stocks, internet):
    collector = stocks("AAPL")
    collector.collect()
    assert collector.collect() == []
    assert internet.count("yahoo") == 1
    collector.by_hand = True
    assert collector.collect() == []
    assert internet.count("yahoo") == 2
    assert collector.said == "1 number, as of 25 Nov 15:04 UTC; nothing new"


def test_each_is_asked_for_less_often_when_the_allowance_would_not_last(stocks, kit):
    kit.set(yahoo={"per_day": 100})
    collector = stocks("AAPL", "VOD.L")
    collector.collect()
    collector.collect()
    assert "or the allowance would not last" in collector.said
    kit.clock.ahead(130)
    collector.collect()
    kit.clock.ahead(130)
    assert collector.collect() == []
    assert kit.internet.count("yahoo") <= 4


def test_what_there_is_no_time_for_is_not_asked_and_not_held_against_the_source(stocks, kit, internet):
    def answer(asked):
        if internet.count("yahoo") % 5 == 0:
            collector._ends = 0.0  # the time is up
        return json.loads(yahoo("chart_AAPL_open.json").read_bytes())

    internet.say("yahoo", "*", answer)
    collector = stocks(*(f"T{number}" for number in range(12)))
    assert len(by_symbol(collector.collect())) // 2 == 5
    assert collector.trouble == ""
    assert kit.sources.get("yahoo").status().cool_down == ""
    assert len(by_symbol(collector.collect())) // 2 == 5, "the next in turn"
    assert len({asked.path for asked in internet.asked}) == 10


def test_waiting_for_ones_turn_within_a_minute_is_no_failure(stocks, kit, internet):
    kit.set(yahoo={"per_minute": 1})
    collector = stocks("AAPL")
    collector.collect()
    heard_ms = collector.heard_ms
    kit.clock.ahead(30)
    collector.by_hand = True
    assert collector.collect() == []
    assert collector.said.startswith("waits for its turn: Yahoo Finance: was asked all 1 of a minute")
    assert collector.heard_ms == heard_ms
