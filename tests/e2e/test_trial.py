"""A rule over the past in a real browser: what is moved is played, and leads into the form."""

import pytest

from fakes.browser import follow

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

RULES = """\
rules:
  - {name: slow, condition: "custom.load > 60", for: 1m, severity: warn}
  - {name: any_load, condition: "custom.* > 60"}
"""


@pytest.fixture
def desk(office):
    """An office in which `custom.load` was too high three times within the last day, twice for long."""
    for minute in range(600, -1, -1):
        high = 40 < minute < 60 or 200 < minute < 204 or 400 < minute < 430
        office.put("custom.load", 90 if high else 10 + minute % 7, ago_s=minute * 60)
    office.settle()
    return office


def played(page, key):
    return page.locator(f"[data-played={key}]")


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_a_slider_moves_its_field_and_both_settings_are_compared(desk):
    page = desk("/backtest/slow")
    expect(played(page, "a").locator(".tile-value").first).to_have_text("3")
    expect(page.locator(".difference")).to_have_text("Both would have fired alike.")
    slider = page.get_by_role("slider", name="B: must hold")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert page.locator("#b-for").input_value() == "5m"
    expect(page.locator(".difference")).to_contain_text("B would have fired 2 times instead of 3.")
    assert page.locator("#a-for").input_value() == "1m"
    page.locator("#b-threshold").fill("0.00000009G")
    assert float(page.get_by_role("slider", name="B: fires above").input_value()) == pytest.approx(90)
    page.locator("#b-threshold").fill("95")
    page.keyboard.press("Enter")
    expect(page.locator(".difference")).to_contain_text("0 times instead of 3")
    assert float(page.get_by_role("slider", name="B: fires above").input_value()) == pytest.approx(95)
    assert page.complaints == []


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_what_was_tried_is_taken_into_a_form_and_saved_as_another_rule(desk):
    page = desk("/rules/slow")
    follow(page, page.get_by_role("link", name="Over the past"))
    page.locator("#b-for").fill("10m")
    page.locator("#b-for").press("Enter")
    page.get_by_role("button", name="Use these settings").click()
    expect(page.get_by_label("For", exact=True)).to_have_value("10m")
    expect(page.get_by_text("written by hand in oculus.yaml")).to_be_visible()
    page.get_by_label("Name").fill("slower")
    page.get_by_role("button", name="Over the past…").click()
    expect(played(page, "a").locator(".tile-value").first).to_have_text("2")
    page.locator("#b-ends").fill("20")
    page.locator("#b-ends").press("Enter")
    page.get_by_role("button", name="Use these settings").click()
    expect(page.get_by_label("Clear")).to_have_value("custom.load < 20")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Added. It runs now.")).to_be_visible()
    assert page.complaints == []


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_the_chart_shows_both_limits_and_when_it_would_have_fired(desk, painted):
    page = desk("/backtest/slow?b.threshold=80")
    expect(played(page, "b")).to_have_attribute("data-limits", "[80.0]")
    expect(page.locator("[data-legend]")).to_contain_text("custom.load")
    painted(page, "--warn")
    assert page.complaints == []


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_a_glob_is_shown_symbol_by_symbol(desk):
    for minute in range(60, -1, -1):
        desk.put("custom.other", 90 if minute < 30 else 1, ago_s=minute * 60)
    desk.settle()
    page = desk("/backtest/any_load")
    expect(played(page, "a").locator(".tile-value").first).to_have_text("4")
    spans = page.locator("[data-played=a]")
    before = spans.get_attribute("data-spans")
    page.get_by_label("Shown").select_option("custom.other")
    expect(spans).not_to_have_attribute("data-spans", before)
    expect(page.locator("[data-legend]")).to_contain_text("custom.other")
    assert page.complaints == []


@pytest.mark.parametrize("office", [RULES], indirect=True)
def test_a_mistake_is_told_where_the_outcome_would_be(desk):
    page = desk("/backtest/slow")
    expect(played(page, "a")).to_be_visible()
    page.locator("#b-for").fill("soon")
    page.locator("#b-for").press("Enter")
    expect(page.locator("#outcome .notice")).to_contain_text("'soon' is not a length of time")
    page.locator("#b-for").fill("1m")
    page.locator("#b-for").press("Enter")
    expect(played(page, "b")).to_be_visible()


# In a test nobody collects it, so no glob would find it.
@pytest.mark.parametrize("office", [RULES.replace("custom.*", "custom.load")], indirect=True)
def test_a_noisy_rule_is_found_and_made_quiet(office, eventually):
    for minute in range(120, -1, -1):
        office.put("custom.load", 90 if minute % 20 == 5 else 10, ago_s=minute * 60)
    office.settle()
    eventually(lambda: len(office.oculus.reader.alerts(rule="any_load", state="resolved")) == 6)
    page = office("/rules")
    follow(page, page.get_by_role("link", name="noise"))
    expect(page.get_by_role("heading", name="No report yet")).to_be_visible()
    page.get_by_role("button", name="Make one now").click()
    row = page.locator("tbody tr", has_text="any_load")
    expect(row).to_contain_text("0 instead of 6 times")
    follow(page, row.get_by_role("link", name="Over the past: any_load with for"))
    expect(page.locator(".difference")).to_contain_text("0 times instead of 6")
    page.go_back()
    row.get_by_role("button", name="Use it: for").click()
    expect(page.get_by_label("For", exact=True)).to_have_value("30s")
    assert page.complaints == []
