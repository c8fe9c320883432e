"""Snoozing through the API, and what a restart keeps of it."""

import pytest

from oculus.rules.settings import RuleSettings

RULES = [RuleSettings(name="a/b", condition="x > 1"), RuleSettings(name="other", condition="x > 2")]


@pytest.fixture
def snoozing(tmp_path, open_house):
    return lambda: open_house(tmp_path, rules=RULES)


def until_of(house):
    return {rule["name"]: rule["snoozed_until"] for rule in house.get("/api/rules").json()["rules"]}


def test_a_rule_is_snoozed_and_woken(snoozing):
    with snoozing() as house:
        answer = house.post("/api/rules/a/b/snooze", json={"for": "1h"})
        assert answer.status_code == 200
        assert answer.json()["snoozed_until"] == until_of(house)["a/b"] is not None
        assert until_of(house)["other"] is None
        assert house.ask("DELETE", "/api/rules/a/b/snooze").json() == {"rule": "a/b", "snoozed_until": None}
        assert until_of(house)["a/b"] is None


def test_all_rules_are_snoozed_together(snoozing):
    with snoozing() as house:
        house.post("/api/snooze", json={"for": "1h"})
        assert all(until_of(house).values())
        house.ask("DELETE", "/api/snooze")
        assert not any(until_of(house).values())


def test_a_snooze_survives_a_restart_and_is_an_event(snoozing):
    with snoozing() as house:
        until = house.post("/api/rules/a/b/snooze", json={"for": "1h"}).json()["snoozed_until"]
    with snoozing() as house:
        assert until_of(house)["a/b"] == until
        events = house.get("/api/events?source=rule.a/b").json()["events"]
        assert events[0]["message"] == f"The rule a/b is snoozed until {until}"
        rows = house.query("SELECT rule FROM silences").json()["rows"]
        assert rows == [["a/b"]]


@pytest.mark.parametrize("length", ["soon", "0s", "500d", ""])
def test_a_length_that_is_none_is_refused(snoozing, length):
    with snoozing() as house:
        answer = house.post("/api/rules/a/b/snooze", json={"for": length})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"].startswith("for: ")


def test_a_rule_that_nobody_has_cannot_be_snoozed(snoozing):
    with snoozing() as house:
        assert house.post("/api/rules/nobody/snooze", json={"for": "1h"}).status_code == 404
        assert house.ask("DELETE", "/api/rules/nobody/snooze").status_code == 404
