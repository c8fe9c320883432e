"""The answers of tests/data, put where each provider gives them; and long ones, made as needed."""

from __future__ import annotations

from fakes.internet import DATA
from fakes.market import seconds

DAY_S = 86_400

ANSWERS = {
    ("coingecko", "/simple/price"): "coingecko/simple_price.json",
    ("binance", "/api/v3/ticker/24hr"): "binance/ticker_24hr_BTCUSDT.json",
    ("coinbase", "/products/BTC-USD/ticker"): "coinbase/ticker_BTC-USD.json",
    ("kraken", "/0/public/Ticker"): "kraken/ticker_XBTUSD.json",
    ("alternative_me", "/fng/"): "alternative_me/fng.json",
    ("glassnode", "/v1/metrics/market/mvrv_z_score"): "glassnode/mvrv.json",
    ("bitcoin_data", "/v1/mvrv-zscore/last"): "bitcoin_data/last.json",
    ("yahoo", "/v8/finance/chart/AAPL"): "yahoo/chart_AAPL_open.json",
    ("yahoo", "/v8/finance/chart/VOD.L"): "yahoo/chart_VOD.L_pence.json",
    ("yahoo", "/v8/finance/chart/%5EGSPC"): "yahoo/chart_GSPC.json",
    ("finnhub", "/quote"): "finnhub/quote_AAPL.json",
    ("alphavantage", "/query"): "alphavantage/quote_IBM.json",
}


def play(internet):
    """Every provider is well."""
    for (provider, path), name in ANSWERS.items():
        internet.say(provider, path, DATA / name)
    internet.say("coingecko", "/coins/bitcoin/market_chart", market_chart(365))
    internet.say("coingecko", "/coins/markets", markets())
    internet.say("coinmetrics", "/timeseries/asset-metrics", asset_metrics(400))
    internet.say("coinmarketcap", "/v1/cryptocurrency/listings/latest", listings())


def market_chart(days, last="2026-11-25T00:00:00Z", now="2026-11-25T11:57:03Z"):
    """Daily points 1000, 1001, ... up to midnight of `last`, then the day that still runs."""
    end = seconds(last)
    points = [[(end - back * DAY_S) * 1000, 1000.0 + days - back] for back in range(days, -1, -1)]
    return {"prices": [*points, [seconds(now) * 1000, 9_999_999.0]], "market_caps": [], "total_volumes": []}


def asset_metrics(days, last="2026-11-24T00:00:00Z"):
    """Coin Metrics: market caps 1e9, 2e9, ...; MVRV always 2. Numbers are text, times have nanoseconds."""
    from oculus.core.clock import to_iso

    end = seconds(last)
    rows = [
        {
            "asset": "btc",
            "time": to_iso((end - back * DAY_S) * 1000).replace(".000Z", ".000000000Z"),
            "CapMVRVCur": "2.0",
            "CapMrktCurUSD": f"{(days - back) * 1e9:.0f}",
        }
        for back in range(days - 1, -1, -1)
    ]
    return {"data": rows}


def markets(coins=60, winners=20, price=100.0):
    """CoinGecko's list: Bitcoin, a stable coin, then coins of which the first `winners` do better."""
    rows = [market("bitcoin", "btc", price, 10.0, 50.0), market("tether", "usdt", 1.0, 0.0, 0.0)]
    for number in range(coins):
        better = number < winners
        rows.append(
            market(f"coin-{number}", f"c{number}", price, 30.0 if better else 1.0, 90.0 if better else 2.0)
        )
    return rows


def market(name, ticker, price, over_30d, over_200d):
    return {
        "id": name, "symbol": ticker, "current_price": price, "last_updated": "2026-11-25T11:58:12.123Z",
        "price_change_percentage_30d_in_currency": over_30d,
        "price_change_percentage_200d_in_currency": over_200d,
    }  # fmt: skip


def listings(coins=60, winners=15):
    """CoinMarketCap's list, with a wrapped coin and one too young for 90 days."""
    rows = [
        listing("BTC", 5.0),
        listing("WXYZ", 500.0, ["wrapped-tokens"]),
        listing("USDC", 0.0, ["stablecoin"]),
    ]
    rows.append(listing("YOUNG", None))
    rows += [listing(f"C{number}", 50.0 if number < winners else -50.0) for number in range(coins)]
    return {"status": {"error_code": 0, "error_message": None}, "data": rows}


def listing(ticker, over_90d, tags=()):
    usd = {"price": 1.5, "percent_change_90d": over_90d, "last_updated": "2026-11-25T11:58:00.000Z"}
    return {"symbol": ticker, "slug": ticker.lower(), "tags": list(tags), "quote": {"USD": usd}}
