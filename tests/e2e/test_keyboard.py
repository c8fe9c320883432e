"""Without a mouse and without looking: everything is reached, seen when it has the focus, and said."""

import pytest

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

RULES = """\
rules:
  - {name: slow, condition: "custom.load > 60", severity: warn, message: "too much"}
  - {name: calm, condition: "custom.load > 600"}
"""
PLACES = [
    "/",
    "/alerts",
    "/rules/slow",
    "/backtest/slow",
    "/query",
    "/settings",
    "/settings/new?section=rules",
]
FOCUSABLE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter((each) => !each.disabled && each.checkVisibility() && !each.closest("dialog"))
  .map((each, at) => { each.dataset.tab = at; return each.outerHTML.slice(0, 90); })"""
FOCUSED = """() => {
  const now = document.activeElement;
  const shown = [now, now.closest(".card")].filter(Boolean).map((each) => getComputedStyle(each));
  const ring = shown.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1);
  const { top, bottom, width } = now.getBoundingClientRect();
  const inside = width > 0 && bottom > 0 && top < innerHeight;
  return [now.dataset.tab ?? null, ring && inside, now.outerHTML.slice(0, 90)];
}"""
LOUD = """() => [...document.querySelectorAll("[role=alert], [aria-live=assertive]")]
  .filter((each) => !each.hidden).length"""
LISTEN = """() => {
  window.said = 0;
  new MutationObserver(() => { window.said += 1; })
    .observe(document.querySelector("#spoken"), { characterData: true, childList: true, subtree: true });
}"""


@pytest.fixture
def loaded(office, eventually):
    for minute in range(90, -1, -1):
        office.put("custom.load", 90 if minute < 5 else 10 + minute % 7, ago_s=minute * 60, team="web")
    office.settle()
    eventually(lambda: office.oculus.reader.alerts(state="firing"))
    return office


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_everything_is_reached_by_tab_and_seen_when_it_has_the_focus(loaded):
    page = loaded("/")
    for place in PLACES:
        page.goto(loaded.url + place)
        page.wait_for_load_state("networkidle")
        page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")  # nothing is replaced now
        page.wait_for_function("() => !document.querySelector('.htmx-request')")
        wanted = page.evaluate(FOCUSABLE)
        reached, unseen = set(), []
        for _ in range(len(wanted) + 8):
            page.keyboard.press("Tab")
            number, ring, what = page.evaluate(FOCUSED)
            if number is None:
                continue
            reached.add(int(number))
            if not ring:
                unseen.append(what)
        missed = [what for number, what in enumerate(wanted) if number not in reached]
        assert (place, missed, unseen) == (place, [], [])
    assert page.complaints == []


def test_the_first_tab_offers_to_skip_to_the_content(office):
    page = office("/rules")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_dialog_holds_the_focus_and_gives_it_back(office):
    page = office("/query")
    page.locator("#sql").fill("SELECT 1")
    button = page.get_by_role("button", name="Save…")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#save-name")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "!!document.activeElement.closest('dialog') || document.activeElement === document.body"
        )
    page.keyboard.press("Escape")
    expect(page.locator("#save")).to_be_hidden()
    expect(button).to_be_focused()
    page.goto(office.url + "/about")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_what_begins_to_fire_is_said_once_and_politely(loaded):
    page = loaded("/")
    expect(page.get_by_role("status").filter(has_text="Firing: slow")).to_have_count(1)
    assert page.evaluate(LOUD) == 0
    page.evaluate(LISTEN)
    loaded.put("custom.load", 95)
    loaded.settle()
    expect(page.locator('[id="card-custom.load"] .digits')).to_have_text("95")
    assert page.evaluate("window.said") == 0, "a new value of the same alert is no news"


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_an_alert_is_acknowledged_on_the_page_of_its_rule(loaded):
    page = loaded("/rules/slow")
    button = page.get_by_role("button", name="Acknowledge slow")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("acknowledged")
    expect(button).to_have_count(0)
