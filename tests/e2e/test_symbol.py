"""The page of a symbol in a real browser: its chart answers to what a person does."""

import math
import re

import pytest
from msgspec import structs

from oculus.core.event import Severity
from oculus.rules.settings import RuleSettings

sync_api = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]")
expect, Error = sync_api.expect, sync_api.Error
pytestmark = pytest.mark.browser

RULE = RuleSettings(name="slow", condition="net.http.shop > 300", severity=Severity.WARN, message="slow")
MINUTE = 60


@pytest.fixture
def shop(house):
    """A house with two hours of a web page, its phases and a price."""
    made = []
    for minute in range(120, -1, -1):
        ago = minute * MINUTE
        made.append(house.metric("net.http.shop", 200 + 20 * math.sin(minute), ago_s=ago))
        made.append(house.metric("net.http.shop.up", 1, ago_s=ago))
        made += [
            house.metric(f"net.http.shop.{part}", 40, ago_s=ago) for part in ("dns", "connect", "transfer")
        ]
        made.append(house.metric("crypto.price.btc_usd", 98_000 + minute, ago_s=ago, currency="usd"))
    house.store(*made)
    return house


def stat(page, name):
    return page.locator(f'[data-stat="{name}"] .tile-value')


def inked(page, selector):
    """How many pixels of the drawing are not the ground."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(`${selector} canvas`)].reduce((sum, canvas) => {
          if (!canvas.width || !canvas.height) return sum;
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let inked = 0;
          for (let at = 3; at < data.length; at += 4) inked += data[at] > 200;
          return sum + inked;
        }, 0)""",
        selector,
    )


def open_chart(visit, path="/metric/net.http.shop?range=1h", **options):
    page = visit(path, **options)
    page.locator("[data-note]").wait_for(state="hidden")
    return page


def test_a_card_leads_to_the_page_of_its_symbol(shop, visit):
    page = visit()
    page.locator('[id="card-net.http.shop"]').click(position={"x": 120, "y": 110})
    page.wait_for_url("**/metric/net.http.shop")
    expect(page.locator("h1")).to_contain_text("shop")


def test_a_chart_is_drawn_with_its_figures(shop, visit, eventually):
    page = open_chart(visit)
    eventually(lambda: inked(page, "[data-canvas]") > 500)
    eventually(lambda: inked(page, "[data-phases-canvas]") > 500)
    assert stat(page, "count").inner_text() in ("59", "60", "61")  # a busy machine takes a minute
    assert stat(page, "max").inner_text() == "220 ms"
    assert stat(page, "uptime").inner_text() == "100 %"
    assert page.locator("[data-phases-legend]").inner_text().split()[:3] == ["Name", "40", "ms"]
    assert page.complaints == []


def test_a_range_is_taken_without_loading_the_page_again_and_stays_in_the_address(shop, visit):
    page = open_chart(visit)
    page.evaluate("window.same = true")
    page.locator("[data-range-to='6h']").click()
    expect(stat(page, "count")).to_have_text("121")
    expect(page).to_have_url(re.compile("range=6h"))
    assert page.evaluate("window.same")
    assert "since=6h" in page.locator("[data-export=csv]").get_attribute("href")


def step_s(answer):
    try:
        return answer.json()["step_s"]
    except Error:  # a newer question has taken its place
        return math.inf


@pytest.mark.parametrize(("symbol", "style"), [("net.http.shop", ""), ("crypto.price.btc_usd", "Candles")])
def test_zooming_asks_for_finer_steps_of_what_is_seen(shop, visit, symbol, style):
    page = open_chart(visit, f"/metric/{symbol}?range=24h")
    if style:
        page.get_by_role("button", name=style).click()
    box = page.locator("[data-canvas]").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 120, box["y"] + 100)
    answers = []
    page.on("response", lambda answer: answers.append(answer) if "until=" in answer.url else None)
    for _ in range(20):
        if any(step_s(answer) <= 60 for answer in answers):
            break
        for _ in range(6):
            page.mouse.wheel(0, -300)
        page.wait_for_timeout(400)  # it asks once the wheel stands still
    else:
        pytest.fail("it asked for nothing finer")
    page.wait_for_function("location.search.includes('since=')")
    page.locator("[data-range-to='1h']").click()
    page.wait_for_function("!location.search.includes('since=')")


def test_another_symbol_can_be_laid_over_and_taken_away(shop, visit):
    page = open_chart(visit)
    page.locator("#compare").fill("crypto.price.btc_usd")
    page.locator("#compare").press("Enter")
    entry = page.locator(".legend-entry", has_text="crypto.price.btc_usd")
    entry.wait_for()
    expect(page).to_have_url(re.compile("compare=crypto.price.btc_usd"))
    page.reload()
    entry.wait_for()
    page.get_by_role("button", name="Remove crypto.price.btc_usd").click()
    entry.wait_for(state="detached")
    expect(page).not_to_have_url(re.compile("compare"))


def test_a_symbol_that_is_none_is_not_laid_over(shop, visit):
    page = open_chart(visit)
    page.locator("#compare").fill("net.ping.nowhere")
    page.locator("#compare").press("Enter")
    expect(page.locator("[data-note]")).to_have_text("There is no symbol 'net.ping.nowhere'")
    assert page.locator(".legend-entry", has_text="nowhere").count() == 0


