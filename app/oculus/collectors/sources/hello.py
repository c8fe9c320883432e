"""Whether a provider answers with what is set for it: one cheap question, when a person tries a key."""

from __future__ import annotations

from oculus.collectors.sources.registry import Sources
from oculus.collectors.sources.settings import SourcesSettings

WAIT_S = 10.0
QUESTIONS: dict[str, tuple[str, dict[str, str]]] = {
    "coingecko": ("/simple/price", {"ids": "bitcoin", "vs_currencies": "usd"}),
    "binance": ("/api/v3/ping", {}),
    "coinbase": ("/time", {}),
    "kraken": ("/0/public/Time", {}),
    "alternative_me": ("/fng/", {"limit": "1"}),
    # Two days of 2025.
    "glassnode": (
        "/v1/metrics/market/mvrv_z_score",
        {"a": "BTC", "i": "24h", "s": "1735689600", "u": "1735862400"},
    ),
    "bitcoin_data": ("/v1/mvrv-zscore/last", {}),
    "coinmetrics": (
        "/timeseries/asset-metrics",
        {"assets": "btc", "metrics": "CapMrktCurUSD", "frequency": "1d", "page_size": "1"},
    ),
    "coinmarketcap": ("/v1/key/info", {}),
    "yahoo": ("/v8/finance/chart/%5EGSPC", {"range": "1d", "interval": "1d"}),
    "alphavantage": ("/query", {"function": "GLOBAL_QUOTE", "symbol": "IBM"}),
    "finnhub": ("/quote", {"symbol": "AAPL"}),
    "polymarket_gamma": ("/markets", {"limit": "1"}),
    "polymarket_clob": ("/time", {}),
}


def clients_of(block: str) -> list[str]:
    """The clients that a block of the settings is for; Polymarket's is for two."""
    return [name for name in QUESTIONS if name == block or name.startswith(f"{block}_")]


def hello(block: str, settings: SourcesSettings) -> None:
    """Ask, beside the counts and rests of the running client. Raises SourceError in the provider's words."""
    sources = Sources(settings)
    try:
        for name in clients_of(block):
            sources.get(name).get_json(*QUESTIONS[name], WAIT_S)
    finally:
        sources.close()
