"""What a person calls a series: a name, and a line about it, made from its symbol, tags and parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from oculus.core.figures import figure, milliseconds
from oculus.core.symbols import category_of, part_of, unit_of

PANELS = {
    "net": "Network",
    "crypto": "Crypto",
    "stock": "Stocks",
    "pred": "Prediction markets",
    "custom": "Custom",
    "oculus": "Oculus itself",
}
KINDS = {
    "net.ping": "ping",
    "net.tcp": "TCP",
    "net.http": "HTTP",
    "net.dns": "DNS",
    "stock.index": "index",
    "stock.sector": "sector",
    "pred.poly": "price",
    "pred.prob": "probability",
}
PRICES = ("crypto.price", "stock.price", "stock.index", "stock.sector", "pred.poly", "pred.prob")
MARKETS = (*PRICES, "crypto.ma")  # whose rise and fall has colours
TITLES = {
    "crypto.sentiment.fng": ("Fear & Greed", "0 to 100 · alternative.me"),
    "crypto.sentiment.altseason": ("Altcoin season", "0 to 100"),
    "crypto.onchain.mvrv": ("BTC MVRV", "Z-score"),
}
SOURCES = {
    "coingecko": "CoinGecko",
    "coinmarketcap": "CoinMarketCap",
    "polymarket": "Polymarket",
    "binance": "Binance",
    "coinbase": "Coinbase",
    "kraken": "Kraken",
    "finnhub": "Finnhub",
    "alphavantage": "Alpha Vantage",
    "yahoo": "Yahoo",
}
NAMELESS = ("value", "up")  # a push of a bare value, and whether it still comes: what matters is who pushes
CHANGES = ("change", "change_24h")
# What the line below the name tells of a symbol's parts: the part, and how it is said.
TOLD = (("status", "{}"), ("loss", "loss {}"), ("jitter", "jitter {}"), ("tls_days", "cert {}"),
        ("change_24h", "24 h {}"), ("change", "day {}"))  # fmt: skip


def panel_of(symbol: str) -> str:
    """The panel a symbol appears in, and so its colour: the first part, if that is one we know."""
    first = symbol.partition(".")[0]
    return first if first in PANELS else "custom"


@lru_cache(maxsize=16384)
def is_market(symbol: str) -> bool:
    """Whether people look at it as at a price: up and down may be coloured."""
    return category_of(symbol) in MARKETS


def name_of(symbol: str, tags: Mapping[str, str]) -> str:
    """The heading of its card: "google.com", "BTC", "Fear & Greed"."""
    if symbol in TITLES:
        return TITLES[symbol][0]
    rest = symbol.removeprefix(f"{category_of(symbol)}.")
    if symbol.startswith("crypto.price."):
        return rest.partition("_")[0].upper()
    if symbol.startswith("crypto.spread."):
        return f"{rest.partition('_')[0].upper()} spread"
    if symbol.startswith("crypto.ma."):
        asset, _, window = rest.rpartition("_")
        return f"{asset.upper()} MA {window.removesuffix('d')}"
    if symbol.startswith("stock."):
        return rest.upper()
    if symbol.startswith("pred."):
        return tags.get("question") or rest.replace("-", " ").capitalize()
    if symbol.startswith("net."):
        return rest
    return own_name(symbol, rest)


def own_name(symbol: str, rest: str) -> str:
    """Of what people name themselves, and of Oculus itself."""
    if rest in NAMELESS:
        rest = category_of(symbol).removeprefix("custom.")
    return rest.removeprefix("oculus.").replace("_", " ")


def about(symbol: str, tags: Mapping[str, str], parts: Mapping[str, float]) -> str:
    """The line below the heading: what it is, then what its parts say."""
    told = [form.format(brief(f"{symbol}.{part}", parts[part], tags)) for part, form in TOLD if part in parts]
    return " · ".join([*kind(symbol, tags), *told])


def brief(symbol: str, value: float, tags: Mapping[str, str]) -> str:
    """A number in passing: fewer digits, and a sign if it is a change."""
    part = part_of(symbol)
    if part == "jitter":
        return str(milliseconds(value, 2))
    sign = "+" if part in CHANGES and value > 0 else ""
    return f"{sign}{figure(symbol, value, tags)}"


def kind(symbol: str, tags: Mapping[str, str]) -> list[str]:
    if symbol in TITLES:
        return [TITLES[symbol][1]]
    category = category_of(symbol)
    words = [KINDS[category]] if category in KINDS else []
    if category == "net.dns" and "record" in tags:
        words.append(tags["record"])
    if category == "crypto.ma":
        words.append("daily closes")
    if category.startswith(("crypto.price", "stock.price")):
        words.append(unit_of(symbol, dict(tags)))
    if "source" in tags:
        words.append(SOURCES.get(tags["source"], tags["source"]))
    if "compare" in tags:
        words.append(f"against {SOURCES.get(tags['compare'], tags['compare'])}")
    if not words:
        words.append(whose(symbol) if panel_of(symbol) == "custom" else "")
    return [word for word in words if word]


def whose(symbol: str) -> str:
    """What the heading leaves out."""
    return symbol if symbol.endswith(tuple(f".{key}" for key in NAMELESS)) else category_of(symbol)
