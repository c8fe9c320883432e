"""Every page and form, from phone to desk, light and dark: no complaint, no other host, fit for everybody.

One house with something of everything in it, hostile names included, and an empty one; axe-core looks for
what would shut people out.
"""

import math
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from fakes.browser import Browser, new_page
from oculus.core.metric import Metric
from oculus.core.secret import Secret
from oculus.noise import Noise, event
from oculus.runtime import Oculus
from oculus.settings.load import load
from oculus.storage.reading import moved
from oculus.web.forms.editor import TYPES
from oculus.web.kept.shelf import SavedQuery, Shelf
from oculus.web.serving.server import WebServer

pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]")
pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js"
TOKEN = Secret("a-token-for-tests-of-43-characters-in-length")
NASTY = "<b>bold</b>\"'&<img src=x onerror=alert(1)>🚀 שלום עולם " + "x" * 30
LONG = "<script>alert(1)</script> \"' שלום " + "y" * 500
DEEP = "custom." + "deep." * 90 + "end"
SERVER = {"port": 0, "rate_limit": {"per_second": 10_000, "burst": 10_000}}
SETTINGS = {
    "server": SERVER,
    "connectivity": "off",
    "collectors": [
        {"type": "push", "name": NASTY, "secret": "a-secret-of-enough-length", "tags": {"note": LONG}},
        {"type": "http", "target": "http://127.0.0.1:9/" + "q" * 450, "name": "shop", "interval": "1h"},
        {"type": "tcp", "name": "n" * 100, "target": "127.0.0.1:9", "enabled": False},
    ],
    "rules": [
        {
            "name": NASTY,
            "condition": "pred.poly.nasty > 0.1",
            "severity": "critical",
            "message": LONG,
            "channels": [NASTY, "log"],
        },
        {
            "name": "slow",
            "condition": "net.http.shop > 300",
            "severity": "warn",
            "message": "{{ rule }} is slow",
        },
        {
            "name": f"SQL {NASTY}",
            "sql": "SELECT '{}' AS who, 1 AS n".format(NASTY.replace("'", "''")),
            "schedule": "* * * * * *",
            "message": LONG,
        },
    ],
    "channels": {NASTY: {"type": "webhook", "url": "http://127.0.0.1:9/" + "z" * 400}},
}
HOSTILE = LONG.replace("'", "''")
QUERY = "/query#sql=" + quote(
    f"SELECT symbol, max(ts) AS t, '{HOSTILE}' AS text FROM metrics GROUP BY symbol"
)
PAGES = [
    "/",
    "/?sort=worst",
    "/alerts",
    "/rules",
    "/rules/slow",
    "/rules/NASTY",
    "/rules/SQL NASTY",
    "/backtest/slow",
    "/backtest/NASTY",
    "/noise",
    "/metric/net.http.shop?range=1h",
    "/metric/pred.poly.nasty",
    f"/metric/{DEEP}",
    "/metric/crypto.price.btc_usd?range=6h&compare=net.http.shop",
    "/collectors",
    "/channels",
    QUERY,
    "/settings",
    "/settings/find?section=rules&name=NASTY",
    "/settings/find?section=channels&name=NASTY",
    "/about",
    "/login",
    "/login?once=used",
    "/nowhere",
]
EMPTY = ["/", "/alerts", "/rules", "/noise", "/collectors", "/channels", "/query", "/settings"]
FORMS = [(section, "") for section in TYPES]
FORMS += [(section, name) for section, kinds in TYPES.items() for name in kinds if name]
WIDTHS = (320, 390, 768, 1100, 1280, 1440)
DESK, PHONE = 1440, 390
COMBINATIONS = [(width, scheme) for width in (DESK, PHONE) for scheme in ("dark", "light")]
WIDER = """() => {
  const scrolls = "pre, .sr-only, svg, [data-canvas], [data-phases-canvas], .skip";
  const place = (each) => { // as far as what is around it lets it be seen
    let { left, right, width } = each.getBoundingClientRect();
    for (let around = each.parentElement; around; around = around.parentElement) {
      if (getComputedStyle(around).overflowX === "visible") continue;
      const box = around.getBoundingClientRect();
      [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
    }
    return { left, right, width };
  };
  const beyond = ({ width, left, right }) =>
    width > 0 && (right > innerWidth + 1 || (left < -1 && right > 0));
  const out = [...document.querySelectorAll("main *, .top *, .places *")]
    .filter((each) => !each.closest(scrolls) && beyond(place(each)));
  const rolled = [...document.querySelectorAll(".table-frame")]
    .filter((each) => each.scrollWidth > each.clientWidth + 1);
  return [document.documentElement.scrollWidth > innerWidth ? "the page" : null,
    ...[...out, ...rolled].slice(0, 3).map((each) => each.outerHTML.slice(0, 120))].filter(Boolean);
}"""


