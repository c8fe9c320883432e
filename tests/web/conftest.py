"""A real Oculus with a real web server on a free port, and a caller that knows its token."""

import html
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from oculus.core.metric import Metric
from oculus.core.secret import Secret

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
HOUR_MS = 3_600_000


@dataclass
class House:
    """A running Oculus and the way to ask it."""

    oculus: Any  # the runtime
    server: Any  # its web server

    token = TOKEN.reveal()

    @property
    def url(self):
        return self.server.url

    def ask(self, method, path, *, token=None, **more):
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers.update(more.pop("headers", {}))
        more.setdefault("allow_redirects", False)
        return requests.request(method, self.url + path, headers=headers, timeout=90, **more)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, **more):
        return self.ask("POST", path, **more)

    def query(self, sql, params=None, path="/api/query"):
        return self.post(path, json={"sql": sql, "params": params})

    def store(self, *metrics):
        """Put metrics through the real writer and wait until they are committed."""
        self.oculus.writer.put(list(metrics))
        self.oculus.writer.change(lambda cursor: None).result(30)

    def metric(self, symbol, value, ago_ms=0, **tags):
        category = ".".join(symbol.split(".")[:2])
        return Metric(self.oculus.clock.now_ms() - ago_ms, category, symbol, float(value), tags)


@contextmanager
def opened(folder, per_second=10_000, burst=10_000, **settings):
    """An Oculus on `folder` with its web server, running. What it takes is imported here: it is much."""
    from oculus.runtime import Oculus
    from oculus.settings.schema import RateLimit, ServerSettings, Settings
    from oculus.web.serving.server import WebServer

    server = ServerSettings(port=0, rate_limit=RateLimit(per_second=per_second, burst=burst))
    with (
        Oculus(Settings(server=server, **settings), folder) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as web,
    ):
        oculus.vitals.stop(30)  # what it tells of itself would come in the middle of a test
        yield House(oculus, web)


@pytest.fixture(scope="session")
def open_house():
    """For tests that need settings of their own: `with open_house(folder, rules=[...]) as house`."""
    return opened


@pytest.fixture
def house(tmp_path):
    """One of its own for a test."""
    with opened(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One for all tests of a module that only look."""
    with opened(tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def strict(tmp_path):
    """One that lets hardly anybody ask twice."""
    with opened(tmp_path, per_second=0.5, burst=3) as made:
        yield made


BY_HAND = """\
# mine
server: {port: 0, rate_limit: {per_second: 10000, burst: 10000}}
collectors:
  - {type: push, name: backup, secret: "s3cr3t-of-backup"}
channels:
  hook: {type: webhook, url: "http://127.0.0.1:9/h3dden", headers: {Authorization: "Bearer t0ken"}}
rules:
  - {name: old, condition: "custom.backup.value > 1", channels: [log]}
"""


class Office(House):
    """An Oculus with a settings file of its own, in `folder`."""

    by_hand = BY_HAND

    def __init__(self, oculus, server, folder):
        super().__init__(oculus, server)
        self.folder = folder

    def save(self, where, do="save", **fields):
        return self.post(f"/settings/save?{where}", data={"oculus.do": do, **fields})

    def made(self):
        return sorted(path.name for path in (self.folder / "conf.d").glob("*"))

    def key(self, name):
        found = self.get("/settings").text
        row = next(part for part in found.split("made-row")[1:] if f">{name}</bdi>" in html.unescape(part))
        return re.search(r"like=([^\"]+)", row)[1]


@pytest.fixture
def office(tmp_path):
    from oculus.runtime import Oculus
    from oculus.settings.load import load
    from oculus.web.serving.server import WebServer

    config = tmp_path / "oculus.yaml"
    config.write_text(BY_HAND)
    with (
        Oculus(load(config, environment={}), tmp_path / "data", config) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        yield Office(oculus, server, tmp_path)
