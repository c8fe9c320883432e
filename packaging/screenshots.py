"""Pictures of the pages, with numbers as a person would have them: python packaging/screenshots.py [FOLDER]

Serves the real pages over a live cache filled with an hour of made-up numbers, and photographs them in
dark and light, wide and as a phone shows them. Development only; needs Chromium and the extra `test`.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from oculus.collectors.status import CollectorState, CollectorStatus, Freshness
from oculus.core.alert import Alert, AlertState, Delivery, DeliveryState, News, NewsKind
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.event import Severity
from oculus.core.metric import Metric
from oculus.core.symbols import category_of
from oculus.rules.status import RuleStatus
from oculus.storage.history import AlertRecord
from oculus.storage.live import LiveCache
from oculus.web import pages, partials, static
from oculus.web.site import Site

HOUR_S = 3600
MINUTE_MS = 60_000
SHOTS = (("dashboard", "/"), ("alerts", "/alerts"), ("rules", "/rules"), ("collectors", "/collectors"))
SIZES = {"": (1440, 1010), "-phone": (390, 844)}


class World:
    """An hour of a small company's life: hosts, markets, odds, one outage and one slow shop."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.now_ms = self.clock.now_ms()
        self.live = LiveCache(self.clock)
        self.chance = random.Random(7)  # noqa: S311 - pictures, not secrets
        self.collectors: list[CollectorStatus] = []

    def wander(self, base: float, wobble: float, drift: float = 0.0, every_s: int = 30) -> list[float]:
        """Values around `base` that end about `drift` higher."""
        steps, level, values = HOUR_S // every_s, 0.0, []
        for step in range(steps + 1):
            level = level * 0.97 + self.chance.gauss(0, wobble)
            values.append(base + level + self.chance.gauss(0, wobble * 0.4) + drift * (step / steps) ** 2)
        return values

    def add(self, kind: str, symbol: str, values: list[float], *, age_s: int = 4, **more: Any) -> None:
        """One symbol and its values over the last hour. `silent` and `down` are in minutes ago."""
        parts, tags = more.get("parts", {}), more.get("tags", {})
        silent, down = more.get("silent", (0, 0)), more.get("down", 0)
        last_ms = self.now_ms - age_s * 1000
        step_ms = HOUR_S * 1000 / max(1, len(values) - 1)
        for place, value in enumerate(values):
            ts_ms = round(last_ms - (len(values) - 1 - place) * step_ms)
            minutes_ago = (self.now_ms - ts_ms) / MINUTE_MS
            if silent[1] <= minutes_ago <= silent[0]:
                continue
            batch = [] if minutes_ago < down else [self.metric(ts_ms, symbol, value, tags)]
            if symbol.startswith("net."):
                batch.append(self.metric(ts_ms, f"{symbol}.up", float(minutes_ago >= down), tags))
            self.live.update(batch)
        self.live.update(
            [self.metric(last_ms, f"{symbol}.{part}", value, tags) for part, value in parts.items()]
        )
        self.collectors.append(self.status(kind, symbol, last_ms, down, more.get("trouble", "")))

    @staticmethod
    def metric(ts_ms: int, symbol: str, value: float, tags: dict[str, str]) -> Metric:
        return Metric(ts_ms, category_of(symbol), symbol, value, tags)

    def status(self, kind: str, symbol: str, last_ms: int, down: float, trouble: str) -> CollectorStatus:
        return CollectorStatus(
            name=symbol.split(".", 2)[2],
            type=kind,
            symbols=[symbol],
            state=CollectorState.FAILING if trouble else CollectorState.OK,
            interval_s=30,
            last_run_ms=last_ms,
            last_success_ms=last_ms - round(down * MINUTE_MS),
            last_error=trouble,
            failing_since_ms=self.now_ms - round(down * MINUTE_MS) if trouble else None,
            next_run_ms=last_ms + 30_000,
            runs=2880,
            failures=0,
            missed=0,
            stuck=False,
            lateness_p50_ms=1.2,
            lateness_p99_ms=9.8,
        )

    def freshness(self, symbol: str) -> Freshness | None:
        for status in self.collectors:
            if symbol in status.symbols:
                return Freshness(answered_ms=status.last_run_ms, interval_s=30, collector=status.name)
        return None


