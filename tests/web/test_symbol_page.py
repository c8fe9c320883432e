"""The page of one symbol, as the server makes it: what it is now, its rules, and why runs failed."""

import html
import json
import re

import pytest

from oculus.core.event import Event, EventType, Severity
from oculus.core.metric import Metric
from oculus.rules.language.condition import parse
from oculus.rules.settings import RuleSettings
from oculus.web.detail.runs import last_runs

MINUTE = 60_000


def words(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_symbol_says_what_it_is_and_what_it_was_last(house):
    house.store(house.metric("net.ping.gw", 11.8, probe="ping"), house.metric("net.ping.gw.loss", 2))
    text = words(house.get("/metric/net.ping.gw"))
    assert "net.ping.gw · ping · loss 2 %" in text
    assert "11.8 ms" in text


@pytest.mark.parametrize(("oldest_min", "shown"), [(20, "1h"), (300, "24h")])
def test_what_has_been_watched_for_minutes_is_shown_by_the_hour(house, oldest_min, shown):
    for ago in (oldest_min, 10, 0):
        house.store(house.metric("net.ping.gw", 11.8, ago_ms=ago * MINUTE))
    chosen = r'data-range-to="(\w+)"[^>]*aria-(?:current|pressed)="true"'
    assert re.findall(chosen, house.get("/metric/net.ping.gw").text) == [shown]


def test_a_part_has_a_page_of_its_own(house):
    house.store(house.metric("net.ping.gw", 11.8), house.metric("net.ping.gw.loss", 2))
    text = words(house.get("/metric/net.ping.gw.loss"))
    assert "gw · loss" in text
    assert "value 11.8 ms" in text


@pytest.mark.parametrize(
    ("symbol", "value", "condition"),
    [
        ("net.tcp.db:1", 5, "net.tcp.db:1.up == 0"),
        ("net.tcp.db:1.up", 1, "net.tcp.db:1.up == 0"),
        ("crypto.price.btc_usd", 98_438.21, "crypto.price.btc_usd > 98438"),
        ("pred.poly.rate-cut", 0.62013, "pred.poly.rate-cut > 0.6201"),
        ("custom.shop.orders", 1e18, "custom.shop.orders > 1000000000000000000"),
    ],
)
def test_a_rule_about_it_begins_with_a_condition_that_fits(house, symbol, value, condition):
    house.store(house.metric(symbol, value), house.metric("net.tcp.db:1.up", 1))
    given = re.search(r'name="with" value="([^"]*)"', house.get(f"/metric/{symbol}").text)[1]
    assert json.loads(html.unescape(given)) == {"condition": condition}
    assert str(parse(condition)) == condition


def test_an_unknown_symbol_is_not_found(house):
    answer = house.get("/metric/net.ping.nowhere")
    assert answer.status_code == 404
    assert "There is no symbol net.ping.nowhere" in answer.text


def test_a_symbol_silent_for_weeks_still_has_its_page(house):
    house.store(house.metric("custom.shop.orders", 7, ago_ms=20 * 86_400_000))
    house.oculus.live.snapshot()
    assert "not heard of lately" in words(house.get("/metric/custom.shop.orders"))


def test_a_failed_run_tells_its_reason(house):
    now = house.oculus.clock.now_ms()
    for ago, up in ((30, 1), (20, 0), (10, 1), (0, 1)):
        house.store(house.metric("net.tcp.db:1.up", up, ago_ms=ago * MINUTE))
        if up:
            house.store(house.metric("net.tcp.db:1", 5, ago_ms=ago * MINUTE))
    for ago, well, what in (
        (20, False, "db:1 refuses <b>connections</b>"),
        (10, True, "answers again after 10 m"),
    ):
        house.oculus.writer.tell(
            Event(
                ts_ms=now - ago * MINUTE,
                source="collector.db:1",
                type=EventType.SYSTEM if well else EventType.ERROR,
                severity=Severity.WARN,
                message=f"db:1 {what}",
                payload={"well": well},
            )
        )
    house.store()
    runs = last_runs(house.oculus.reader, "net.tcp.db:1", "db:1")
    assert [(run.what, run.why) for run in runs] == [
        ("5.00 ms", ""),
        ("5.00 ms", ""),
        ("down", "db:1 refuses <b>connections</b>"),
        ("5.00 ms", ""),
    ]


def test_a_wrong_answer_is_one_run_with_the_time_it_took(house):
    at = house.oculus.clock.now_ms()
    found = {"net.http.shop": 11.9, "net.http.shop.up": 0.0}
    house.store(*(Metric(at, "net.http", symbol, value, {}) for symbol, value in found.items()))
    [run] = last_runs(house.oculus.reader, "net.http.shop", "shop")
    assert (run.what, run.why) == ("down", "11.9 ms")


@pytest.mark.parametrize("symbol", ["net.http.shop", "net.http.shop.status"])
def test_the_rules_that_look_at_it_are_named(open_house, tmp_path, symbol):
    rules = [
        RuleSettings(name="bad <answer>", condition="net.http.shop.status != 200"),
        RuleSettings(name="elsewhere", condition="net.http.other > 5"),
    ]
    with open_house(tmp_path, rules=rules) as house:
        house.store(house.metric("net.http.shop", 5), house.metric("net.http.shop.status", 200))
        page = house.get(f"/metric/{symbol}").text
        assert "bad &lt;answer&gt;" in page
        assert "elsewhere" not in page


def test_what_the_page_renews_is_a_fragment(house):
    house.store(house.metric("net.ping.gw", 11.8))
    fragment = house.get("/partials/metric/net.ping.gw").text
    assert "<html" not in fragment
    assert 'id="sheet-head"' in fragment
    assert 'hx-swap-oob="true"' in fragment
