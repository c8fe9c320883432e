"""Polymarket on this machine: its REST by the fake internet, its WebSocket by a real one."""

from __future__ import annotations

import pytest

from fakes.internet import Internet
from fakes.market import Kit
from fakes.polymarket import Socket, market
from fakes.waiting import eventually
from oculus.collectors.prediction.polymarket import Polymarket
from oculus.collectors.prediction.stream import Pace
from oculus.collectors.sources.registry import Sources
from oculus.collectors.tools import Tools

QUICK = Pace(
    ping=0.1, pong=20, silence=30, open=5, look=0.01, gather=0, shortest_wait=0.02, longest_wait=0.05
)
GAMMA, CLOB = "polymarket_gamma", "polymarket_clob"


class World:
    """A collector and all that it can reach."""

    def __init__(self):
        self.internet, self.socket = Internet(), Socket()
        self.kit = Kit(self.internet, self.socket.url)
        self.clock, self.memory = self.kit.clock, self.kit.memory
        self.made = []
        self.internet.say(GAMMA, "/markets", [market()])
        self.internet.say(GAMMA, "/events", [])
        self.internet.say(CLOB, "/midpoint", {"mid": "0.51"})

    def tools(self):
        """As after a restart: other clients, the same memory."""
        return Tools(
            Sources(self.kit.settings, self.memory, self.clock),
            self.memory,
            self.kit.closes,
            self.kit.counters,
        )

    def collector(self, pace=QUICK, **settings):
        made = self.kit.collector(Polymarket, **{"markets": ["will-it-rain"], **settings})
        made.tools, made.pace = self.tools(), pace
        self.made.append(made)
        return made

    def run(self, collector, seconds=5):
        """Move on by an interval and collect: {symbol without pred.: value}."""
        self.clock.ahead(seconds)
        return values(collector.collect())

    def listening(self, collector, connections=1):
        """Wait until its stream is connected."""
        eventually(lambda: len(self.socket.subscribed) >= connections and len(self.socket.open) == 1)
        eventually(lambda: not collector._streams.running[0].trouble)

    def hears(self, collector, *frames):
        """Say something, and wait until the stream has taken it in."""
        quotes = collector._quotes

        def known():
            with quotes._lock:
                return [(name, vars(token).copy()) for name, token in quotes._tokens.items()], dict(
                    quotes._ended
                )

        before = known()
        self.socket.say(*frames)
        eventually(lambda: known() != before)

    def close(self):
        for collector in self.made:
            collector.close()
        self.socket.close()
        self.internet.close()
        self.kit.close()


def values(metrics):
    return {metric.symbol.removeprefix("pred."): metric.value for metric in metrics}


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()
