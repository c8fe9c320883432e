"""The words in which people hear of an alert."""

import math

import pytest

from oculus.rules.judging.wording import brief


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.40631578947, "0.4063"), (5.0, "5"), (7, 7), ("net.tcp.db", "net.tcp.db"), (math.inf, math.inf)],
)
def test_a_row_without_a_message_of_its_own_has_numbers_that_people_can_read(value, words):
    assert brief(value) == words


@pytest.mark.parametrize(
    ("condition", "values", "words"),
    [
        ("pred.prob.rain > 60%", [0.655], "65.5 %"),
        ("pred.prob.rain > 60%", [1], "100 %"),
        ("avg(net.tcp.db.up, 1h) < 99.5%", [1, 1, 0], "66.6667 %"),
        ("net.tcp.db.up < 50%", [0], "0"),
        ("avg(net.ping.gw, 5m) > 30", [30, 30, 41], "33.6667 ms"),
        ("crypto.price.x > 5", [1234567.891], "1234567.891"),
        ("avg(crypto.price.x, 1h) > 5", [1234567.891], "1234567.891"),
        ("custom.bytes.sent > 5", [123456789012345], "123456789012345"),
        ("custom.bytes.sent > 5", [1.7e308], "1.7e+308"),
    ],
)
def test_a_plain_alert_has_a_number_that_people_can_read(world, make_rule, condition, values, words):
    rule = make_rule(condition)
    [symbol] = rule.parsed.symbols
    world.rules(rule)
    for number, value in enumerate(values):
        world.at(30 * number, (symbol, value))
    assert world.news[-1].alert.message == f"{symbol} is {words} ({condition})"


def down(value, error=""):
    return ("net.tcp.db.up", value, None, {"error": error} if error else {})


@pytest.mark.parametrize(
    ("condition", "trace", "words"),
    [
        (
            "net.tcp.db.up < 1",
            [[down(0, "connection refused")], [down(1)]],
            "net.tcp.db.up is 1, was 0: connection refused (net.tcp.db.up < 1)",
        ),
        (
            "net.ping.gw > 100",
            [[("net.ping.gw", 300)], [("net.ping.gw", 612)], [("net.ping.gw", 34.2)]],
            "net.ping.gw is 34.2 ms, was 612 ms (net.ping.gw > 100)",
        ),
        (
            "net.ping.gw > 100 and net.tcp.db.up < 1",
            [[("net.ping.gw", 300), down(0)], [down(1)]],
            "no longer net.ping.gw > 100 and net.tcp.db.up < 1",
        ),
        (
            "net.ping.gw > 100 or net.tcp.db.up < 1",
            [[down(0)], [down(1)], [("net.ping.gw", 1), down(1)]],
            "no longer net.ping.gw > 100 or net.tcp.db.up < 1",
        ),
    ],
)
def test_the_end_of_a_plain_alert_says_how_it_is_now_and_how_it_was(
    world, make_rule, condition, trace, words
):
    world.rules(make_rule(condition))
    for number, samples in enumerate(trace):
        world.at(30 * number, *samples)
    assert world.kinds() == ["FIRED", "RESOLVED"]
    assert world.news[-1].alert.message == words


def test_words_of_ones_own_stay_and_a_reason_is_added_to_what_was(world, make_rule):
    world.rules(make_rule("a.b > 5", message="too hot: {{ value }}"), make_rule("a.b > 5", name="plain"))
    world.at(0, ("a.b", 9))
    world.rules(make_rule("a.b > 5", message="too hot: {{ value }}"))
    world.at(30, ("a.b", 1))
    ends = {news.alert.rule: news.alert.message for news in world.news if news.kind == "RESOLVED"}
    assert ends == {"r": "too hot: 9", "plain": "a.b is 9 (a.b > 5) (rule removed)"}