def fill(world: World) -> None:
    """What the pictures show."""
    wander, add = world.wander, world.add
    gecko = {"source": "coingecko", "currency": "usd"}
    yahoo = {"source": "yahoo", "currency": "usd"}
    add("http", "net.http.api.example", wander(182, 5, every_s=15), parts={"status": 200.0, "tls_days": 61.0})
    add("ping", "net.ping.google.com", wander(11.8, 0.25), age_s=9, parts={"loss": 0.0, "jitter": 0.41})
    add(
        "tcp",
        "net.tcp.redis:6379",
        wander(0.92, 0.03, every_s=15),
        down=12,
        trouble="redis refuses connections on port 6379",
    )
    add(
        "http",
        "net.http.shop.example",
        wander(540, 14, drift=370, every_s=15),
        age_s=6,
        parts={"status": 200.0, "tls_days": 9.0},
    )
    add("ping", "net.ping.1.1.1.1", wander(9.2, 0.2), age_s=2, parts={"loss": 0.0, "jitter": 0.38})
    add("dns", "net.dns.example.com", wander(23, 0.8), age_s=12, tags={"record": "A"})
    add(
        "ping",
        "net.ping.nas.local",
        wander(2.6, 0.06, every_s=20),
        age_s=3,
        parts={"loss": 0.0, "jitter": 0.19},
        silent=(38, 27),
    )
    add(
        "crypto.price",
        "crypto.price.btc_usd",
        wander(96_100, 60, 2300, 60),
        age_s=38,
        tags=gecko,
        parts={"change_24h": 2.4},
    )
    add(
        "crypto.price",
        "crypto.price.eth_usd",
        wander(3317, 2, -36, 60),
        age_s=38,
        tags=gecko,
        parts={"change_24h": -1.1},
    )
    add("crypto.price", "crypto.price.doge_usd", wander(0.392, 0.0006, 0.01, 60), age_s=38, tags=gecko)
    add("crypto.fng", "crypto.sentiment.fng", [68.0, 68.0, 70.0, 70.0, 72.0], age_s=240)
    add(
        "stock.price",
        "stock.price.aapl",
        wander(229.9, 0.1, -0.9, 60),
        age_s=1500,
        tags=yahoo | {"market": "closed"},
    )
    add(
        "stock.index",
        "stock.index.spx",
        wander(5951, 1.4, 18, 60),
        age_s=40,
        tags={"source": "yahoo"},
        parts={"change": 0.3},
    )
    cut = {"source": "polymarket", "question": "Rate cut in December"}
    add("polymarket", "pred.poly.rate-cut-in-december", wander(0.58, 0.002, 0.05), age_s=1, tags=cut)
    etf = {"source": "polymarket", "question": "ETF approved by June"}
    add("polymarket", "pred.poly.etf-approved-by-june", wander(0.289, 0.001, -0.01), age_s=3, tags=etf)
    add("http_json", "custom.shop.orders", [float(round(v)) for v in wander(1224, 2, 60)], age_s=14)
    for name, value in (("queue", 3.0), ("query_p95", 4.0), ("insert_failures", 0.0)):
        world.live.update([world.metric(world.now_ms - 9000, f"oculus.{name}", value, {})])


def alerts(world: World) -> list[AlertRecord]:
    """Two that fire, three that are over."""
    past = (
        (
            "redis_down",
            "net.tcp.redis:6379",
            Severity.CRITICAL,
            "redis refuses connections",
            0.0,
            None,
            12,
            None,
        ),
        ("shop_slow", "net.http.shop.example", Severity.WARN, "shop.example is slow", 914.0, 800.0, 6, None),
        ("btc_high", "crypto.price.btc_usd", Severity.INFO, "BTC crossed 98 k", 98_020.0, 98_000.0, 340, 335),
        (
            "gateway_loss",
            "net.ping.gw.loss",
            Severity.ERROR,
            "The gateway loses packets",
            12.5,
            5.0,
            1480,
            1462,
        ),
        (
            "shop_slow",
            "net.http.shop.example",
            Severity.WARN,
            "shop.example is slow",
            1240.0,
            800.0,
            2960,
            2912,
        ),
    )
    channels = (("slack", "log"), ("log",), ("telegram", "log"), ("slack", "log"), ("log",))
    found = []
    for number, (rule, symbol, severity, message, value, limit, begun, ended) in enumerate(past, start=1):
        alert = Alert(
            id=number,
            rule=rule,
            instance=symbol,
            severity=severity,
            state=AlertState.RESOLVED if ended else AlertState.FIRING,
            message=message,
            value=None if symbol.startswith("net.tcp") else value,
            threshold=limit,
            started_ms=world.now_ms - begun * MINUTE_MS,
            fired_ms=world.now_ms - begun * MINUTE_MS + 30_000,
            ended_ms=world.now_ms - ended * MINUTE_MS if ended else None,
            tags={"currency": "usd"} if symbol.startswith("crypto") else {},
        )
        found.append(AlertRecord(alert, [delivery(alert, channel) for channel in channels[number - 1]]))
    return found


