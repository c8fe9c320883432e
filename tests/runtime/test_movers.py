"""When an alert fires: what else moved."""

import pytest

from oculus.core.metric import Metric
from oculus.rules.settings import RuleSettings
from oculus.runtime import Oculus
from oculus.settings.schema import Settings

MINUTE, DAY = 60_000, 86_400_000
USUAL = {
    "crypto.a": 100.0,
    "net.b": 20.0,
    "net.b.up": 1.0,
    "quiet.c": 5.0,
    "net.me": 1.0,
    "oculus.queue": 1.0,
}
NOW = {"crypto.a": 80.0, "net.b": 21.0, "net.b.up": 0.0, "quiet.c": 5.0, "net.me": 50.0, "oculus.queue": 90.0}


@pytest.fixture
def oculus(tmp_path):
    rules = [
        RuleSettings(name="past", condition="custom.me.x > 10"),
        RuleSettings(name="me", condition="net.me > 10"),
    ]
    with Oculus(Settings(rules=rules), tmp_path) as running:
        yield running


def store(oculus, values, ago_ms):
    now = oculus.clock.now_ms()
    oculus.writer.put([Metric(now - ago_ms, symbol, symbol, value, {}) for symbol, value in values.items()])


def a_usual_week(oculus):
    for day in range(1, 8):
        for minute in (5, 15, 25, 35):
            store(oculus, USUAL, day * DAY + minute * MINUTE)


def committed(oculus):
    oculus.writer.change(lambda cursor: None).result(30)


def test_what_departs_most_from_its_usual_comes_first_and_what_stays_does_not_come(oculus):
    a_usual_week(oculus)
    store(oculus, NOW, 100)
    committed(oculus)
    found = oculus.reader.moved(oculus.clock.now_ms(), 10)
    assert [each.symbol for each in found] == ["net.me", "net.b.up", "crypto.a", "net.b"]
    crypto = found[2]
    assert (crypto.value, crypto.usual, round(crypto.score)) == (80.0, 100.0, -20)


def test_a_firing_has_what_else_moved_in_its_event_and_in_the_api(oculus, eventually):
    a_usual_week(oculus)
    store(oculus, {**NOW, "net.me": 1.0}, 2000)
    committed(oculus)
    store(oculus, {"net.me": 50.0}, 0)
    moved = "SELECT payload->'$.moved[0].symbol' FROM events WHERE json_exists(payload, '$.moved')"
    eventually(lambda: oculus.reader.query(moved).rows == [['"net.b.up"']])
    (record,) = oculus.reader.alerts()
    found = oculus.reader.moved_with(record.alert)
    assert [each.symbol for each in found] == ["net.b.up", "crypto.a", "net.b"]
    assert oculus.reader.alert(record.alert.id).alert == record.alert
    assert oculus.reader.alert(1) is None


def test_what_moves_now_is_not_said_of_what_fired_in_a_past_that_was_handed_in(oculus, eventually):
    a_usual_week(oculus)
    store(oculus, {**NOW, "net.me": 1.0}, 2000)
    eventually(lambda: oculus.engine.rule("me").value == 1.0)  # rules begin with the newest of what is known
    long_ago = oculus.clock.now_ms() - 300 * DAY  # younger than events that are cleaned up
    past = [Metric(long_ago + at, "custom.me", "custom.me.x", at % 1000, {}) for at in (0, 1050, 2000)]
    oculus.writer.put(past)
    store(oculus, {"net.me": 50.0}, 0)
    fired = "SELECT source, json_exists(payload, '$.moved') FROM events WHERE payload->>'news' = 'FIRED'"
    rows = [["rule.me", True], ["rule.past", False]]
    eventually(lambda: sorted(oculus.reader.query(fired).rows) == rows)


def test_without_a_past_nothing_is_usual(oculus):
    store(oculus, NOW, 0)
    committed(oculus)
    assert oculus.reader.moved(oculus.clock.now_ms(), 10) == []
