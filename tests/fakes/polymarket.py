"""Polymarket's WebSocket on this machine: it says what it is told to, and can drop, freeze or fall silent."""

from __future__ import annotations

import contextlib
import json
import threading
import time

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

YES, NO = "1" * 70, "2" * 70


class Socket:
    """Start it, hand out `url`, tell it what to `say`, close it."""

    def __init__(self):
        self.subscribed = []  # what each connection asked for
        self.pings = 0
        self.greeting = []  # frames that each new connection gets at once
        self.mute = False  # does not answer PING any more
        self.shut = False  # refuses connections
        self.open = set()
        self._server = serve(self._handle, "127.0.0.1", 0, process_request=self._door, ping_interval=None)
        self._serving = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._serving.start()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/ws/market"

    def say(self, *frames):
        """Send to everybody who is connected: text as it is, anything else as JSON."""
        for connection in list(self.open):
            for frame in frames:
                with contextlib.suppress(ConnectionClosed):
                    connection.send(frame if isinstance(frame, str) else json.dumps(frame))

    def drop(self):
        """Cut every connection without a word."""
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.socket.shutdown(2)

    def close(self):
        self.drop()
        self._server.shutdown()
        self._serving.join()

    def _door(self, connection, request):
        return connection.respond(503, "closed\n") if self.shut else None

    def _handle(self, connection):
        with contextlib.suppress(ConnectionClosed):
            self.subscribed.append(json.loads(connection.recv(timeout=30)))
            self.open.add(connection)
            try:
                for frame in self.greeting:
                    connection.send(frame if isinstance(frame, str) else json.dumps(frame))
                for frame in connection:
                    self.pings += frame == "PING"
                    if not self.mute:
                        connection.send("PONG")
            finally:
                self.open.discard(connection)


def now_ms():
    return time.time_ns() // 1_000_000


def book(token=YES, bid=0.50, ask=0.52, ts_ms=1):
    """The first message about a token; the best offers do not stand first."""
    return {
        "event_type": "book", "asset_id": token, "market": "0x1", "timestamp": str(ts_ms), "hash": "x",
        "bids": [{"price": ".01", "size": "5"}, {"price": f"{bid}", "size": "30"}],
        "asks": [{"price": "0.99", "size": "5"}, {"price": f"{ask}", "size": "25"}],
    }  # fmt: skip


def touch(token=YES, bid=0.50, ask=0.52, ts_ms=1):
    return {"event_type": "best_bid_ask", "asset_id": token, "market": "0x1", "best_bid": f"{bid}",
            "best_ask": f"{ask}", "spread": "0.02", "timestamp": str(ts_ms)}  # fmt: skip


def new_change(token=YES, price=0.6, size=10, side="BUY", bid=0.6, ask=0.62, ts_ms=1):
    change = {"asset_id": token, "price": f"{price}", "size": f"{size}", "side": side, "hash": "x",
              "best_bid": f"{bid}", "best_ask": f"{ask}"}  # fmt: skip
    return {"event_type": "price_change", "market": "0x1", "price_changes": [change], "timestamp": str(ts_ms)}


def old_change(token=YES, price=0.51, size=10, side="BUY", ts_ms=1):
    return {"event_type": "price_change", "asset_id": token, "market": "0x1", "price": f"{price}",
            "size": f"{size}", "side": side, "hash": "x", "timestamp": str(ts_ms)}  # fmt: skip


def trade(token=YES, price=0.49, ts_ms=1):
    return {"event_type": "last_trade_price", "asset_id": token, "market": "0x1", "price": f"{price}",
            "side": "SELL", "size": "12", "fee_rate_bps": "0", "timestamp": str(ts_ms)}  # fmt: skip


def market(slug="will-it-rain", prices=("0.505", "0.495"), tokens=(YES, NO), outcomes=("Yes", "No"), **more):
    """Gamma's description: lists are JSON inside of strings."""
    return {
        "id": "1", "slug": slug, "question": "Will it rain?", "conditionId": "0x1",
        "outcomes": json.dumps(list(outcomes)), "outcomePrices": json.dumps(list(prices)),
        "clobTokenIds": json.dumps(list(tokens)), "active": True, "closed": False, "acceptingOrders": True,
        "updatedAt": "2026-11-25T11:59:30.123456Z", **more,
    }  # fmt: skip
