"""What tests of collectors share: a clock that stands still, real servers, a collector with a script."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import trustme

from fakes.internet import Internet
from fakes.market import Kit
from fakes.waiting import eventually
from oculus.collectors import COLLECTORS, build
from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.scheduler import Scheduler
from oculus.core.counters import Counters
from oculus.core.outgoing import hang_up


class FakeClock:
    """Both clocks stand still until they are moved."""

    def __init__(self, now_s=1000.0):
        self.now_s = now_s

    def monotonic(self):
        return self.now_s

    def now_ms(self):
        return 1_700_000_000_000 + round(self.now_s * 1000)

    def move(self, seconds):
        self.now_s += seconds


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def internet():
    """Every provider, on this machine."""
    server = Internet()
    yield server
    server.close()


@pytest.fixture
def kit(internet):
    """A clock that stands still, and clients that ask there."""
    made = Kit(internet)
    yield made
    made.close()


class Desk:
    """A scheduler on the fake clock, with everything it hands over kept in lists."""

    def __init__(self, clock, threads=8):
        self.clock = clock
        self.metrics, self.events = [], []
        self.counters = Counters()
        self.scheduler = Scheduler(
            self.metrics.extend, self.events.append, self.counters, clock, threads=threads
        )

    def round(self, seconds=0.0):
        """Move the clock, start what is due, and wait until it has run."""
        self.clock.move(seconds)
        self.scheduler.tick()
        eventually(lambda: self.scheduler._pool.busy() == 0)

    def status(self, name):
        return next(status for status in self.scheduler.status() if status.name == name)


@pytest.fixture
def desk(clock):
    desk = Desk(clock)
    yield desk
    desk.scheduler.stop(1.0)


class ScriptedSettings(CollectorSettings, frozen=True, kw_only=True, tag="scripted"):
    script: str = ""


class Scripted(Collector):
    """Does what the test says. Each instance made is in `made`, each run is counted by name."""

    kind = "scripted"
    category = "custom.scripted"
    settings_class = ScriptedSettings
    does: ClassVar = {}
    made: ClassVar = []
    runs: ClassVar = defaultdict(int)

    def __init__(self, settings):
        super().__init__(settings)
        self.made.append(self)

    def symbols(self):
        return [f"custom.scripted.{self.name}"]

    def collect(self):
        self.runs[self.name] += 1
        act = self.does.get(self.name)
        answer = act(self) if act else 1.0
        return [self.metric(self.symbols()[0], answer)] if isinstance(answer, int | float) else answer


@pytest.fixture
def scripted(monkeypatch):
    """The collector above, known to the program as `scripted` for as long as the test runs."""
    monkeypatch.setitem(COLLECTORS, "scripted", Scripted)
    Scripted.does, Scripted.made, Scripted.runs = {}, [], defaultdict(int)
    Scripted.settings = ScriptedSettings
    return Scripted


@pytest.fixture
def ask():
    """Run the collector of these settings once: ({part of the symbol: value}, trouble, metrics)."""

    def run(settings):
        collector = build(settings)
        metrics = collector.collect()
        main = collector.symbols()[0]
        values = {metric.symbol.removeprefix(main).lstrip("."): metric.value for metric in metrics}
        return values, collector.trouble, metrics

    return run


class Listener:
    """Accepts on a free port and gives each connection to `handle` on a thread of its own."""

    def __init__(self, handle, host, tls):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, 0), family=family)
        self.handle, self.tls = handle, tls
        self.open = [self.socket]
        self.threads = [threading.Thread(target=self.accept, name="listener", daemon=True)]
        self.threads[0].start()

    def accept(self):
        with contextlib.suppress(OSError):  # closed at the end of the test
            while True:
                connection, _ = self.socket.accept()
                self.open.append(connection)
                self.threads.append(threading.Thread(target=self.serve, args=[connection], daemon=True))
                self.threads[-1].start()

    def serve(self, connection):
        with contextlib.suppress(OSError, ValueError):  # who asks hangs up when he has had enough
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self.open.append(connection)
            with connection:
                self.handle(connection)

    def close(self):
        hang_up(self.socket)
        self.threads[0].join(60)  # or it takes a last connection while the next test patches sockets
        for sock in self.open:
            hang_up(sock)  # none is closed while it is read from: its number may be another's by then
        for thread in self.threads:
            thread.join(60)
        for sock in self.open:
            sock.close()


@pytest.fixture
def listen():
    """Start a Listener; returns its port."""
    listeners = []

    def start(handle, host="127.0.0.1", tls=None):
        listeners.append(Listener(handle, host, tls))
        return listeners[-1].socket.getsockname()[1]

    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def answers(listen):
    """A server that reads a request and answers with these bytes, whatever they are; returns the port."""

    def start(*pieces, pause_s=0.0, tls=None, host="127.0.0.1"):
        def handle(connection):
            connection.recv(65536)
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause_s)

        return listen(handle, host=host, tls=tls)

    return start


class Site(BaseHTTPRequestHandler):
    """A small real web site. What it was asked is kept in `server.asked`."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, headers, content = self.server.pages[self.path.partition("?")[0]]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_HEAD = do_PUT = answer  # noqa: N815

    def log_message(self, *args):
        pass


class SiteServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a probe that refuses the certificate hangs up


@pytest.fixture
def site():
    """Serve {path: (status, headers, body)} over HTTP, or HTTPS with a context; returns the server."""
    servers = []

    def start(pages, tls=None, host="127.0.0.1"):
        kind = type("V6", (SiteServer,), {"address_family": socket.AF_INET6}) if ":" in host else SiteServer
        server = kind((host, 0), Site)
        server.pages, server.asked, server.port = pages, [], server.server_address[1]
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def server_tls(authority):
    """A server's TLS with a certificate of our own authority, or of another, for these names."""

    def make(*names, signed_by=authority, **options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        signed_by.issue_cert(*(names or ("127.0.0.1", "localhost")), **options).configure_cert(context)
        return context

    return make


@pytest.fixture
def silent_port():
    """A port of this machine that neither accepts nor refuses: its backlog is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    crowd = []
    for _ in range(4):
        waiting = socket.socket()
        waiting.setblocking(False)
        waiting.connect_ex(listener.getsockname())
        crowd.append(waiting)
    yield listener.getsockname()[1]
    for sock in [*crowd, listener]:
        sock.close()


@pytest.fixture
def closed_port():
    """A port of this machine on which nobody listens. It is held, so that nobody else gets it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
