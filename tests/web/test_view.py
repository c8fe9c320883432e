"""How a person sees the dashboard: sorted, filtered, pinned; and what they keep."""

import re

import pytest

from oculus.core.event import Severity
from oculus.rules.settings import RuleSettings
from oculus.web.sql_page import EXAMPLES

RULE = RuleSettings(name="slow", condition="net.ping.b > 100", severity=Severity.CRITICAL, message="slow")


def names(answer):
    assert answer.status_code == 200
    return re.findall(r'id="card-(?!oculus)([^"]+)"', answer.text)


@pytest.fixture
def filled(house):
    house.store(
        house.metric("net.ping.b", 10, team="web"),
        house.metric("net.ping.a", 10),
        house.metric("net.http.shop", 10, team="web", target="https://shop"),
        house.metric("crypto.price.btc_usd", 10, ago_ms=5000, currency="usd"),
    )
    return house


def test_a_category_is_a_panel_or_a_part_of_one(filled):
    assert sorted(names(filled.get("/?category=net"))) == ["net.http.shop", "net.ping.a", "net.ping.b"]
    assert names(filled.get("/?category=net.http")) == ["net.http.shop"]
    assert names(filled.get("/partials/metrics?category=crypto")) == ["crypto.price.btc_usd"]


def test_a_tag_that_a_person_gave_can_be_filtered_by(filled):
    page = filled.get("/?tag=team:web")
    assert sorted(names(page)) == ["net.http.shop", "net.ping.b"]
    assert "<option selected>team:web</option>" in page.text
    assert "target:" not in page.text, "what collectors write of themselves is not offered"


def test_the_worst_stands_first_on_demand(open_house, tmp_path, eventually):
    with open_house(tmp_path, rules=[RULE]) as house:
        house.store(house.metric("net.ping.a", 1), house.metric("net.ping.b", 500))
        house.store(house.metric("net.tcp.z.up", 0))
        eventually(lambda: house.oculus.reader.alerts(state="firing"))
        eventually(lambda: names(house.get("/?sort=worst"))[0] == "net.ping.b")
        assert names(house.get("/?sort=worst")) == ["net.ping.b", "net.tcp.z", "net.ping.a"]


def test_cards_can_be_sorted_by_name(filled):
    assert names(filled.get("/?sort=name&category=net.ping")) == ["net.ping.a", "net.ping.b"]


def test_a_view_that_is_none_is_refused(filled):
    assert filled.get("/?sort=sideways").status_code == 400


def test_an_empty_view_says_so_and_how_to_leave_it(filled):
    text = filled.get("/?category=stock").text
    assert "Nothing is in this category" in text
    assert "Nothing to show yet" not in text


def test_each_view_has_its_own_version(filled):
    usual = filled.get("/partials/metrics").headers["ETag"]
    assert filled.get("/partials/metrics", headers={"If-None-Match": usual}).status_code == 304
    other = filled.get("/partials/metrics?category=net", headers={"If-None-Match": usual})
    assert other.status_code == 200


def test_what_is_pinned_stands_first_until_it_is_unpinned(filled):
    assert filled.post("/api/pins", json={"symbol": "crypto.price.btc_usd"}).json() == {
        "pins": ["crypto.price.btc_usd"]
    }
    page = filled.get("/")
    assert names(page)[0] == "crypto.price.btc_usd"
    assert 'id="panel-pinned"' in page.text
    assert filled.ask("DELETE", "/api/pins/crypto.price.btc_usd").json() == {"pins": []}
    assert 'id="panel-pinned"' not in filled.get("/").text


@pytest.mark.parametrize("symbol", ["", "<b>", "x" * 501])
def test_what_is_no_symbol_cannot_be_pinned(filled, symbol):
    assert filled.post("/api/pins", json={"symbol": symbol}).status_code == 400


def test_pins_and_queries_outlive_a_restart(open_house, tmp_path):
    with open_house(tmp_path) as house:
        house.post("/api/pins", json={"symbol": "net.ping.gw"})
        house.post("/api/queries", json={"name": "mine", "sql": "SELECT 1"})
    with open_house(tmp_path) as house:
        assert house.get("/api/pins").json() == {"pins": ["net.ping.gw"]}
        assert house.get("/api/queries").json() == {"queries": [{"name": "mine", "sql": "SELECT 1"}]}


def test_a_query_is_replaced_by_one_of_its_name_and_can_be_deleted(house):
    for sql in ("SELECT 1", "SELECT 2"):
        house.post("/api/queries", json={"name": " a/b ", "sql": sql})
    assert house.get("/api/queries").json() == {"queries": [{"name": "a/b", "sql": "SELECT 2"}]}
    assert house.ask("DELETE", "/api/queries/a/b").json() == {"queries": []}
    assert house.ask("DELETE", "/api/queries/a/b").status_code == 404


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines"])
def test_a_query_needs_a_name_that_can_be_shown(house, name):
    answer = house.post("/api/queries", json={"name": name, "sql": "SELECT 1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")


def test_the_sql_page_lists_the_tables_with_their_columns(house):
    house.post("/api/queries", json={"name": "<i>mine</i>", "sql": "SELECT '<b>'"})
    page = house.get("/query").text
    assert page.index("<code>metrics</code>") < page.index("<code>alert_states</code>")
    assert 'data-insert="symbol"' in page
    assert "&lt;i&gt;mine&lt;/i&gt;" in page
    assert 'data-sql="SELECT &#39;&lt;b&gt;&#39;"' in page


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_of_the_sql_page_is_answered(filled, number):
    _, sql = EXAMPLES[number]
    answer = filled.query(sql)
    assert answer.status_code == 200, answer.text
