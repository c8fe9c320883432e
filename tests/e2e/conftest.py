"""A real Oculus with its real web server, looked at by a real Chromium."""

import os
import shutil
from dataclasses import dataclass

import pytest

from fakes.browser import PATIENCE_MS, Browser
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.settings.schema import RateLimit, ServerSettings, Settings
from oculus.web.serving.server import WebServer

TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
EASY = ServerSettings(port=0, rate_limit=RateLimit(per_second=10_000, burst=10_000))


@dataclass
class House:
    """A running Oculus."""

    oculus: Oculus
    server: WebServer

    def store(self, *metrics):
        """Put metrics through the real writer and wait until they are committed."""
        self.oculus.writer.put(list(metrics))
        self.oculus.writer.change(lambda cursor: None).result(30)

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
        oculus.vitals.stop(30)  # what it tells of itself would come in the middle of a test
        yield House(oculus, server)


@pytest.fixture(scope="session")
def chromium():
    """The browser, or the reason why there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine: install the package `chromium`")
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # its sandbox refuses root
    sync_api.expect.set_options(timeout=PATIENCE_MS)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if root else [], timeout=2 * PATIENCE_MS
        )
        yield browser
        browser.close()


@pytest.fixture
def browser(chromium):
    made = Browser(chromium)
    yield made
    made.close()


@pytest.fixture
def visit(house, browser):
    """Opens a page of the house, signed in, in a session of its own."""
    return lambda path="/", **options: browser.open(house.server, path, **options)


class Office:
    """A running Oculus with a settings file; called, it opens one of its pages, signed in."""

    def __init__(self, oculus, server, browser):
        self.oculus, self.server = oculus, server
        self._browser, self._made = browser, []

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
        self.oculus.writer.change(lambda cursor: None).result(30)
        self._made = []

    def __call__(self, path, **options):
        return self._browser.open(self.server, path, **options)


@pytest.fixture
def office(tmp_path, browser, request):
    """`parametrize("office", [yaml], indirect=True)` gives it more settings."""
    config = tmp_path / "oculus.yaml"
    config.write_text(
        "server: {port: 0, rate_limit: {per_second: 10000, burst: 10000}}\n" + getattr(request, "param", "")
    )
    with (
        Oculus(load(config, environment={}), tmp_path / "data", config) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as server,
    ):
        yield Office(oculus, server, browser)
        browser.close()  # before what it looks at


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
