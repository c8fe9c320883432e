"""Answers that were recorded from the providers, played back. The folder of recordings is not part of the
project; where it is missing, these tests are skipped.
"""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest

from fakes.internet import Internet
from fakes.market import Kit, seconds
from oculus.collectors.crypto.altseason import parse_listings, parse_markets
from oculus.collectors.crypto.fear_greed import parse_index
from oculus.collectors.crypto.history import parse_candles, parse_market_chart
from oculus.collectors.crypto.mvrv import parse_bitcoin_data, parse_coinmetrics, parse_glassnode
from oculus.collectors.crypto.quotes import parse_binance, parse_coinbase, parse_coingecko, parse_kraken
from oculus.collectors.sources.providers import PROVIDERS
from oculus.collectors.stocks.quote import parse_alphavantage, parse_finnhub, parse_yahoo
from oculus.core.errors import BadAnswer, SourceError

RECORDED = Path(__file__).parents[3] / "shared" / "recorded"
MANIFEST = RECORDED / "manifest.json"
ENTRIES = json.loads(MANIFEST.read_text("utf-8")) if MANIFEST.exists() else []
pytestmark = pytest.mark.skipif(not ENTRIES, reason="the recordings are not here")

LATER = seconds("2026-11-25T12:00:00Z") * 1000
KINDS = {".json": "application/json", ".html": "text/html", ".csv": "text/csv", ".txt": "text/plain"}
COINS = {"btc": "bitcoin", "eth": "ethereum", "xrp": "verus-coin"}
COMPLAINT = re.compile("error|limit|premium")
PARSERS = {
    "coingecko": [
        lambda a: parse_coingecko(a, COINS, "usd"), lambda a: parse_market_chart(a, LATER), parse_markets,
    ],
    "binance": [lambda a: parse_binance(a, "usdt")],
    "coinbase": [lambda a: parse_coinbase(a, "usd"), lambda a: parse_candles(a, LATER)],
    "kraken": [lambda a: parse_kraken(a, "usdt")],
    "alternative_me": [parse_index],
    "glassnode": [parse_glassnode],
    "bitcoin_data": [parse_bitcoin_data],
    "coinmetrics": [parse_coinmetrics],
    "coinmarketcap": [parse_listings],
    "yahoo": [lambda a: parse_yahoo(a, LATER)],
    "alphavantage": [lambda a: parse_alphavantage(a, LATER), parse_finnhub],
}  # fmt: skip


