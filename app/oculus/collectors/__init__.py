"""Collectors: they ask the world for numbers.

To add one: write a module like network/tcp.py, add its class below under its `kind`, and describe it in the
README's table of collectors.
"""

from __future__ import annotations

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.core.registry import Registry

COLLECTORS: Registry[Collector] = Registry(
    __name__,
    {
        "ping": "network.ping:Ping",
        "tcp": "network.tcp:Tcp",
        "http": "network.http:Http",
        "dns": "network.dns:Dns",
        "crypto.price": "crypto.price:Price",
        "crypto.ma": "crypto.average:Average",
        "crypto.fng": "crypto.fear_greed:FearGreed",
        "crypto.mvrv": "crypto.mvrv:Mvrv",
        "crypto.altseason": "crypto.altseason:Altseason",
        "stock.price": "stocks.price:StockPrice",
        "stock.index": "stocks.index:Index",
        "stock.sector": "stocks.sector:Sector",
        "polymarket": "prediction.polymarket:Polymarket",
        "http_json": "custom.http_json:HttpJson",
        "push": "custom.push:Push",
        "plugin": "custom.plugin:Plugin",
    },
)


def build(settings: CollectorSettings) -> Collector:
    """The collector that these settings describe."""
    return COLLECTORS[str(settings.__struct_config__.tag)](settings)