def delivery(alert: Alert, channel: str) -> Delivery:
    news = News(kind=NewsKind.FIRED, alert=alert, ts_ms=alert.fired_ms)
    return Delivery(
        id=alert.id,
        channel=channel,
        news=news,
        state=DeliveryState.SENT,
        created_ms=alert.fired_ms,
        next_ms=alert.fired_ms,
        expires_ms=alert.fired_ms,
    )


def rules(world: World) -> list[RuleStatus]:
    """The rules behind the alerts, and two that are at peace."""
    told = (
        ("redis_down", "net.tcp.redis:6379.up == 0", Severity.CRITICAL, "0s", "firing", 12),
        ("shop_slow", "net.http.shop.example > 800", Severity.WARN, "2m", "firing", 6),
        ("gateway_loss", "net.ping.gw.loss > 5", Severity.ERROR, "1m", "ok", 0),
        ("btc_high", "crypto.price.btc_usd > 98k", Severity.INFO, "0s", "ok", 0),
    )
    return [
        RuleStatus(
            name=name,
            condition=condition,
            clear="",
            severity=severity,
            for_=hold,
            recover_for="0s",
            cooldown="0s",
            repeat="0s",
            channels=("slack", "log"),
            depends_on=(),
            message="",
            enabled=True,
            state=state,
            since_ms=world.now_ms - minutes * MINUTE_MS if minutes else None,
        )
        for name, condition, severity, hold, state, minutes in told
    ]


def stage(world: World) -> Any:
    """As much of a running Oculus as the pages look at."""
    known, alive = alerts(world), SimpleNamespace(alive=lambda: True, healthy=lambda: True)

    def asked(state: str = "", limit: int = 100) -> list[AlertRecord]:
        return [record for record in known if state in ("", record.alert.state)][:limit]

    return SimpleNamespace(
        clock=world.clock,
        counters=Counters(),
        live=world.live,
        writer=alive,
        notifier=alive,
        engine=SimpleNamespace(status=lambda: rules(world), alive=lambda: True),
        scheduler=SimpleNamespace(
            status=lambda: world.collectors, freshness=world.freshness, alive=lambda: True
        ),
        reader=SimpleNamespace(alerts=asked),
        problems=[],
        settings=SimpleNamespace(files=[Path("/home/ada/.config/oculus/oculus.yaml")]),
    )


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Pictures need no log."""


@contextmanager
def served(oculus: Any) -> Iterator[str]:
    """The address under which the pages are, for as long as the block lasts."""
    app = Site()
    for part in (static, pages, partials):
        part.mount(app, *([] if part is static else [oculus]))
    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, name="screenshots")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main(folder: Path) -> int:
    from playwright.sync_api import sync_playwright

    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("no Chromium on this machine: install the package `chromium`", file=sys.stderr)
        return 1
    world = World()
    fill(world)
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    folder.mkdir(parents=True, exist_ok=True)
    with served(stage(world)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=flags)
        for name, path in SHOTS:
            for suffix, (width, height) in SIZES.items():
                for scheme in ("dark", "light"):
                    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                    page.goto(address + path)
                    light = "-light" if scheme == "light" else ""
                    page.screenshot(path=folder / f"{name}{suffix}{light}.png", full_page=not suffix)
                    page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots")))
