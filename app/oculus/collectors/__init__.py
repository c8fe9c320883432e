"""Collectors: they ask the world for numbers.

To add one: write a module like network/tcp.py, add its class below, and describe it in the README's
table of collectors.
"""

from __future__ import annotations

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.custom.http_json import HttpJson
from oculus.collectors.custom.push import Push
from oculus.collectors.network.dns import Dns
from oculus.collectors.network.http import Http
from oculus.collectors.network.ping import Ping
from oculus.collectors.network.tcp import Tcp

COLLECTORS: dict[str, type[Collector]] = {c.kind: c for c in (Ping, Tcp, Http, Dns, HttpJson, Push)}


def build(settings: CollectorSettings) -> Collector:
    """The collector that these settings describe."""
    return COLLECTORS[str(settings.__struct_config__.tag)](settings)
