"""The made-up days that the pictures show: hosts, markets, odds, one outage and one slow shop.

Everything but the world outside is real: the collectors of these settings run on a real scheduler and are
handed `courses()` instead of answers; rules, writer and pages do what they always do.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest.mock import patch

from msgspec import Struct

from oculus.collectors import build
from oculus.collectors.collector import Collector, CollectorSettings
from oculus.core.errors import OculusError
from oculus.core.metric import Metric
from oculus.core.symbols import category_of
from oculus.noise import event
from oculus.runtime import Oculus
from oculus.settings.load import load

MINUTE_MS = 60_000
HOUR, DAY = 60, 24 * 60  # in minutes, as all of a course is
DAYS = 3
SETTLE_S = 60.0
HICCUPS = (1390, 1275, 1130, 1004, 868, 731, 655, 540, 433, 322, 208, 131)  # a minute each, of one host
SETTINGS = """\
server: {port: 0, rate_limit: {per_second: 10000, burst: 10000}}
connectivity: "off"
collectors:
  - {type: http, target: "https://api.example", tags: {team: shop}}
  - {type: ping, target: google.com}
  - {type: tcp, target: "redis:6379", tags: {team: shop}}
  - {type: http, target: "https://shop.example", tags: {team: shop}}
  - {type: ping, target: 1.1.1.1}
  - {type: dns, target: example.com}
  - {type: ping, target: nas.local}
  - {type: crypto.price, assets: [btc, eth, doge]}
  - {type: crypto.fng}
  - {type: stock.price, tickers: [AAPL]}
  - {type: stock.index, indices: [spx]}
  - {type: polymarket, markets: [rate-cut-in-december, etf-approved-by-june], stream: false}
  - type: http_json
    name: shop
    url: "https://shop.example/stats"
    metrics: {orders: orders.today}
rules:
  - {name: redis_down, condition: "net.tcp.redis:6379.up == 0", severity: critical, channels: [slack, log],
     message: "redis refuses connections"}
  - {name: shop_slow, condition: "net.http.shop.example > 800", for: 2m, severity: warn, channels: [log],
     message: "shop.example is slow"}
  - {name: btc_high, condition: "crypto.price.btc_usd > 98k", clear: "crypto.price.btc_usd < 97.5k",
     severity: info, channels: [log, desktop], message: "BTC crossed 98 k"}
  - {name: api_slow, condition: "net.http.api.example > 300", severity: warn, channels: [log],
     message: "api.example answers slowly"}
  - {name: gateway_loss, condition: "net.ping.*.loss > 5", for: 1m, severity: error, channels: [slack, log],
     message: "{{ symbol }} loses packets"}
channels:
  log: {}
  slack: {slack_webhook: "https://hooks.slack.com/services/T0/B0/made-up", enabled: false}
