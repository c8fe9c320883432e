"""A message as it would read now: nothing is sent, nothing is kept."""

import pytest

from oculus.collectors.custom.push import PushSettings
from oculus.core.secret import Secret
from oculus.rules.settings import RuleSettings

# A glob finds what somebody collects.
SHOPS = PushSettings(name="shops", secret=Secret("a-secret-of-enough-length"), category="net.http")
RULES = [
    RuleSettings(name="slow", condition="net.http.* > 100", message="{{ symbol }} takes {{ value }} ms"),
    RuleSettings(name="quiet", condition="no.such.thing > 1"),
    RuleSettings(name="off", condition="net.http.a > 1", enabled=False),
]


@pytest.fixture(scope="module")
def house(tmp_path_factory, open_house):
    with open_house(tmp_path_factory.mktemp("preview"), rules=RULES, collectors=[SHOPS]) as made:
        made.store(made.metric("net.http.a", 7), made.metric("net.http.b", 503))
        made.worst = lambda: made.get("/api/rules/slow").json()["state"]
        yield made


def asked(house, message, rule="slow"):
    return house.post(f"/api/rules/{rule}/preview", json={"message": message})


def test_a_template_is_shown_with_the_last_value_of_the_worst(house, eventually):
    eventually(lambda: house.worst() == "firing")
    answer = asked(house, "{{ rule }}: {{ symbol }} at {{ value }}, limit {{ threshold }}").json()
    assert answer == {
        "text": "slow: net.http.b at 503, limit 100",
        "instance": "net.http.b",
        "value": 503.0,
    }


def test_without_a_template_there_are_plain_words(house, eventually):
    eventually(lambda: house.worst() == "firing")
    assert asked(house, "").json()["text"].startswith("net.http.b is 503 ms")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("{{ valeu }}", "did you mean value?"),
        ("{{ value", "is no template"),
        ("{% set x = 1 %}", "is not for messages"),
    ],
)
def test_a_mistake_is_told_in_words(house, message, said):
    answer = asked(house, message)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_before_the_first_value_there_is_nothing_to_show(house):
    answer = asked(house, "{{ value }}", "quiet")
    assert answer.status_code == 200
    assert answer.json()["value"] is None


@pytest.mark.parametrize("rule", ["off", "none"])
def test_a_rule_that_is_not_judged_has_no_preview(house, rule):
    assert asked(house, "x", rule).status_code == 404


def test_nothing_comes_of_it(house, eventually):
    eventually(lambda: house.worst() == "firing")
    before = len(house.get("/api/events?limit=1000").json()["events"])
    asked(house, "{{ value }}")
    asked(house, "{{ nothing")
    assert len(house.get("/api/events?limit=1000").json()["events"]) == before


def test_the_page_shows_the_message_and_what_it_makes(house, eventually):
    eventually(lambda: house.worst() == "firing")
    page = house.get("/rules/slow").text
    assert 'hx-get="/partials/preview/slow"' in page
    shown = house.get("/partials/preview/slow", params={"message": "<b>{{ value }}</b>"}).text
    assert "&lt;b&gt;503&lt;/b&gt;" in shown
    assert "is no template" in house.get("/partials/preview/slow", params={"message": "{{"}).text
