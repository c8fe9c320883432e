import pytest

from oculus.core.alert import NewsKind
from oculus.core.event import Severity
from oculus.notify.render.news import alert_json, amount, as_text


def test_one_line_says_which_rule_how_bad_what_how_much_how_long_and_where(news):
    assert as_text(news(severity=Severity.CRITICAL)) == (
        "api_down fired (critical): API unreachable; 503 ms, limit 200 ms; for 1 m; net.http.api"
    )


def test_the_end_says_how_long_it_lasted_and_the_worst_value(news):
    assert as_text(news(NewsKind.RESOLVED)) == (
        "api_down resolved (warn): API unreachable; worst 612 ms; lasted 2 m; net.http.api"
    )


def test_a_state_is_told_by_its_word_and_has_no_limit(news):
    down = {"instance": "net.tcp.shop.up", "value": 0.0, "threshold": 0.0}
    assert as_text(news(**down)).endswith("API unreachable; down; for 1 m; net.tcp.shop.up")
    assert "worst" not in as_text(news(NewsKind.RESOLVED, **down | {"worst": 0.0}))


def test_what_is_not_known_is_left_out(news):
    bare = news(value=None, threshold=None, instance="", message="", started_ms=news().ts_ms)
    assert as_text(bare) == "api_down fired (warn): no message"


@pytest.mark.parametrize(
    ("kind", "verb"),
    [
        (NewsKind.REMINDER, "still fires"),
        (NewsKind.NO_DATA, "has no data"),
        (NewsKind.ESCALATED, "escalated"),
    ],
)
def test_every_kind_of_news_has_its_words(news, kind, verb):
    assert f"api_down {verb} (" in as_text(news(kind))


def test_text_from_elsewhere_stays_on_the_line_and_steers_no_terminal(news):
    line = as_text(news(message="a\nb\x1b[31m\u2028c\x00"))
    assert line.isprintable()
    assert "a b [31m c" in line


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (100_000.5, "USD", "100,000.5 USD"),
        (1_234_567.0, "", "1,234,567"),
        (0.25, "", "0.25"),
        (12.5, "%", "12.5%"),
        (503.0, "ms", "503 ms"),
        (0.1 + 0.2, "", "0.3"),
        (-2500.126, "", "-2,500.13"),
        (1e300, "", "1e+300"),
        (float("nan"), "ms", "no number"),
    ],
)
def test_numbers_are_written_as_people_read_them(value, unit, words):
    assert amount(value, unit) == words


def test_a_currency_comes_from_the_tags(news):
    btc = news(
        instance="crypto.price.btc_usd", value=101_000.0, threshold=100_000.0, tags={"currency": "usd"}
    )
    assert "101,000 USD, limit 100,000 USD" in as_text(btc)


def test_a_value_that_json_cannot_hold_is_null(news):
    assert alert_json(news(value=float("inf")))["value"] is None