"""


class Course(Struct, frozen=True, kw_only=True):
    """How one symbol went. Times are minutes ago; outside of `steps` nothing happens to it."""

    base: float
    wobble: float
    steps: tuple[tuple[float, float, float], ...] = ()  # (from, until, how much is added meanwhile)
    swing: float = 0  # how far up and down it goes within half a day
    parts: dict[str, float] = {}
    shares: dict[str, float] = {}  # parts that are a share of the value
    tags: dict[str, str] = {}
    silent: tuple[float, float] = (0, 0)
    down: float = 0
    trouble: str = ""
    whole: bool = False


def courses() -> dict[str, Course]:
    """Each symbol of the collectors in SETTINGS, and how it went."""
    web = {"status": 200.0, "tls_days": 61.0}
    gecko, yahoo = ({"source": name, "currency": "usd"} for name in ("coingecko", "yahoo"))
    cut = {"source": "polymarket", "question": "Rate cut in December"}
    etf = {"source": "polymarket", "question": "ETF approved by June"}
    rate_cut = Course(base=0.58, wobble=0.004, steps=((900, 0, 0.05),), tags=cut)
    approved = Course(base=0.289, wobble=0.002, tags=etf)
    calm = {"loss": 0.0, "jitter": 0.4}
    refused = "redis refuses connections on port 6379"
    slow = ((2960, 2912, 700), (620, 582, 600), (19, 0, 420))
    phases = {"dns": 0.03, "connect": 0.06, "tls": 0.11, "first_byte": 0.66, "transfer": 0.14}
    shop = Course(
        base=470,
        wobble=7,
        swing=70,
        steps=slow,
        silent=(420, 310),
        parts=web | {"tls_days": 9.0},
        shares=phases,
    )
    hiccups = tuple((float(ago), ago - 1.0, 190.0) for ago in HICCUPS)
    rally = ((DAY, 0, 900), (340, 0, 1250))
    return {
        "net.http.api.example": Course(
            base=182, wobble=5, steps=(*hiccups, (980, 955, 165), (402, 378, 175)), parts=web, shares=phases
        ),
        "net.ping.google.com": Course(base=11.8, wobble=0.25, parts=calm),
        "net.tcp.redis:6379": Course(base=0.92, wobble=0.03, down=12, trouble=refused),
        "net.http.shop.example": shop,
        "net.ping.1.1.1.1": Course(base=9.2, wobble=0.2, parts=calm),
        "net.dns.example.com": Course(base=23, wobble=0.8),
        "net.ping.nas.local": Course(base=2.6, wobble=0.06, parts=calm, silent=(38, 27)),
        "crypto.price.btc_usd": Course(
            base=96_100, wobble=60, steps=rally, tags=gecko, parts={"change_24h": 2.4}
        ),
        "crypto.price.eth_usd": Course(base=3317, wobble=4, tags=gecko, parts={"change_24h": -1.1}),
        "crypto.price.doge_usd": Course(base=0.392, wobble=0.001, tags=gecko),
        "crypto.sentiment.fng": Course(base=70, wobble=0.5, whole=True),
        "stock.price.aapl": Course(base=229.9, wobble=0.2, tags=yahoo),
        "stock.index.spx": Course(base=5951, wobble=3, tags=yahoo, parts={"change": 0.3}),
        "pred.poly.rate-cut-in-december": rate_cut,
        "pred.prob.rate-cut-in-december": rate_cut,
        "pred.poly.etf-approved-by-june": approved,
        "pred.prob.etf-approved-by-june": approved,
        "custom.shop.orders": Course(base=1224, wobble=6, whole=True),
    }


class World:
    """What the collectors would find outside, at any of the last days' minutes."""

    def __init__(self) -> None:
        self.courses = courses()
        self._chance = random.Random(7)  # noqa: S311  pictures, not secrets
        self._levels = dict.fromkeys(self.courses, 0.0)
        self.present = threading.Event()  # until then, all is past, and nobody finds anything

    def at(self, symbol: str, ts_ms: int, ago: float) -> list[Metric]:
        """What one look at a symbol brought, `ago` minutes before now."""
        course = self.courses[symbol]
        if course.silent[1] < ago <= course.silent[0]:
            return []
        up, found = ago >= course.down, {}
        if up:
            value = self._value(symbol, course, ago)
            found = {"": value} | course.parts | {part: value * each for part, each in course.shares.items()}
        if symbol.startswith("net."):
            found["up"] = float(up)
        names = {f"{symbol}.{part}" if part else symbol: value for part, value in found.items()}
        kind = category_of(symbol)
        return [Metric(ts_ms, kind, name, value, course.tags) for name, value in names.items()]

    def _value(self, symbol: str, course: Course, ago: float) -> float:
        level = self._levels[symbol] * 0.97 + self._chance.gauss(0, course.wobble)
        self._levels[symbol] = level
        happened = sum(height for begun, ended, height in course.steps if ended <= ago < begun)
        value = course.base + level + happened + course.swing * math.sin(ago / (DAY / 2) * math.tau)
        return float(round(value)) if course.whole else value

    def collector(self, settings: CollectorSettings) -> Collector:
        """The real one, but that it finds this world. Raises KeyError when it wants what is not here."""
        made = build(settings)
        known = [symbol for symbol in made.symbols() if self.courses[symbol]]

        def collect() -> list[Metric]:
            if not self.present.is_set():
                return []
            made.trouble = next((why for symbol in known if (why := self.courses[symbol].trouble)), "")
            now_ms = made.clock.now_ms()
            return [metric for symbol in known for metric in self.at(symbol, now_ms, 0)]

        made.collect = collect  # type: ignore[method-assign]
        return made


@contextmanager
def running(home: Path) -> Iterator[Oculus]:
    """A real Oculus in `home` that has seen DAYS of a made-up world, and whose rules fire because of it."""
    world, config = World(), home / "oculus.yaml"
    config.write_text(SETTINGS, "utf-8")
    with (
        patch("oculus.collectors.job.build", world.collector),
        Oculus(load(config), home / "data", config) as oculus,
    ):
        remember(oculus, world)
        world.present.set()
        for status in oculus.scheduler.status():
            until(partial(asked, oculus, status.name), f"{status.name} finds nothing")
        until(lambda: {"redis_down", "shop_slow"} <= firing(oculus), "the rules do not fire")
        now_ms = oculus.clock.now_ms()
        oculus.writer.tell(event(oculus.noise.report(now_ms), now_ms))
        oculus.writer.change(lambda _: None).result(SETTLE_S)
        yield oculus


def remember(oculus: Oculus, world: World) -> None:
    """The days before, in their order, through the writer: each fifth minute, then each, then each half."""
    now_ms, minutes = oculus.clock.now_ms(), [float(ago) for ago in range(DAYS * DAY, DAY, -5)]
    minutes += [float(ago) for ago in range(DAY, HOUR, -1)]
    minutes += [half / 2 for half in range(2 * HOUR, 0, -1)]
    for place, ago in enumerate(minutes):
        ts_ms = now_ms - round(ago * MINUTE_MS)
        oculus.writer.put([metric for symbol in world.courses for metric in world.at(symbol, ts_ms, ago)])
        if place % 100 == 0:  # the rules keep pace
            oculus.writer.change(lambda _: None).result(SETTLE_S)
    oculus.writer.change(lambda _: None).result(SETTLE_S)


def asked(oculus: Oculus, name: str) -> bool:
    """Have a collector look now; False while it does so by itself, or cannot, which its log says."""
    try:
        return bool(oculus.scheduler.run_now(name))
    except OculusError:
        return False


def firing(oculus: Oculus) -> set[str]:
    return {record.alert.rule for record in oculus.reader.alerts(state="firing")}


def until(question: Callable[[], object], otherwise: str) -> None:
    """Wait until it is true. Raises TimeoutError."""
    ends = time.monotonic() + SETTLE_S
    while not question():
        if time.monotonic() > ends:
            raise TimeoutError(f"{otherwise} within {SETTLE_S:.0f} s")
        time.sleep(0.05)
