"""What looks odd in a rule is said, with what to write instead."""

import pytest

from oculus.core.durations import parse_duration
from oculus.core.symbols import main_of
from oculus.rules.lint import Facts, any_matches, lint, lint_past
from oculus.rules.settings import RuleSettings

KNOWN = {
    "net.ping.gw": 30, "net.http.shop": 60, "net.http.blog": 60, "pred.prob.x": 60, "custom.shop.orders": 60,
    "crypto.price.btc_usd": 60,
}  # fmt: skip
FACTS = Facts(
    known=KNOWN,
    writes=lambda symbol: any_matches(main_of(symbol), KNOWN) or any_matches(symbol, KNOWN),
    interval_s=lambda symbol: KNOWN.get(main_of(symbol)),
    kept_s=7 * 86_400,
)


def said(condition, **more):
    if "for_" in more:
        more["for_"] = parse_duration(more["for_"])
    return [str(hint) for hint in lint(RuleSettings(name="r", condition=condition, **more), FACTS)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"condition": "net.pnig.gw > 5"},
            ["column 1: no collector writes net.pnig.gw; did you mean net.ping.gw?"],
        ),
        (
            {"condition": "net.ping.gw > 5 and avg(a.b, 5m) > 1"},
            ["column 25: no collector writes a.b; add a"],
        ),
        (
            {"condition": "net.ping.gw > 5", "clear": "net.ping.gv < 4"},
            ["clear: column 1: no collector writes"],
        ),
        ({"condition": "net.ping.gw == 5"}, ["measured, and hardly ever exactly 5; write between"]),
        ({"condition": "avg(net.http.shop.status, 5m) != 200"}, ["measured, and hardly ever exactly 200"]),
        (
            {"condition": "net.ping.gw > 5", "for_": "30s"},
            ["30s is less than two intervals of net.ping.gw (30s)"],
        ),
        ({"condition": "net.ping.gw crosses_above 5", "for_": "5m"}, ["this never fires; leave for out"]),
        ({"condition": "net.ping.gw > 5%"}, ["5% is 5 here: net.ping.gw is not in percent; write 5"]),
        ({"condition": "custom.shop.orders < 5%"}, ["5% is 5 here: custom.shop.orders is not in percent"]),
        ({"condition": "avg(net.ping.gw, 30d) > 5"}, ["looks further back than numbers are kept (7d)"]),
        ({"condition": "pred.prob.x > 60"}, ["between 0 and 1, and 60 does not; write 60%"]),
        (
            {"condition": "max(pred.prob.x, 1d) > 1000"},
            ["between 0 and 1, and 1000 does not; write such as 60%"],
        ),
    ],
)
def test_what_looks_odd_is_told(given, words):
    found = said(**given)
    assert len(found) == len(words), found
    for text, word in zip(found, words, strict=True):
        assert word in text


@pytest.mark.parametrize(
    "given",
    [
        {"condition": "net.ping.gw > 200", "clear": "net.ping.gw < 100", "for_": "5m"},
        {"condition": "net.http.*.status != 200"},
        {"condition": "net.http.shop.up == 0"},
        {"condition": "custom.shop.orders == 0"},
        {"condition": "count(net.ping.gw, 5m) == 0"},
        {"condition": "age(net.ping.gw) > 5m"},
        {"condition": "avg(net.http.shop.up, 1d) < 99.9%"},
        {"condition": "net.ping.gw.loss > 5%"},
        {"condition": "change_pct(net.ping.gw, 1h) > 50%"},
        {"condition": "pred.prob.x > 60%"},
        {"condition": "pred.prob.* > 60%"},
        {"condition": "change(pred.prob.x, 1h) < -5%"},
    ],
)
def test_what_is_in_order_is_not_complained_of(given):
    assert said(**given) == []


PAST = {
    "net.http.shop": (20, 300),
    "net.http.blog": (10, 90),
    "net.ping.gw": (5, 5),
    "pred.prob.x": (0.1, 0.9),
}


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ("net.http.shop > 300", "not held once in the last 7 days: net.http.shop was 20 to 300"),
        ("net.http.shop >= 300", None),
        ("net.http.shop < 500", "held all of the last 7 days"),
        ("net.http.* > 400", "not held once"),
        ("net.http.* > 200", None),
        ("net.http.* > 5", "held all"),
        ("avg(net.http.shop, 5m) > 300", "not held once"),
        ("sum(net.http.shop, 5m) > 300", None),
        ("net.http.shop > 300 or net.ping.gw > 4", "held all"),
        ("net.http.shop > 300 or net.http.blog > 50", None),
        ("not net.http.shop > 300", "held all"),
        ("net.ping.gw == 5", "held all"),
        ("net.ping.gw != 5", "not held once"),
        ("net.http.shop between 400 and 500", "not held once"),
        ("net.http.shop outside 400 and 500", "held all"),
        ("net.http.shop between 0 and 500", "held all"),
        ("net.http.shop crosses_above 300", "not held once"),
        ("net.http.shop crosses_below 30", None),
        ("pred.prob.x > 95%", "not held once"),
        ("c.d > 5", None),
        ("age(net.ping.gw) > 1h", None),
    ],
)
def test_a_threshold_that_never_or_always_held_last_week_is_told(condition, held):
    found = lint_past(RuleSettings(name="r", condition=condition), PAST)
    assert bool(found) is bool(held)
    if held:
        assert held in found[0].what
