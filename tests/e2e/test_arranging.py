"""What a person arranges in a real browser: pins, order, filters, snoozes."""

import re

import pytest

from fakes.browser import choose, follow
from oculus.core.event import Severity
from oculus.rules.settings import RuleSettings
from oculus.storage.reading import moved

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

RULE = RuleSettings(
    name="a/b <slow>",
    condition="net.ping.gw > 100",
    severity=Severity.WARN,
    message="slow",
    channels=("log",),
)


@pytest.fixture
def board(house, visit):
    for symbol in ("net.ping.gw", "net.tcp.db:1", "crypto.price.btc_usd"):
        house.store(house.metric(symbol, 500, team="web" if "net" in symbol else "desk"))
    return visit


def card(page, symbol):
    return page.locator(f'[id="card-{symbol}"]')


def test_a_pinned_card_moves_to_the_top_and_back_without_a_reload(board, visit):
    page = board()
    page.evaluate("window.same = true")
    pin = card(page, "crypto.price.btc_usd").get_by_role("button", name="Pin BTC")
    pin.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-pinned .card")).to_have_count(1)
    assert visit("/").locator("#panel-pinned .card").count() == 1, "every browser shows the same"
    card(page, "crypto.price.btc_usd").get_by_role("button", name="Unpin BTC").click()
    expect(page.locator("#panel-pinned")).to_have_count(0)
    assert page.evaluate("window.same")
    assert page.complaints == []


def test_a_view_is_chosen_with_the_keyboard_and_stays_over_refreshes(board, house):
    page = board()
    choose(page, "Tag", "team:desk")
    expect(page).to_have_url(re.compile(r"/\?tag=team%3Adesk$"))
    assert card(page, "net.ping.gw").count() == 0
    house.store(house.metric("crypto.price.btc_usd", 777, team="desk"))
    expect(card(page, "crypto.price.btc_usd").locator(".digits")).to_have_text("777.00")
    assert card(page, "net.ping.gw").count() == 0
    page.get_by_role("link", name="Usual view").click()
    card(page, "net.ping.gw").wait_for()


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_a_firing_rule_can_be_snoozed_and_woken(board, house, eventually):
    eventually(lambda: house.oculus.reader.alerts(state="firing"))
    page = board()
    page.get_by_role("button", name="Snooze 1 h: a/b <slow>").click()
    expect(page.locator(".alert .alert-done")).to_have_text("snoozed")
    follow(page, page.locator(".alert").get_by_role("link", name="a/b <slow>"))
    expect(page.locator(".sheet-head")).to_contain_text("snoozed until")
    page.get_by_role("button", name="Wake").click()
    expect(page.locator(".sheet-head")).not_to_contain_text("snoozed until")
    assert house.oculus.snoozes.until(RULE.name) is None
    assert page.complaints == []


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_alerts_are_filtered_and_acknowledged_on_their_page(board, house, eventually):
    eventually(lambda: house.oculus.reader.alerts(state="firing"))
    page = board("/alerts")
    choose(page, "State", "resolved")
    expect(page.locator("main")).to_contain_text("No alert is like that")
    choose(page, "State", "firing")
    expect(page).to_have_url(re.compile(r"/alerts\?state=firing$"))
    page.get_by_role("button", name="Acknowledge a/b <slow>").click()
    expect(page.locator("tbody")).to_contain_text("acknowledged")
    page.locator("[data-label=Told] summary").click()
    expect(page.locator("[data-label=Told] li").first).to_contain_text("log fired: sent")


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_an_alert_says_what_else_moved_and_leads_to_both_in_one_chart(board, house, eventually):
    (record,) = eventually(lambda: house.oculus.reader.alerts(state="firing"))
    found = [moved.Moved("crypto.price.btc_usd", 500.0, 100.0, 12.0)]
    alert = record.alert
    house.oculus.writer.change(lambda cursor: moved.note(cursor, alert.id, alert.fired_ms, found)).result(30)
    page = board("/alerts")
    page.get_by_text("What else moved").click()
    expect(page.locator(".moved-row")).to_contain_text("far above its usual")
    page.locator(".moved-row").get_by_role("link").click()
    expect(page.locator(".legend-entry")).to_have_count(2)
    expect(page).to_have_url(re.compile("compare=crypto.price.btc_usd"))
    assert page.complaints == []