def test_a_price_can_be_drawn_as_candles(shop, visit, eventually):
    page = open_chart(visit, "/metric/crypto.price.btc_usd?range=6h")
    button = page.get_by_role("button", name="Candles")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    eventually(lambda: inked(page, "[data-canvas]") > 500)
    assert page.complaints == []


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_a_new_alert_and_a_new_number_appear_by_themselves(shop, visit, eventually):
    page = open_chart(visit)
    shop.store(shop.metric("net.http.shop", 900))
    eventually(lambda: shop.oculus.reader.alerts(state="firing"))
    expect(page.locator("#sheet-head .digits")).to_have_text("900")
    expect(page.locator("#live .row-lead", has_text="slow").first).to_be_visible()
    expect(stat(page, "max")).to_have_text("900 ms")


def test_the_numbers_can_be_taken_away_as_a_file(shop, visit):
    page = open_chart(visit)
    for kind in ("csv", "parquet"):
        with page.expect_download() as taken:
            page.locator(f"[data-export={kind}]").click()
        assert taken.value.suggested_filename == f"oculus-metrics.{kind}"
    assert "/metric/net.http.shop" in page.url, "the page is still there"


def test_the_chart_changes_its_colours_with_the_theme(shop, visit, painted):
    page = open_chart(visit)
    painted(page, "--net", 100)
    page.locator("[data-theme-switch]").click()
    painted(page, "--net", 100)
    assert page.complaints == []


@pytest.mark.parametrize(
    ("choice", "up"), [("Green up", "--ok"), ("Red up", "--critical"), ("Blue up", "--accent")]
)
def test_candles_have_the_colours_that_a_person_chose(office, painted, choice, up):
    for minute in range(1400, -1, -2):
        office.put("crypto.price.btc_usd", 90_000 - 10 * minute, ago_s=minute * 60, currency="usd")
    office.settle()
    page = office("/settings")
    field = page.get_by_label("Colours of markets")
    field.select_option(
        label=next(each for each in field.locator("option").all_inner_texts() if choice in each)
    )
    page.get_by_role("button", name="Use these").click()
    expect(page.get_by_text("The colours are changed.")).to_be_visible()
    page.goto(office.url + "/metric/crypto.price.btc_usd?range=24h")
    page.get_by_role("button", name="Candles").click()
    painted(page, up)
    page.locator("[data-canvas]").hover()
    expect(page.locator("[data-legend]")).to_contain_text("▲")  # never by colour alone
    assert page.complaints == []


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_the_limit_of_a_rule_its_alert_and_a_gap_are_drawn(house, visit, painted):
    for minutes in (range(55, 44, -1), range(44, 40, -1), range(40, -1, -1)):  # the rule judges each batch
        value = 400 if 44 in minutes else 200
        house.store(
            *(house.metric("net.http.shop", value, ago_s=m * MINUTE) for m in minutes if not 15 < m < 30)
        )
    page = open_chart(visit)
    assert page.complaints == []  # before pixels are read, of which the browser complains
    painted(page, "--warn")  # the limit with its name, the flag and the tint of the alert
    painted(page, "--third", 500)  # the hatching, which nothing else has the colour of
    expect(page.locator("#live .row-lead", has_text="slow").first).to_be_visible()


MANY = [
    structs.replace(RULE, name=f"slow {limit}", condition=f"net.http.shop > {limit}")
    for limit in range(300, 308)
]
FAINT = """() => [...document.querySelectorAll("[data-canvas] canvas")].some((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width || 1, canvas.height || 1);
  let count = 0;
  for (let at = 3; at < data.length; at += 4) count += data[at] > 15 && data[at] < 40;
  return count > 5000;
})"""


@pytest.mark.parametrize("house", [{"rules": MANY}], indirect=True)
def test_the_line_is_seen_though_many_rules_fire_behind_it(house, visit, eventually):
    for minutes in ((55,), range(54, -1, -1)):  # the rules judge each batch
        house.store(*(house.metric("net.http.shop", 400, ago_s=m * MINUTE) for m in minutes))
    eventually(lambda: len(house.oculus.reader.alerts(state="firing")) == len(MANY))
    page = open_chart(visit)
    assert page.complaints == []
    page.wait_for_function(FAINT)


def test_without_a_limit_or_a_gap_nothing_of_them_is_drawn(shop, visit, painted, eventually):
    page = open_chart(visit)
    eventually(lambda: inked(page, "[data-canvas]") > 500)
    page.set_default_timeout(700)
    for name in ("--warn", "--third"):
        with pytest.raises(Error, match="Timeout"):
            painted(page, name, 100)


def test_a_symbol_leads_to_a_rule_about_it(office):
    office.put("net.tcp.db:1", 5)
    office.put("net.tcp.db:1.up", 1)
    office.settle()
    page = office("/metric/net.tcp.db:1", width=390)
    page.get_by_role("button", name="Add a rule").click()
    expect(page.locator("#field-condition")).to_have_value("net.tcp.db:1.up == 0")
    page.get_by_label("Name").fill("db_down")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Added. It runs now.")).to_be_visible()
    page.goto(f"{office.url}/metric/net.tcp.db:1")
    expect(page.get_by_role("link", name="db_down")).to_be_visible()
    assert page.complaints == []
