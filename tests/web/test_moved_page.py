"""What else moved when an alert fired, as a person reads it."""

import html
import re

import pytest

from oculus.rules.settings import RuleSettings
from oculus.storage.reading.moved import Moved, note
from oculus.web.detail.moved import link, words

RULES = [
    RuleSettings(name="me", condition="net.me > 10"),
    RuleSettings(name="all", condition="net.* > 1000"),
]


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (1.25, "a little above its usual, by 1.2 times its usual spread"),
        (-4.0, "clearly below its usual, by 4.0 times its usual spread"),
        (9.0, "far above its usual, by 9.0 times its usual spread"),
        (-1234.5, "very far below its usual, by 1,234 times its usual spread"),
    ],
)
def test_how_far_it_moved_is_said_in_words(score, said):
    assert words(score) == said


def test_the_link_lays_it_over_the_chart_of_the_alert():
    assert link("net.me", "crypto.a", 1, 2) == "/metric/net.me?since=1&until=2&compare=crypto.a"
    assert link("crypto.a", "", 1, 2) == "/metric/crypto.a?since=1&until=2"


@pytest.fixture(scope="module")
def fired(tmp_path_factory, open_house):
    with open_house(tmp_path_factory.mktemp("moved"), rules=RULES) as house:
        for minute in range(60, 0, -1):
            house.store(
                house.metric("crypto.price.btc_usd", 98_000 + minute, minute * 60_000, currency="usd")
            )
        house.store(house.metric("net.me", 99))
        alert = None
        for _ in range(500):
            if found := house.oculus.reader.alerts(rule="me"):
                alert = found[0].alert
                break
            house.store()
        yield house, alert


def page(house, alert):
    text = house.get(f"/partials/moved/{alert.id}").text
    return text, html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))


def test_each_series_has_its_value_its_usual_its_line_and_a_link(fired):
    house, alert = fired
    text, said = page(house, alert)
    assert "too little is known of the week before" in said
    found = [Moved("crypto.price.btc_usd", 98_212.0, 96_100.0, 7.4), Moved("custom.<b>", 1.0, 2.0, -2.0)]
    house.oculus.writer.change(lambda cursor: note(cursor, alert.id, alert.fired_ms, found)).result(30)
    text, said = page(house, alert)
    assert "BTC crypto.price 98,212 $ , usually 96,100 $: far above its usual" in said
    assert "spark-line" in text
    assert re.search(
        r'href="/metric/net\.me\?since=\d+&amp;until=\d+&amp;compare=crypto\.price\.btc_usd"', text
    )
    assert "<b>" not in text


def test_the_page_of_a_rule_and_the_list_of_alerts_lead_there(fired):
    house, alert = fired
    assert f'hx-get="/partials/moved/{alert.id}"' in house.get("/rules/me").text
    assert f'hx-get="/partials/moved/{alert.id}"' in house.get("/alerts").text
    assert "partials/moved" not in house.get("/rules/all").text
    assert house.get("/partials/moved/987654").status_code == 404
