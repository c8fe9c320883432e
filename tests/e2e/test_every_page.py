"""Every page, on a desk and on a phone, light and dark: no complaint, no other host, usable by everybody.

One house with something of everything in it, hostile names included; axe-core looks for what would shut
people out.
"""

import math
from pathlib import Path
from urllib.parse import quote

import pytest

from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.rules.settings import RuleSettings
from oculus.runtime import Oculus
from oculus.settings.schema import RateLimit, ServerSettings, Settings
from oculus.web.serving.server import WebServer

pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]")
pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js"
TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
NASTY = "<b>bold</b>\"'&<img src=x onerror=alert(1)>🚀 שלום עולם " + "x" * 40
LONG = "<script>alert(1)</script> " + "y" * 500
RULES = [
    RuleSettings(name=NASTY, condition="pred.poly.nasty > 0.1", severity=Severity.CRITICAL, message=LONG),
    RuleSettings(
        name="slow", condition="net.http.shop > 300", severity=Severity.WARN, message="{{ rule }} is slow"
    ),
]
QUERY = "/query#sql=" + quote("SELECT symbol, max(ts) AS t, avg(value) AS v FROM metrics GROUP BY symbol")
PAGES = [
    "/",
    "/?sort=worst",
    "/alerts",
    "/rules",
    "/rules/slow",
    "/rules/NASTY",
    "/metric/net.http.shop?range=1h",
    "/metric/pred.poly.nasty",
    "/metric/crypto.price.btc_usd?range=6h&compare=net.http.shop",
    "/collectors",
    QUERY,
    "/about",
    "/nowhere",
]


def fill(oculus):
    from oculus.core.metric import Metric

    now, made = oculus.clock.now_ms(), []

    def series(symbol, value, **tags):
        category = ".".join(symbol.split(".")[:2])
        made.extend(
            Metric(now - minute * 60_000, category, symbol, float(value(minute)), tags)
            for minute in range(120, -1, -1)
            if not 40 < minute < 55
        )

    series("net.http.shop", lambda m: 200 + 200 * (m < 10) + 20 * math.sin(m), team="web")
    series("net.http.shop.up", lambda m: 0 if 20 < m < 25 else 1)
    for part in ("dns", "connect", "tls", "first_byte", "transfer"):
        series(f"net.http.shop.{part}", lambda m: 40 + math.sin(m))
    series("crypto.price.btc_usd", lambda m: 98_000 + 50 * m, currency="usd", source="coingecko")
    series("pred.poly.nasty", lambda m: 0.5, question=LONG, owner=NASTY)
    oculus.writer.put(made)
    oculus.writer.change(lambda cursor: None).result(10)


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    server = ServerSettings(port=0, rate_limit=RateLimit(per_second=10_000, burst=10_000))
    oculus = Oculus(Settings(server=server, rules=RULES), tmp_path_factory.mktemp("full"))
    with oculus, WebServer(oculus, "127.0.0.1", 0, TOKEN) as web:
        fill(oculus)
        yield web


@pytest.fixture(scope="module")
def browse(chromium, full):
    """Opens a page of the full house, signed in; one context for each size and theme."""
    contexts = {}

    def open_page(path, width, scheme):
        if (width, scheme) not in contexts:
            made = contexts[width, scheme] = chromium.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme
            )
            made.new_page().goto(full.one_time_link())
        page = contexts[width, scheme].new_page()
        page.set_default_timeout(5000)
        page.complaints, page.hosts = [], set()
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda asked: page.hosts.add(asked.url.split("/")[2]))
        page.goto(full.url + path.replace("NASTY", quote(NASTY)))
        settle(page)
        return page

    yield open_page
    for context in contexts.values():
        context.close()


def settle(page):
    """Charts and answers have come."""
    if page.locator("[data-chart]").count():
        page.locator("[data-note]").wait_for(state="hidden")
    if page.locator("[data-query]").count():
        page.locator("[data-answer]").wait_for(state="visible")


def mistakes(page):
    """What axe-core finds, in short."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
        ".then(found => found.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) "
        "+ ' ' + (n.any[0]?.message ?? ''))]))"
    )
    return [f"{name}: {spots}" for name, spots in found]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")], ids=["desk", "phone"])
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.partition("#")[0])
def test_a_page_is_fit_for_everybody(browse, full, path, width, scheme):
    page = browse(path, width, scheme)
    assert mistakes(page) == []
    expected = 1 if path == "/nowhere" else 0  # the browser itself says that a page was not found
    assert len(page.complaints) == expected, page.complaints
    assert page.hosts == {full.url.split("/")[2]}
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("h1").count() == 1
    assert page.locator("main b, main script, main img").count() == 0, "text from outside is text"
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")], ids=["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/", "/metric/net.http.shop?range=1h", QUERY], ids=["board", "chart", "sql"]
)
def test_what_must_be_read_can_be_read_in_either_theme(browse, path, width, scheme):
    page = browse(path, width, scheme)
    assert [each for each in mistakes(page) if each.startswith("color-contrast")] == []
    page.close()
