"""What market collectors are handed in tests: the fake internet, a clock that stands still, plain memory."""

from __future__ import annotations

import msgspec

from oculus.collectors.sources.memory import PlainCloses, PlainMemory
from oculus.collectors.sources.registry import Sources
from oculus.collectors.sources.settings import PolymarketSettings, SourcesSettings
from oculus.collectors.tools import Tools
from oculus.core.clock import to_ms
from oculus.core.counters import Counters
from oculus.core.fields import read_special
from oculus.core.moments import parse_moment

NOON = parse_moment("2026-11-25T12:00:00Z", 0)


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self, now_ms=NOON):
        self.ms = now_ms
        self.seconds = 1000.0

    def now_ms(self):
        return self.ms

    def monotonic(self):
        return self.seconds

    def ahead(self, seconds):
        self.ms += round(seconds * 1000)
        self.seconds += seconds

    def at(self, moment):
        """Put the wall clock to a moment written as 2026-11-25T12:00:00Z, be it back."""
        self.ms = parse_moment(moment, 0)

    def until(self, moment):
        """Wait for a moment."""
        self.ahead((parse_moment(moment, 0) - self.ms) / 1000)


class Kit:
    """Everything a collector needs, and what is left when Oculus is started afresh."""

    def __init__(self, internet, ws_url="ws://127.0.0.1:9/", **settings):
        self.internet = internet
        self.ws_url = ws_url
        self.clock = Clock()
        self.memory, self.closes, self.counters = PlainMemory(), PlainCloses(), Counters()
        self.set(**settings)

    def set(self, **settings):
        """Make new clients, as a restart does: coingecko={"api_key": "k", "per_month": 10}."""
        given = {
            name: {"base_url": self.internet.url(name), **settings.get(name, {})}
            for name in SourcesSettings.__struct_fields__
            if name != "polymarket"
        }
        url = self.internet.url
        polymarket = PolymarketSettings(
            gamma_url=url("polymarket_gamma"), clob_url=url("polymarket_clob"), ws_url=self.ws_url
        )
        self.settings = msgspec.structs.replace(
            msgspec.convert(given, SourcesSettings, dec_hook=read_special), polymarket=polymarket
        )
        self.sources = Sources(self.settings, self.memory, self.clock)
        self.tools = Tools(self.sources, self.memory, self.closes, self.counters)

    def restart(self, **settings):
        self.sources.close()
        self.set(**settings)

    def collector(self, kind, **settings):
        """A collector of this class, set up as the scheduler would."""
        made = kind(
            msgspec.convert({"type": kind.kind, **settings}, kind.settings_class, dec_hook=read_special)
        )
        made.clock, made.tools = self.clock, self.tools
        return made

    def close(self):
        self.sources.close()


def seconds(moment):
    """Seconds since 1970 of 2026-11-25T12:00:00Z."""
    return parse_moment(moment, 0) // 1000


__all__ = ["NOON", "Clock", "Kit", "seconds", "to_ms"]
