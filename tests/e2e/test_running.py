"""Collectors in a real browser: asked now, paused and resumed where they are listed."""

import pytest

from fakes.browser import follow

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

PORTS = """\
collectors:
  - {type: tcp, name: closed, target: "127.0.0.1:9", interval: 1h}
  - {type: tcp, name: shut, target: "127.0.0.1:9", interval: 1h, enabled: false}
"""


@pytest.mark.parametrize("office", [PORTS], indirect=True)
def test_a_collector_is_run_paused_and_resumed_in_its_list(office):
    page = office("/collectors")
    page.get_by_role("button", name="Run now: closed").click()
    expect(page.locator("[id^=ran-]").first).to_contain_text("net.tcp.closed.up down")
    follow(page, page.get_by_role("button", name="Pause closed"))
    expect(page.locator("#notice-paused")).to_contain_text("closed")
    page.get_by_role("button", name="Run now: closed").click()
    follow(page, page.get_by_role("button", name="Resume closed"))
    expect(page.locator("#notice-paused")).to_have_count(0)
    assert page.get_by_role("button", name="Run now: shut").count() == 0
    page.get_by_role("link", name="closed").click()
    expect(page.get_by_text("This is a copy.")).to_be_visible()
    assert page.complaints == []


def test_an_empty_dashboard_leads_to_the_first_collector(office):
    page = office("/")
    page.get_by_role("link", name="Watch something").click()
    expect(page.locator("h1")).to_have_text("Add a collector")
    page.goto(office.url + "/rules")
    page.get_by_role("link", name="Write the first one").click()
    expect(page.locator("h1")).to_have_text("Add a rule")
    page.goto(office.url + "/collectors")
    expect(page.get_by_role("link", name="Add the first one")).to_be_visible()
