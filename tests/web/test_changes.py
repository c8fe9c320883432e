"""A refresh of the dashboard brings what changed since the last one, or everything."""

import re

import pytest

from oculus.core.event import Severity
from oculus.rules.settings import RuleSettings

RULE = RuleSettings(name="slow", condition="net.ping.a > 100", severity=Severity.CRITICAL, message="slow")


@pytest.fixture(autouse=True)
def not_shared(monkeypatch):
    """Every question is answered by a board of its own; test_shared.py is about the others."""
    monkeypatch.setattr("oculus.web.dashboard.shared.LASTS_S", 0.0)


def cards(answer):
    assert answer.status_code == 200
    return re.findall(r'id="card-(?!oculus)([^"]+)"', answer.text)


def refresh(house, before, **query):
    return house.get("/partials/metrics", headers={"If-None-Match": before.headers["ETag"]}, **query)


@pytest.fixture
def filled(house):
    house.store(*(house.metric(f"net.ping.{name}", 10) for name in "abcdefgh"))
    return house


def test_only_the_cards_that_changed_are_sent(filled):
    before = refresh(filled, filled.get("/partials/metrics"))
    filled.store(filled.metric("net.ping.c", 77.7), filled.metric("net.ping.f", 88.8))
    answer = refresh(filled, before)
    assert cards(answer) == ["net.ping.c", "net.ping.f"]
    assert "77.7" in answer.text
    assert answer.headers["HX-Reswap"] == "none"
    assert answer.text.count('hx-swap-oob="morph"') == 2
    assert f"data-version={answer.headers['ETag']}" in answer.text, "the next refresh starts from here"
    assert refresh(filled, answer).status_code == 304


def test_one_that_goes_down_brings_its_card_and_the_word_of_its_panel(filled):
    filled.store(filled.metric("net.ping.c.up", 1))
    before = filled.get("/partials/metrics")
    filled.store(filled.metric("net.ping.c.up", 0))
    answer = refresh(filled, before)
    assert cards(answer) == ["net.ping.c"]
    [said] = re.findall(
        r'<span id="trouble-net" class="trouble" hx-swap-oob="true" >([^<]*)</span>', answer.text
    )
    assert said == "1 down"
    filled.store(filled.metric("net.ping.c.up", 1))
    assert re.search(r'id="trouble-net"[^>]* hidden>', refresh(filled, answer).text)


def test_a_page_that_missed_some_refreshes_gets_all_that_changed_meanwhile(filled):
    slow = quick = refresh(filled, filled.get("/partials/metrics"))
    for name in "ace":
        filled.store(filled.metric(f"net.ping.{name}", 55.5))
        quick = refresh(filled, quick)
        assert cards(quick) == [f"net.ping.{name}"]
    assert cards(refresh(filled, slow)) == [f"net.ping.{name}" for name in "ace"]


def test_what_the_server_does_not_remember_is_sent_whole(filled):
    answer = filled.get("/partials/metrics", headers={"If-None-Match": '"0123456789abcdef"'})
    assert len(cards(answer)) == 8
    assert "HX-Reswap" not in answer.headers


def test_a_new_card_brings_the_whole_board(filled):
    before = filled.get("/partials/metrics")
    filled.store(filled.metric("net.ping.new", 5))
    answer = refresh(filled, before)
    assert len(cards(answer)) == 9
    assert "HX-Reswap" not in answer.headers


def test_another_order_brings_the_whole_board(filled):
    before = filled.get("/partials/metrics?sort=newest")
    filled.store(filled.metric("net.ping.h", 5))
    assert cards(refresh(filled, before, params={"sort": "newest"}))[0] == "net.ping.h"


def test_an_alert_that_begins_brings_the_whole_board(open_house, tmp_path, eventually):
    with open_house(tmp_path, rules=[RULE]) as house:
        house.store(house.metric("net.ping.a", 10), house.metric("net.ping.b", 10))
        before = house.get("/partials/metrics")
        house.store(house.metric("net.ping.a", 500))
        answer = eventually(lambda: "tone-critical" in (now := refresh(house, before)).text and now)
    assert cards(answer) == ["net.ping.a", "net.ping.b"]
    assert 'id="board"' in answer.text
