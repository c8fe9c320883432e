"""What pages measure: room for a thumb on a phone, whole words on a desk, a header that covers nothing."""

import pytest

pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]")
pytestmark = pytest.mark.browser

SETUP = """
connectivity: "off"
collectors:
  - {type: push, name: backup, secret: a-secret-of-enough-length, tags: {team: night}}
rules:
  - {name: whale_accumulation, condition: custom.backup.value > 1, severity: critical, channels: [log]}
"""
PAGES = (
    "/", "/alerts", "/rules", "/rules/whale_accumulation", "/backtest/whale_accumulation", "/noise",
    "/collectors", "/channels", "/query", "/settings", "/settings/new?section=rules",
    "/metric/custom.backup.value",
)  # fmt: skip
THUMB = 40
# A link in a sentence is as high as its line; where a whole row is the link, it says so with ::after.
LOW = """(least) => [...document.querySelectorAll(
    "a[href], button, summary, select, textarea, label:has(input), input:not([type=hidden],[type=checkbox])")]
  .filter((each) => {
    const { width, height } = each.getBoundingClientRect();
    const style = getComputedStyle(each), after = getComputedStyle(each, "::after");
    const sentence = each.matches("a") && style.display === "inline";
    const whole = after.position === "absolute" && after.content !== "none";
    return each.checkVisibility() && width && height < least && !sentence && !whole && !each.matches(".skip");
  })
  .map((each) => each.outerHTML.slice(0, 120))"""
LINES = """(words) => [...document.querySelectorAll("td, td bdi")]
  .flatMap((each) => [...each.childNodes])
  .filter((each) => each.nodeType === Node.TEXT_NODE && each.data.trim() === words)
  .map((each) => {
    const range = document.createRange();
    range.selectNodeContents(each);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
  })"""
OVERLAPS = """() => {
  const kinds = ["brand", "place", "search", "pulse", "tool"].map((each) => `.top .${each}`).join();
  const parts = [...document.querySelectorAll(kinds)]
    .filter((each) => each.checkVisibility()).map((each) => each.getBoundingClientRect())
    .filter((box) => box.bottom < 100).sort((one, other) => one.left - other.left);
  return parts.filter((box, at) => at && box.left < parts[at - 1].right - 0.5).length;
}"""


@pytest.fixture
def fired(office, eventually):
    office.put("custom.backup.value", 2)
    office.settle()
    eventually(lambda: office.oculus.reader.alerts(state="firing"))
    return office


@pytest.mark.parametrize("office", [SETUP], indirect=True)
def test_on_a_phone_whatever_is_pressed_is_high_enough_for_a_thumb(fired):
    page = fired("/about", width=390, height=844)
    found = {}
    for path in PAGES:
        page.goto(fired.url + path)
        if low := page.evaluate(LOW, THUMB):
            found[path] = low
    assert found == {}


@pytest.mark.parametrize("office", [SETUP], indirect=True)
@pytest.mark.parametrize("width", [1100, 1440])
def test_names_and_facts_in_tables_stand_in_one_line(fired, width):
    page = fired("/rules", width=width)
    assert set(page.evaluate(LINES, "whale_accumulation")) == {1}
    assert set(page.evaluate(LINES, "at once")) == {1}
    page.goto(fired.url + "/alerts")
    assert set(page.evaluate(LINES, "whale_accumulation")) == {1}


@pytest.mark.parametrize("office", [SETUP.replace("whale_accumulation", "w" * 100)], indirect=True)
def test_on_a_phone_a_long_name_leaves_its_moment_in_one_line(fired):
    page = fired("/channels", width=390, height=844)
    assert page.locator(".table-dense td time").first.bounding_box()["height"] < 24


@pytest.mark.parametrize("office", [SETUP], indirect=True)
def test_nothing_in_the_header_covers_anything_else_at_any_width(fired):
    page = fired("/", width=1440)
    covered = []
    for width in (320, 390, 760, 820, 900, 960, 1024, 1100, 1180, 1240, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        covered += [width] * page.evaluate(OVERLAPS)
    assert covered == []