def fill(oculus):
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
    series(DEEP, lambda m: m)
    oculus.writer.put(made)
    shelf = Shelf(oculus)
    shelf.pin("pred.poly.nasty")
    shelf.save(SavedQuery(NASTY, f"SELECT '{LONG}'"))
    noises = [
        Noise(rule=NASTY, count=9, seconds=90.0, short=8, for_="5m"),
        Noise(rule=LONG, count=1, seconds=1, short=1),
    ]
    oculus.writer.tell(event(noises, now))
    oculus.writer.change(lambda cursor: None).result(30)


def note_moved(oculus):
    found = [moved.Moved("pred.poly.nasty", 0.5, 0.1, 9.0), moved.Moved(DEEP, 1.0, 9.0, -4.0)]
    for record in oculus.reader.alerts(limit=100):
        alert = record.alert
        oculus.writer.change(lambda cursor, a=alert: moved.note(cursor, a.id, a.fired_ms, found)).result(30)


@contextmanager
def opened(folder, settings):
    config = folder / "oculus.yaml"
    config.write_text(yaml.safe_dump(settings, allow_unicode=True), "utf-8")
    with (
        Oculus(load(config, environment={}), folder / "data", config) as oculus,
        WebServer(oculus, "127.0.0.1", 0, TOKEN) as web,
    ):
        yield oculus, web


@pytest.fixture(scope="module")
def full(tmp_path_factory, eventually):
    with opened(tmp_path_factory.mktemp("full"), SETTINGS) as (oculus, web):
        fill(oculus)
        eventually(lambda: len({each.alert.rule for each in oculus.reader.alerts(state="firing")}) >= 3)
        note_moved(oculus)
        yield web


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("empty"), {"server": SERVER}) as (_, web):
        yield web


@pytest.fixture(scope="module")
def browse(chromium):
    """Opens a page of a house, signed in."""
    browser, contexts = Browser(chromium), {}

    def open_page(house, path, width=DESK, scheme="dark"):
        if house not in contexts:
            contexts[house] = browser.sign_in(house)
        page = new_page(contexts[house])
        look(page, width, scheme)
        page.goto(house.url + path.replace("NASTY", quote(NASTY)))
        settle(page)
        page.evaluate(AXE.read_text("utf-8"))
        return page

    yield open_page
    browser.close()


def settle(page):
    """Charts and answers have come, and what can be unfolded is."""
    if page.locator("[data-chart]").count():
        page.locator("[data-note]").wait_for(state="hidden")
    if page.locator("[data-query]").count() and "#sql" in page.url:
        page.locator("[data-answer]").wait_for(state="visible")
    if page.locator("#trial").count():
        page.locator("[data-played=b], #outcome .notice").first.wait_for()
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true;")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
    page.wait_for_function("() => !document.querySelector('.htmx-request')")


def look(page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


def mistakes(page):
    """What axe-core finds, in short."""
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})"
        ".then(found => found.violations.map(v => [v.id, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) "
        "+ ' ' + (n.any[0]?.message ?? ''))]))"
    )
    return [f"{name}: {spots}" for name, spots in found]


def hosts(page):
    return {address.split("/")[2] for address in page.asked}


def barriers(page):
    """The same in each size and theme."""
    found = {}
    for width, scheme in COMBINATIONS:
        look(page, width, scheme)
        if wrong := mistakes(page):
            found[width, scheme] = wrong
    return found


def unfit(page):
    """The widths at which something is cut off, or must be moved sideways to be seen."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if wider := page.evaluate(WIDER):
            found[width] = wider
    return found


def check(page, house, expected=0):
    assert barriers(page) == {}
    assert unfit(page) == {}
    assert len(page.complaints) == expected, page.complaints
    assert hosts(page) == {house.url.split("/")[2]}
    assert page.locator("h1").count() == 1
    assert page.locator("main b, main script, main img").count() == 0, "text from outside is text"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.partition("#")[0][:60])
def test_a_page_is_fit_for_everybody(browse, full, path):
    page = browse(full, path)
    check(page, full, 1 if path == "/nowhere" else 0)  # the browser itself says that a page was not found
    page.close()


@pytest.mark.parametrize("path", EMPTY)
def test_a_page_without_anything_is_fit_for_everybody(browse, empty, path):
    page = browse(empty, path)
    check(page, empty)
    page.close()


@pytest.mark.parametrize(("section", "name"), FORMS, ids=lambda each: each or "-")
def test_a_form_is_fit_for_everybody(browse, full, section, name):
    page = browse(full, f"/settings/new?section={section}" + (f"&type={name}" if name else ""))
    assert barriers(page) == {}
    assert unfit(page) == {}
    assert page.complaints == []
    assert hosts(page) == {full.url.split("/")[2]}
    unlabelled = page.evaluate(
        """[...document.querySelectorAll("main :is(input, select, textarea):not([type=hidden], [hidden])")]
            .filter((each) => !each.labels.length).map((each) => each.name)"""
    )
    assert unlabelled == []
    page.close()
