"""A real Oculus with its real web server, looked at by a real Chromium."""

import os
import shutil
from dataclasses import dataclass

import pytest

from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.settings.schema import RateLimit, ServerSettings, Settings
from oculus.web.serving.server import WebServer

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
EASY = ServerSettings(port=0, rate_limit=RateLimit(per_second=10_000, burst=10_000))


# htmx calls it an error when a newer question takes the place of one under way, or the page is left; a
# failure of the network or of the server has names of its own.
REPLACED = ("htmx:sendAbort", "htmx:afterRequest")


def note_complaints(page, into):
    """Errors of the page and of its console, with the address that they speak of."""

    def heard(said):
        if said.type == "error" and not said.text.startswith(REPLACED):
            into.append(f"{said.text} {said.location.get('url', '')}")

    page.on("console", heard)
    page.on("pageerror", lambda error: into.append(str(error)))


@dataclass
class House:
    """A running Oculus."""

    oculus: Oculus
    server: WebServer

    def store(self, *metrics):
        """Put metrics through the real writer and wait until they are committed."""
        self.oculus.writer.put(list(metrics))
        self.oculus.writer.change(lambda cursor: None).result(5)

    def metric(self, symbol, value, ago_s=0, **tags):
        category = ".".join(symbol.split(".")[:2])
        ts_ms = self.oculus.clock.now_ms() - round(ago_s * 1000)
        return Metric(ts_ms, category, symbol, float(value), tags)


@pytest.fixture
def house(tmp_path, request):
    """One of its own for a test, with settings given by `parametrize("house", [...], indirect=True)`."""
    more = getattr(request, "param", {})
    oculus = Oculus(Settings(server=EASY, **more), tmp_path)
    with oculus, WebServer(oculus, "127.0.0.1", 0, TOKEN) as server:
        yield House(oculus, server)


@pytest.fixture(scope="session")
def chromium():
    """The browser, or the reason why there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install the package `chromium`")
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # its sandbox refuses root
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if root else [])
        yield browser
        browser.close()


@dataclass
class Visit:
    """What a page did besides showing itself."""

    complaints: list
    requests: list


@pytest.fixture
def visit(chromium, house):
    """Opens a page, signed in, in a browser of its own. `visit.seen` holds what went on meanwhile."""
    contexts = []

    def open_page(path="/", width=1440, height=900, **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5000)
        page.seen = Visit([], [])
        page.on("console", lambda message: page.seen.complaints.append(message.text))
        page.on("pageerror", lambda error: page.seen.complaints.append(str(error)))
        page.on("request", lambda asked: page.seen.requests.append(asked.url))
        page.goto(house.server.one_time_link())
        if path != "/":
            page.goto(house.server.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


class Office:
    """A running Oculus with a settings file; called, it opens one of its pages, signed in."""

    def __init__(self, oculus, server, chromium):
        self.oculus, self.server = oculus, server
        self._chromium, self._contexts, self._made = chromium, [], []

    @property
    def url(self):
        return self.server.url

    def put(self, symbol, value, ago_s=0, **tags):
        category = ".".join(symbol.split(".")[:2])
        ts_ms = self.oculus.clock.now_ms() - round(ago_s * 1000)
        self._made.append(Metric(ts_ms, category, symbol, float(value), tags))

    def settle(self):
        """What was put is in the file."""
        self.oculus.writer.put(self._made)
        self.oculus.writer.change(lambda cursor: None).result(10)
        self._made = []

    def __call__(self, path, width=1440, **options):
        context = self._chromium.new_context(viewport={"width": width, "height": 900}, **options)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.complaints = []
        note_complaints(page, page.complaints)
        page.goto(self.server.one_time_link())
        page.goto(self.url + path)
        return page

    def close(self):
        for context in self._contexts:
            context.close()


@pytest.fixture
def office(tmp_path, chromium, request):
    """`parametrize("office", [yaml], indirect=True)` gives it more settings."""
    config = tmp_path / "oculus.yaml"
    config.write_text(
        "server: {port: 0, rate_limit: {per_second: 10000, burst: 10000}}\n" + getattr(request, "param", "")
    )
    with (
        Oculus(load(config, environment={}), tmp_path / "data", config) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        made = Office(oculus, server, chromium)
        yield made
        made.close()


PAINTED = """([tone, least]) => {
  const wanted = [1, 3, 5].map((at) => parseInt(tone.slice(at, at + 2), 16));
  return [...document.querySelectorAll("[data-canvas] canvas")].some((canvas) => {
    if (!canvas.width) return false;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      count += wanted.every((each, i) => Math.abs(data[at + i] - each) < 4);
    }
    return count >= least;
  });
}"""


@pytest.fixture
def painted():
    """Waits until a chart of the page has a colour of the theme, such as --rise, in a good many pixels."""

    def wait(page, name, least=200):
        look = f"getComputedStyle(document.documentElement).getPropertyValue('{name}').trim()"
        page.wait_for_function(PAINTED, arg=[page.evaluate(look), least])

    return wait
