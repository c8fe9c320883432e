"""The dashboard in a real browser: it refreshes itself, obeys the keyboard, and trusts nobody's text."""

import re

import msgspec
import pytest

from oculus.core.event import Severity
from oculus.rules.settings import RuleSettings

expect = pytest.importorskip("playwright.sync_api", reason="install the extra: pip install -e .[test]").expect
pytestmark = pytest.mark.browser

RULE = RuleSettings(
    name="gw_slow",
    condition="net.ping.gw > 100",
    severity=Severity.WARN,
    message="gw is slow",
    channels=("log",),
)
RETURN = """() => {
  let asked = 0;
  document.addEventListener("htmx:beforeRequest", () => { asked += 1; });
  delete document.hidden;
  document.dispatchEvent(new Event("visibilitychange"));
  return asked;
}"""
LONG = "x" * 500
NASTY = "<b>bold</b><img src=x onerror=alert(1)>🚀 שלום עולם " + LONG


def figure(page, symbol):
    return page.locator(f'[id="card-{symbol}"] .digits')


def card(page, symbol):
    return page.locator(f'[id="card-{symbol}"]')


def ping(house, value, host="gw", **more):
    house.store(
        house.metric(f"net.ping.{host}", value, **more),
        house.metric(f"net.ping.{host}.loss", 0, **more),
        house.metric(f"net.ping.{host}.up", 1, **more),
    )


def test_a_new_number_appears_by_itself(house, visit):
    ping(house, 11.8)
    page = visit()
    assert figure(page, "net.ping.gw").inner_text() == "11.8"
    page.evaluate("window.same = true")
    ping(house, 42)
    expect(figure(page, "net.ping.gw")).to_have_text("42.0")
    assert page.evaluate("window.same"), "the page was not loaded again"


def test_the_first_number_of_a_new_symbol_makes_its_card(house, visit):
    page = visit()
    assert "Nothing to show yet" in page.locator("main").inner_text()
    ping(house, 9)
    card(page, "net.ping.gw").wait_for()
    assert page.locator("#panel-net .count").inner_text() == "1"


def test_a_refresh_changes_the_digits_and_moves_nothing(house, visit):
    for host in ("a", "b", "c"):
        ping(house, 9, host=host)
    page = visit()
    place = "[...document.querySelectorAll('.card')].map(c => JSON.stringify(c.getBoundingClientRect()))"
    before = page.evaluate(place)
    ping(house, 12345.6, host="b")
    expect(figure(page, "net.ping.b")).to_have_text("12.3")
    assert page.evaluate(place) == before


def test_an_age_counts_on_between_two_numbers(house, visit):
    ping(house, 9, ago_s=30)
    page = visit()
    spot = card(page, "net.ping.gw").locator(".age")
    expect(spot).not_to_have_text(spot.inner_text())


def test_what_did_not_change_is_not_sent_again(house, visit):
    ping(house, 9)
    page = visit()
    answers = []
    page.on("response", lambda answer: answers.append(answer.status) if "/partials/" in answer.url else None)
    page.wait_for_event("response", lambda answer: "/partials/" in answer.url)
    page.wait_for_timeout(50)
    assert set(answers) == {304}
    assert page.complaints == []


def test_a_hidden_page_asks_for_nothing_until_it_is_looked_at(house, visit):
    ping(house, 9)
    page = visit()
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.wait_for_timeout(300)  # what was under way is told of
    page.asked.clear()
    page.wait_for_timeout(2300)
    assert [url for url in page.asked if not url.endswith("/icon.svg")] == []
    assert page.evaluate(RETURN) == 1, "it asks in the moment of the return"


def test_a_lost_connection_is_said_and_its_return_too(house, visit):
    ping(house, 9)
    page = visit()
    lost = page.locator("#lost")
    assert lost.is_hidden()
    page.route("**/partials/metrics", lambda route: route.abort())
    lost.wait_for(state="visible")
    assert "Trying again" in lost.inner_text()
    page.unroute("**/partials/metrics")
    lost.wait_for(state="hidden")