def recorded(name):
    return json.loads((RECORDED / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def internet():
    server = Internet()
    yield server
    server.close()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_every_recorded_answer_is_read_or_refused_in_words(internet, entry):
    path = RECORDED / entry["file"]
    kit = Kit(internet)
    name = path.parent.name if path.parent.name in PROVIDERS else "coingecko"
    headers = {"Content-Type": KINDS[path.suffix], **entry["headers"]}
    internet.say(name, "/replay", path.read_bytes(), status=entry["status"], headers=headers)
    answer, told = asked(kit.sources.get(name))
    kit.close()
    if told:
        assert len(told) > 20
        assert entry["status"] >= 400 or path.suffix != ".json" or COMPLAINT.search(path.name)
    else:
        assert answer == recorded(entry["file"])
        for parse in PARSERS.get(path.parent.name, []):
            with contextlib.suppress(BadAnswer):
                parse(answer)


def asked(source):
    """What it answered, or why that is no answer."""
    try:
        return source.get_json("/replay"), ""
    except SourceError as error:
        return None, str(error)


@pytest.mark.parametrize("name", ["simple_price_btc_usd", "simple_price_btc_full_flags",
                                  "simple_price_space_in_ids_drops_coins",
                                  "simple_price_three_coins_three_currencies_full"])  # fmt: skip
@pytest.mark.parametrize("currency", ["usd", "php", "myr"])
def test_coingeckos_prices_are_those_in_the_file(name, currency):
    answer = recorded(f"coingecko/{name}.json")
    found = parse_coingecko(answer, COINS, currency)
    assert {asset: quote.value for asset, quote in found.items()} == {
        asset: answer[coin][currency] for asset, coin in COINS.items() if currency in answer.get(coin, {})
    }
    for asset, quote in found.items():
        row = answer[COINS[asset]]
        assert quote.change_24h == row.get(f"{currency}_24h_change")
        assert quote.ts_ms == (row["last_updated_at"] * 1000 if "last_updated_at" in row else None)


@pytest.mark.parametrize("name", ["market_chart_btc_90d_daily", "market_chart_btc_365d_daily"])
def test_coingeckos_daily_closes_are_the_points_at_midnight(name):
    points = recorded(f"coingecko/{name}.json")["prices"]
    assert list(parse_market_chart({"prices": points}, LATER).values()) == [value for _, value in points[:-1]]


def test_coingeckos_list_has_the_changes_in_the_file():
    (coin,) = parse_markets(recorded("coingecko/coins_markets_btc_all_price_changes.json"))
    assert (coin.name, coin.ticker, coin.price) == ("bitcoin", "btc", 77671)
    assert coin.over_30d == pytest.approx(1.019453890367549)
    assert coin.over_200d == pytest.approx(0.70547628149)


def test_the_exchanges_prices_are_those_in_the_files():
    assert parse_binance(recorded("binance/ticker_price_BTCUSDT.json"), "usdt").value == 60740.0
    doc = parse_binance(recorded("binance/ticker_24hr_BNBBTC_doc.json"), "btc")
    assert (doc.value, doc.change_24h) == (4.000002, -95.96)
    assert parse_kraken(recorded("kraken/ticker_XBTUSDT.json"), "usdt").value == 105899.4
    assert parse_coinbase(recorded("coinbase/v2_prices_spot_BTC-USD.json"), "usd").value == 68923.67
    assert parse_coinbase(recorded("coinbase/advanced_product_BTC-USD.json"), "usd").value == 68923.67


def test_the_exchanges_closes_are_those_in_the_files():
    rows = recorded("coinbase/exchange_candles_BTC-EUR_1d.json")
    assert list(parse_candles(rows, LATER).values()) == [row[4] for row in rows]
    assert len(parse_candles(rows, rows[0][0] * 1000 + 1)) == len(rows) - 1


@pytest.mark.parametrize("name", ["fng_limit1", "fng_limit2_tab_indented", "fng_limit30"])
def test_the_fear_and_greed_index_is_the_newest_in_the_file(name):
    row = recorded(f"alternative_me/{name}.json")["data"][0]
    index = parse_index(recorded(f"alternative_me/{name}.json"))
    assert (index.value, index.ts_ms) == (float(row["value"]), int(row["timestamp"]) * 1000)
    assert index.next_s == float(row["time_until_update"])


def test_mvrv_is_the_one_in_the_files():
    assert parse_glassnode(recorded("glassnode/mvrv_z_score_btc_24h.json")).z == 0.3471
    assert parse_glassnode(recorded("glassnode/drawdown_negative.json")).z == -0.29765525641034807
    assert parse_bitcoin_data(recorded("bitcoin_data/mvrv_zscore_last1.json")).z == 0.3471
    assert parse_bitcoin_data(recorded("bitcoin_data/mvrv_zscore_one_row.json")) == (1781049600000, 0.2905)
    assert parse_bitcoin_data(recorded("bitcoin_data/mvrv_zscore_string_numbers.json")) == (
        1704067200000,
        2.34,
    )


def charts():
    return sorted(path.name for path in (RECORDED / "yahoo").glob("chart_*.json"))


@pytest.mark.parametrize("name", charts())
def test_yahoos_prices_are_those_in_the_file(name):
    meta = recorded(f"yahoo/{name}")["chart"]["result"][0]["meta"]
    if meta.get("regularMarketPrice") is None:
        with pytest.raises(BadAnswer):
            parse_yahoo(recorded(f"yahoo/{name}"), LATER)
        return
    quote = parse_yahoo(recorded(f"yahoo/{name}"), LATER)
    assert (quote.value, quote.ts_ms) == (meta["regularMarketPrice"], meta["regularMarketTime"] * 1000)
    assert quote.currency == meta["currency"].lower()
    assert quote.open is False  # it was long ago


def test_yahoos_change_is_that_of_yesterdays_close():
    weekend = parse_yahoo(recorded("yahoo/chart_AAPL_no_timestamp_weekend.json"), LATER)
    assert weekend.change == pytest.approx((244.87 - 244.47) / 244.47 * 100)
    assert parse_yahoo(recorded("yahoo/chart_AAPL_5m_after_close.json"), LATER).change == -0.052
    assert parse_yahoo(recorded("yahoo/chart_GSPC_1d.json"), LATER).change is None


def test_yahoos_market_is_open_within_its_own_hours():
    answer = recorded("yahoo/chart_AAPL_1d_live.json")
    meta = answer["chart"]["result"][0]["meta"]
    assert parse_yahoo(answer, meta["regularMarketTime"] * 1000).open is True
    after = recorded("yahoo/chart_AAPL_5m_after_close.json")
    assert parse_yahoo(after, 1788379201_000).open is False


def test_alpha_vantages_price_is_the_one_in_the_file():
    quote = parse_alphavantage(recorded("alphavantage/global_quote_IBM.json"), LATER)
    assert (quote.value, quote.change) == (121.74, 0.4207)
    assert quote.ts_ms == seconds("2020-05-08T20:00:00Z") * 1000


def test_a_value_that_was_not_recorded_is_not_made_up():
    assert parse_coinmetrics(recorded("coinmetrics/asset_metrics_capmvrvcur_btc.json")) == []  # no market cap
    assert parse_coinmetrics(recorded("coinmetrics/asset_metrics_null_metric.json")) == []
    with pytest.raises(BadAnswer):
        parse_listings(recorded("coinmarketcap/altcoin_season_chart_2025-07-14.json"))  # of another address
    with pytest.raises(BadAnswer):
        parse_alphavantage(recorded("alphavantage/global_quote_unknown_symbol_empty.json"), LATER)
    with pytest.raises(BadAnswer):
        parse_yahoo(recorded("yahoo/error_chart_not_found_404.json"), LATER)


def test_sparse_candles_and_other_series_keep_their_own_values():
    rows = recorded("coinbase/exchange_candles_sparse.json")
    assert list(parse_candles(rows, LATER).values()) == [row[4] for row in rows]
    points = recorded("glassnode/metric_points_testdata.json")
    assert parse_glassnode(points) == (points[-1]["t"] * 1000, points[-1]["v"])
    points = recorded("glassnode/price_usd_close_btc_24h.json")
    assert parse_glassnode(points).z == max(points, key=lambda point: point["t"])["v"]


@pytest.mark.parametrize(
    ("name", "wait_s"),
    [("rate_limit_information_burst_200", 60), ("rate_limit_information_daily_200", 3600),
     ("rate_limit_note_200", 60), ("premium_information_200", None), ("error_message_apikey_200", None)],
)  # fmt: skip
def test_alpha_vantages_complaints_with_status_200_are_told_and_heeded(internet, name, wait_s):
    kit = Kit(internet)
    internet.say("alphavantage", "/query", recorded(f"alphavantage/{name}.json"))
    with pytest.raises(SourceError, match=r"Alpha Vantage: \w+") as failure:
        kit.sources.get("alphavantage").get_json("/query")
    kit.close()
    assert getattr(failure.value, "retry_after_s", None) == wait_s
