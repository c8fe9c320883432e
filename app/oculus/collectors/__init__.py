"""Collectors: they ask the world for numbers.

To add one: write a module like network/tcp.py, add its class below, and describe it in the README's
table of collectors.
"""

from __future__ import annotations

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.crypto.altseason import Altseason
from oculus.collectors.crypto.average import Average
from oculus.collectors.crypto.fear_greed import FearGreed
from oculus.collectors.crypto.mvrv import Mvrv
from oculus.collectors.crypto.price import Price
from oculus.collectors.custom.http_json import HttpJson
from oculus.collectors.custom.plugin import Plugin
from oculus.collectors.custom.push import Push
from oculus.collectors.network.dns import Dns
from oculus.collectors.network.http import Http
from oculus.collectors.network.ping import Ping
from oculus.collectors.network.tcp import Tcp
from oculus.collectors.prediction.polymarket import Polymarket
from oculus.collectors.stocks.index import Index
from oculus.collectors.stocks.price import StockPrice
from oculus.collectors.stocks.sector import Sector

COLLECTORS: dict[str, type[Collector]] = {c.kind: c for c in (
    Ping, Tcp, Http, Dns,
    Price, Average, FearGreed, Mvrv, Altseason,
    StockPrice, Index, Sector,
    Polymarket,
    HttpJson, Push, Plugin,
)}  # fmt: skip


def build(settings: CollectorSettings) -> Collector:
    """The collector that these settings describe."""
    return COLLECTORS[str(settings.__struct_config__.tag)](settings)