def test_text_from_outside_is_text(house, visit):
    house.store(house.metric("pred.poly.nasty", 0.5, question=NASTY))
    for width in (1440, 390):
        page = visit(width=width)
        name = card(page, "pred.poly.nasty").locator(".card-name")
        assert name.text_content() == NASTY
        assert name.locator("b, img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator(".card").first.bounding_box()["height"] == 140
        assert page.complaints == []


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_every_place_is_in_reach_of_a_thumb(house, visit, eventually):
    ping(house, 500)
    eventually(lambda: house.oculus.reader.alerts(state="firing"))
    page = visit(width=390, height=844)
    links = page.locator("nav .place")
    assert links.count() >= 6
    for link in links.all():
        box = link.bounding_box()
        assert box["width"] >= 44
        assert box["height"] >= 44


def test_the_search_hides_what_does_not_match_and_stays_over_a_refresh(house, visit):
    ping(house, 9, host="alpha")
    ping(house, 9, host="beta")
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("ALPH")
    assert card(page, "net.ping.alpha").is_visible()
    assert card(page, "net.ping.beta").is_hidden()
    ping(house, 77, host="beta")
    expect(figure(page, "net.ping.beta")).to_have_text("77.0")
    assert card(page, "net.ping.beta").is_hidden()
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("zzz")
    assert page.locator("#no-match").is_visible()
    page.keyboard.press("Escape")
    assert card(page, "net.ping.beta").is_visible()


def test_every_place_is_two_letters_away(house, visit):
    page = visit()
    for letter, place in (
        ("a", "/alerts"),
        ("r", "/rules"),
        ("c", "/collectors"),
        ("s", "/query"),
        ("o", "/about"),
        ("d", "/"),
    ):
        page.keyboard.press("g")
        page.keyboard.press(letter)
        page.wait_for_url(house.server.url + place)


def test_a_question_mark_shows_the_keys_and_escape_closes_them(house, visit):
    page = visit()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()


def test_a_panel_that_was_closed_stays_closed_over_refreshes_and_visits(house, visit):
    ping(house, 9)
    page = visit()
    page.locator("#panel-net summary").click()
    assert card(page, "net.ping.gw").is_hidden()
    ping(house, 77)
    expect(figure(page, "net.ping.gw")).to_have_text("77.0")
    assert card(page, "net.ping.gw").is_hidden()
    page.reload()
    assert card(page, "net.ping.gw").is_hidden()


def ground(page):
    return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def test_the_theme_follows_the_system_until_a_person_chooses(house, visit):
    page = visit(color_scheme="light")
    light = ground(page)
    page.emulate_media(color_scheme="dark")
    dark = ground(page)
    assert (dark, light) == ("rgb(11, 14, 19)", "rgb(244, 246, 249)")
    page.locator("[data-theme-switch]").click()
    assert ground(page) == light
    page.reload()
    assert ground(page) == light
    assert page.locator("[data-theme-switch]").get_attribute("aria-label") == "Theme: light"


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_a_rule_that_fires_stands_on_top_until_it_is_acknowledged(house, visit):
    page = visit()
    ping(house, 914)
    alert = page.locator(".alert")
    alert.wait_for()
    text = re.sub(r"\s+", " ", alert.inner_text()).lower()
    assert "warn gw_slow gw is slow" in text
    assert "914 ms, limit 100 ms" in text
    expect(card(page, "net.ping.gw").locator(".word")).to_have_text("warn", ignore_case=True)
    expect(page.locator("#firing-count")).to_have_text(re.compile("^1"))
    expect(page).to_have_title("(1) Oculus")
    alert.get_by_role("button", name="Acknowledge gw_slow").click()
    page.locator(".alert.is-acknowledged").wait_for()
    assert alert.get_by_role("button", name="Acknowledge").count() == 0


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_a_rule_that_no_longer_fires_leaves_the_dashboard_and_stays_in_the_list(house, visit, eventually):
    ping(house, 914)
    eventually(lambda: house.oculus.reader.alerts(state="firing"))
    page = visit()
    assert page.locator(".alert").count() == 1
    ping(house, 9)
    page.locator(".alert").wait_for(state="detached")
    eventually(lambda: house.oculus.reader.alerts(state="resolved"))
    page.goto(house.server.url + "/alerts")
    expect(page.locator("tbody .lead")).to_contain_text("gw_slow")
    assert "firing" not in page.locator("tbody").inner_text()


@pytest.mark.parametrize("house", [{"rules": [RULE]}], indirect=True)
def test_the_focus_on_a_button_survives_a_refresh(house, visit):
    page = visit()
    ping(house, 914)
    button = page.get_by_role("button", name="Acknowledge gw_slow")
    button.focus()
    ping(house, 915)
    page.evaluate("htmx.trigger('#live', 'refresh')")
    expect(figure(page, "net.ping.gw")).to_have_text("915")
    assert button.evaluate("button => button === document.activeElement")


@pytest.mark.parametrize(
    "house", [{"rules": [RULE, msgspec.structs.replace(RULE, name="a_first")]}], indirect=True
)
def test_a_heading_sorts_its_table_one_way_and_the_other(house, visit):
    page = visit("/rules")
    names = page.locator("tbody .lead")
    heading = page.locator("th", has_text="Rule")
    heading.get_by_role("button").click()
    assert names.all_inner_texts() == ["a_first", "gw_slow"]
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").click()
    assert names.all_inner_texts() == ["gw_slow", "a_first"]


def test_mistakes_in_the_settings_stand_on_every_page(house, visit):
    house.oculus.problems = ["oculus.yaml:14: collectors[1].interval: '5 <b>' is not a length of time"]
    page = visit()
    for place in ("/alerts", "/rules", "/collectors", "/about", "/"):
        page.goto(house.server.url + place)
        assert "'5 <b>' is not a length of time" in page.locator("#notice-settings").inner_text()


def test_motion_is_still_for_those_who_ask_for_it(house, visit):
    page = visit(reduced_motion="reduce")
    moving = "[...document.querySelectorAll('*')].some(e => getComputedStyle(e).animationName !== 'none')"
    assert page.evaluate(moving) is False


@pytest.mark.parametrize(
    "house",
    [{"rules": [msgspec.structs.replace(RULE, name=f"slow{number}") for number in range(5)]}],
    indirect=True,
)
def test_on_a_phone_three_alerts_leave_room_for_the_symbols(house, visit, eventually):
    ping(house, 150)
    eventually(lambda: len(house.oculus.reader.alerts(state="firing")) == 5)
    page = visit(width=390, height=844)
    alerts = page.locator(".alert")
    expect(alerts).to_have_count(5)
    assert [each.is_visible() for each in alerts.all()] == [True] * 3 + [False] * 2
    expect(page.get_by_role("link", name="and 2 more")).to_be_visible()
    page.set_viewport_size({"width": 1000, "height": 844})
    expect(alerts.last).to_be_visible()
    expect(page.get_by_role("link", name="and 2 more")).to_be_hidden()
