"""A table of deliveries, a clock that stands still, and a service that answers as it is told."""

import copy
import json
import math
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import pytest

from fakes.chat import Chat, ChatSettings, Room
from fakes.messengers import Local
from oculus.core.alert import Alert, AlertState, News, NewsKind
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.event import Severity
from oculus.core.metric import Metric
from oculus.notify import CHANNELS
from oculus.notify.facts import Facts
from oculus.notify.notifier import Notifier

NOON_MS = 1_767_268_800_000  # 2026-01-01 12:00 UTC


class StillClock:
    """Moves only when told to."""

    def __init__(self):
        self.now = NOON_MS / 1000

    def now_ms(self):
        return round(self.now * 1000)

    def monotonic(self):
        return self.now

    def pass_s(self, seconds):
        self.now += seconds


class Table:
    """Stands for the database: what is saved is copied, so it is what a restart would find."""

    def __init__(self):
        self.rows = {}
        self.history = []  # (delivery id, state) as they were committed
        self.broken = None
        self.lock = threading.Lock()

    def save(self, deliveries):
        if self.broken:
            raise self.broken
        with self.lock:
            for delivery in deliveries:
                self.rows[delivery.id] = copy.copy(delivery)
                self.history.append((delivery.id, str(delivery.state)))

    def unfinished(self):
        with self.lock:
            return [copy.copy(row) for row in self.rows.values() if not row.state.final]

    def refused(self):
        with self.lock:
            return [copy.copy(row) for row in self.rows.values() if row.state == "failed"]

    def told(self, alert):
        with self.lock:
            return {
                row.channel
                for row in self.rows.values()
                if row.news.alert.id == alert
                and row.news.kind is not NewsKind.RESOLVED
                and row.state not in ("failed", "expired", "skipped")
            }

    def states(self, delivery):
        return [state for number, state in self.history if number == delivery.id]


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def table():
    return Table()


@pytest.fixture
def house(table, eventually):
    """Makes notifiers on the same table, as restarts do, and stops them at the end."""
    made = []

    def make(channels=None, clock=None, **options):
        told = []

        def store_and_put(deliveries):
            table.save(deliveries)
            notifier.put(deliveries)

        asked = {"reload": table.unfinished, "refused": table.refused, "told": table.told}
        options = asked | {"resend": store_and_put, "chance": lambda: 0.0} | options
        notifier = Notifier(
            table.save, told.append, counters := Counters(), clock or SystemClock(), **options
        )
        notifier.replace(channels or {})
        made.append(notifier)

        def tell(*news):
            """What the runtime does: address, store, hand over."""
            deliveries = notifier.address(news)
            store_and_put(deliveries)
            return deliveries

        return SimpleNamespace(notifier=notifier, events=told, counters=counters, tell=tell)

    yield make
    for notifier in made:
        eventually(lambda notifier=notifier: notifier.stop(2))


@pytest.fixture
def start(house, clock, monkeypatch):
    """A house with a chat for a channel; every call is a restart."""
    Chat.sent, Chat.tries, Chat.refuses = [], [], None
    monkeypatch.setitem(CHANNELS, "chat", Chat)
    return lambda **options: Room(house({"hook": ChatSettings()}, clock, **options), clock)


@pytest.fixture
def chat(start):
    return start()


@pytest.fixture
def news():
    """A piece of news; every alert has its own number unless one is given."""
    numbers = iter(range(1, 100_000))

    def make(kind=NewsKind.FIRED, *, alert=None, channels=("hook",), severity=Severity.WARN, **fields):
        body = {
            "id": alert or next(numbers),
            "rule": "api_down",
            "instance": "net.http.api",
            "severity": severity,
            "state": AlertState.RESOLVED if kind is NewsKind.RESOLVED else AlertState.FIRING,
            "message": "API unreachable",
            "value": 503.0,
            "threshold": 200.0,
            "worst": 612.0,
            "started_ms": NOON_MS - 60_000,
            "fired_ms": NOON_MS,
            "ended_ms": NOON_MS + 60_000 if kind is NewsKind.RESOLVED else None,
        }
        held, mention = fields.pop("held", ""), fields.pop("mention", ())
        return News(
            kind=kind,
            alert=Alert(**body | fields),
            ts_ms=NOON_MS,
            channels=tuple(channels),
            held=held,
            mention=mention,
        )

    return make


class Service(Local):
    """Answers from `answers`, and 200 when there are none left; over TLS with a context."""

    def __init__(self, tls=None):
        self.tls = tls
        super().__init__(Handler)

    def server_activate(self):
        super().server_activate()
        if self.tls:
            self.socket = self.tls.wrap_socket(self.socket, server_side=True)

    @property
    def url(self):
        return super().url.replace("http:", "https:") if self.tls else super().url

    def bodies(self):
        return [json.loads(request.body) for request in self.got]

    def told(self):
        """The pieces of news in all of them, alone or in a digest."""
        return [each for body in self.bodies() for each in body.get("alerts", [body])]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.got.append(SimpleNamespace(path=self.path, headers=dict(self.headers), body=body))
        answer = self.server.answers.popleft() if self.server.answers else 200
        if callable(answer):
            answer(self)
        else:
            self.answer(answer)

    do_GET = do_POST  # noqa: N815

    def answer(self, status, headers=(), body=b"ok"):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def service():
    server = Service()
    yield server
    server.end()


@pytest.fixture
def services():
    """As many as a test needs; `tls` is an ssl context."""
    made = []

    def make(tls=None):
        made.append(Service(tls))
        return made[-1]

    yield make
    for server in made:
        server.end()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def facts():
    """What the rest of the house knows: three hours of one series, and notes that are kept in `notes`."""
    return known()


@dataclass(frozen=True)
class Known(Facts):
    """Facts that a test may look into."""

    notes: dict = field(default_factory=dict)


def known():
    wave = [120 + 30 * math.sin(number / 9) for number in range(300)]
    wave += [503 - number for number in range(60)]
    points = [(NOON_MS - (360 - number) * 30_000, value) for number, value in enumerate(wave, 1)]
    values = {"": 503.0, ".status": 503.0, ".up": 0.0}
    latest = {f"net.http.api{part}": value for part, value in values.items()} | {"net.http.shop": 88.5}
    metrics = {name: Metric(NOON_MS - 12_000, "net.http", name, value, {}) for name, value in latest.items()}
    notes = {}
    return Known(
        series=lambda symbol, since, until: [
            point for point in points if symbol == "net.http.api" and since <= point[0] <= until
        ],
        latest=metrics.get,
        symbols=lambda: sorted(metrics),
        link=lambda path: f"http://oculus.test:8420{path}",
        remember=lambda channel, kept: notes.update({(channel, alert): note for alert, note in kept.items()}),
        recall=lambda channel, alerts: {
            alert: notes[channel, alert] for alert in alerts if (channel, alert) in notes
        },
        notes=notes,
    )


@pytest.fixture
def messengers(servers):
    """Starts a local Telegram, Discord or Slack."""
    return servers


@pytest.fixture
def open_channel(clock, facts):
    """Makes channels that are closed at the end: `open_channel(Telegram, settings)`."""
    made = []

    def make(kind, settings):
        made.append(kind("hook", settings, clock, facts))
        return made[-1]

    yield make
    for channel in made:
        channel.close()


NASTY = '<b>@everyone</b> <!channel> <@U123456> `*_~||x||_*` [l](http://e.vil) & "q" \n@here @all'


@pytest.fixture
def nasty():
    """A text that tries to call people and to break every kind of mark-up."""
    return NASTY
