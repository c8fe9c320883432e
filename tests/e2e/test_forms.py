"""The forms in a real browser, as a person uses them."""

import pytest

from fakes.browser import follow

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

BY_HAND = """\
collectors:
  - {type: push, name: backup, secret: "s3cr3t-of-backup"}
channels:
  hook: {type: webhook, url: "http://127.0.0.1:9/h3dden"}
"""
NASTY = "<b>x</b>\"'&{{7*7}}🚀 שלום " + "w" * 60

at_hand = pytest.mark.parametrize("office", [BY_HAND], indirect=True)


@at_hand
def test_a_person_makes_tries_corrects_pauses_and_deletes_a_collector(office):
    page = office("/settings")
    follow(page, page.get_by_role("link", name="Add a collector"))
    follow(page, page.get_by_role("link", name="tcp", exact=True))
    page.get_by_label("Interval").fill("soon")
    page.get_by_label("Target").fill(f"127.0.0.1:{office.server.port}")
    page.get_by_role("button", name="Save").click()
    interval = page.get_by_label("Interval")
    expect(interval).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-interval-mistake")).to_contain_text("soon")
    interval.fill("10s")
    page.get_by_role("button", name="Test now").click()
    expect(page.locator("#tried")).to_contain_text(f"net.tcp.127.0.0.1:{office.server.port}")
    page.get_by_role("button", name="Save").click()
    name = f"127.0.0.1:{office.server.port}"
    expect(page.get_by_text("Added. It runs now.")).to_be_visible()
    follow(page, page.get_by_role("link", name=f"Edit {name}"))
    page.get_by_label("Interval").fill("20s")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Changed. It runs as it is written now.")).to_be_visible()
    page.get_by_role("button", name=f"Switch off {name}").click()
    page.get_by_role("button", name=f"Switch on {name}").click()
    page.locator("summary", has_text="Delete").click()
    page.get_by_role("button", name=f"Really delete {name}").click()
    expect(page.get_by_text("Deleted.")).to_be_visible()
    expect(page.locator(".made-row", has_text=name)).to_have_count(0)
    # The browser itself writes a line for the 400 of the form with the mistake; nothing else may be there.
    assert [said for said in page.complaints if "400" not in said] == []


@at_hand
def test_a_person_makes_a_rule_with_any_text_and_clones_a_channel(office):
    page = office("/settings/new?section=rules")
    page.get_by_label("Name").fill(NASTY)
    page.get_by_label("Condition").fill("custom.backup.value > 5")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("bdi", has_text="<b>x</b>")).to_have_count(1)
    follow(page, page.get_by_role("link", name="Clone hook"))
    assert "h3dden" not in page.content()
    page.get_by_label("Name").first.fill("copy")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("copy", exact=True).first).to_be_visible()
    assert "h3dden" not in page.content()
    assert page.complaints == []


def test_the_settings_are_reached_by_keyboard(office):
    page = office("/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/settings")
