import re

import pytest
from msgspec.structs import replace

from oculus.core.alert import NewsKind
from oculus.core.errors import StorageError
from oculus.core.event import Severity
from oculus.notify.channel import ChannelSettings
from oculus.notify.facts import ChannelNotes, Facts
from oculus.notify.post.answers import quoted, trouble, wish_s
from oculus.notify.post.outcome import Answer
from oculus.notify.render.escape import (
    for_discord,
    for_slack,
    for_telegram,
    shorten,
    units,
    within,
)
from oculus.notify.render.mention import mentions
from oculus.notify.render.news import as_text
from oculus.notify.render.snapshot import snapshot
from oculus.notify.render.words import arranged, fit, moment, spelt_out, summary, words


def test_the_details_say_how_much_against_what_since_when_and_where(news, facts):
    told = words(news(), facts)
    shown = dict(told.details)
    assert (shown["Value"], shown["Limit"], shown["Where"]) == ("503 ms", "200 ms", "net.http.api")
    assert re.fullmatch(r"2026-01-01 \d\d:\d\d .+, for 1 m", shown["Since"])
    assert told.link == "http://oculus.test:8420/metric/net.http.api"


def test_why_a_host_is_down_is_told_once_and_no_more_when_that_is_over(news, facts):
    down = {"symbol": "net.http.api.up", "error": "refused the connection"}
    shown = dict(words(news(tags=down), facts).details)
    assert shown["Why"] == "refused the connection"
    assert "API unreachable; refused the connection; down" in as_text(news(tags=down, value=0.0))
    for told in (news(tags=down, message="refused the connection"), news(NewsKind.RESOLVED, tags=down)):
        assert "Why" not in dict(words(told, facts).details)
        assert as_text(told).count("refused") == (told.kind is not NewsKind.RESOLVED)


@pytest.mark.parametrize(
    ("symbol", "value", "said"),
    [
        ("net.tcp.redis.up", 0.0, "down"),
        ("custom.backup.up", 0.0, "down"),
        ("net.tcp.redis.up", 0.97, "0.97"),
    ],
)
def test_a_state_is_said_in_its_word_and_has_no_limit(news, facts, symbol, value, said):
    shown = dict(words(news(tags={"symbol": symbol}, value=value, threshold=0.99), facts).details)
    assert shown["Value"] == said
    assert ("Limit" in shown) is (said == "0.97")
    over = news(NewsKind.RESOLVED, tags={"symbol": symbol}, value=value, worst=value, threshold=0.99)
    assert ("Worst" in dict(words(over, facts).details)) is (said == "0.97")


def test_the_end_says_the_worst_and_how_long(news, facts):
    shown = dict(words(news(NewsKind.RESOLVED), facts).details)
    assert shown["Worst"] == "612 ms"
    assert shown["Lasted"].startswith("2 m, 2026-01-01 ")


def test_an_end_on_another_day_names_that_day(news, facts):
    begun_ms = news().alert.started_ms
    over = news(NewsKind.RESOLVED, ended_ms=begun_ms + 50 * 3_600_000)
    end = moment(over.alert.ended_ms, "%Y-%m-%d %H:%M %Z")
    assert dict(words(over, facts).details)["Lasted"] == f"2 d 2 h, {moment(begun_ms)} to {end}"


def test_a_rule_without_instances_still_has_its_symbol_unit_and_page(news, facts):
    told = words(news(instance="", tags={"symbol": "net.http.api"}), facts)
    assert dict(told.details)["Value"] == "503 ms"
    assert dict(told.details)["Where"] == "net.http.api"
    assert told.link.endswith("/metric/net.http.api")


def test_what_is_no_series_links_to_the_alerts(news, facts):
    assert words(news(instance="some, row"), facts).link == "http://oculus.test:8420/alerts"


def test_without_pages_there_is_no_link(news):
    assert words(news(), Facts()).link == ""


def test_the_worst_come_first_and_what_is_over_last(news):
    group = [
        news(NewsKind.RESOLVED, severity=Severity.CRITICAL, rule="over"),
        news(severity=Severity.INFO, rule="info"),
        news(severity=Severity.CRITICAL, rule="first"),
        news(severity=Severity.CRITICAL, rule="second"),
    ]
    assert [each.alert.rule for each in arranged(group)] == ["first", "second", "info", "over"]
    assert summary(group) == "4 alerts: 2 critical, 1 info, 1 resolved"


def test_a_summary_of_what_waited_says_from_when_to_when(news):
    first = news()
    later = replace(first, ts_ms=first.ts_ms + 25 * 60_000)
    told = re.fullmatch(r"2 alerts, (\d{4}-\d\d-\d\d \d\d:\d\d) to (.+): 2 warn", summary([first, later]))
    assert told
    assert moment(first.ts_ms) == told[1]
    assert moment(later.ts_ms).endswith(told[2])
    assert summary([first, replace(first, ts_ms=first.ts_ms + 60_000)]) == "2 alerts: 2 warn"


def test_twenty_are_spelt_out_and_the_rest_is_counted(news):
    told, rest = spelt_out([news() for _ in range(33)])
    assert (len(told), rest) == (20, 13)


# Who is called


@pytest.mark.parametrize(
    ("severity", "called"),
    [(Severity.WARN, ()), (Severity.ERROR, ("@here",)), (Severity.CRITICAL, ("@here",))],
)
def test_a_channel_calls_its_people_from_a_severity_on(news, severity, called):
    settings = ChannelSettings(mention=("@here",), mention_from=Severity.ERROR)
    assert mentions([news(severity=severity)], settings) == called


def test_a_rule_that_names_somebody_has_decided_for_itself(news):
    settings = ChannelSettings(mention=("@here",))
    item = news(severity=Severity.INFO, mention=("@bob",))
    assert mentions([item], settings) == ("@bob",)
    assert mentions([item, news(severity=Severity.CRITICAL)], settings) == ("@bob", "@here")


def test_the_end_of_an_alert_calls_nobody(news):
    settings = ChannelSettings(mention=("@here",))
    over = news(NewsKind.RESOLVED, severity=Severity.CRITICAL, mention=("@bob",))
    assert mentions([over], settings) == ()


# Text from elsewhere


@pytest.mark.parametrize("escape", [for_telegram, for_discord, for_slack])
def test_no_at_sign_calls_anybody(escape, nasty):
    assert not re.search(r"@\w", escape(nasty))


def test_each_platform_shows_the_text_as_it_is_written():
    assert for_telegram("<b> & >") == "&lt;b&gt; &amp; &gt;"
    assert for_discord("a_b *c* [x](y) <b>") == r"a\_b \*c\* \[x\](y) \<b\>"
    assert for_discord("# 5 - 3") == r"\# 5 - 3"
    assert for_slack("<!channel> & x") == "&lt;!channel&gt; &amp; x"
    assert for_slack("crypto.price.btc_usd") == "crypto.price.btc_usd"  # fit to be copied
    assert "*bold*" not in for_slack("*bold*")


@pytest.mark.parametrize(("text", "limit"), [("abc", 3), ("abcd", 3), ("😀😀", 3), ("😀" * 100, 5), ("", 0)])
def test_shortening_counts_as_services_do_and_never_cuts_a_sign_in_two(text, limit):
    short = shorten(text, limit)
    assert units(short) <= max(limit, 0)
    short.encode()  # no half of a pair
    assert short == text or short.endswith("…")


def test_what_is_escaped_stays_within_the_limit_too():
    assert units(within(lambda longest: for_discord(shorten("*" * 900, longest)), 100)) <= 100


def fitted(group, limit, length=2, **more):
    return fit(group, lambda item: str(item.alert.id) * length, limit, **more)


def test_what_does_not_fit_is_counted(news):
    three = [news(alert=number) for number in (1, 2, 3)]
    assert fitted(three, 100) == "11\n\n22\n\n33"
    assert fitted(three, 100, head="h") == "h\n\n11\n\n22\n\n33"
    assert fitted(three, 40, length=20) == f"{'1' * 20}\n\nand 2 more"
    assert fitted(three[:1], 40, length=50) == "and 1 more"
    assert fitted([news(alert=number) for number in range(25)], 400).endswith("\n\nand 5 more")


def test_where_little_fits_that_is_told_which_matters_most_in_the_order_given(news):
    digest = [news(alert=number) for number in range(1, 8)] + [news(alert=8, severity=Severity.CRITICAL)]
    assert fitted(digest, 50, length=20) == f"{'8' * 20}\n\nand 7 more"
    assert fitted(digest, 50, length=20, head="8 alerts") == f"8 alerts\n\n{'8' * 20}\n\nand 7 more"
    assert fitted(digest, 60, length=20) == f"{'1' * 20}\n\n{'8' * 20}\n\nand 6 more"


# The table, the notes, the answers


def test_the_table_begins_with_the_series_then_its_parts_then_others_of_its_kind(facts):
    rows = snapshot("net.http.api", facts, 1_767_268_800_000)
    assert [row.symbol for row in rows] == [
        "net.http.api", "net.http.api.status", "net.http.api.up", "net.http.shop",
    ]  # fmt: skip
    assert rows[0].value == "503 ms"
    assert rows[0].age == "12 s"
    assert snapshot("no.such", facts, 0) == []


@pytest.mark.parametrize("note", ["", "no json", "[1]", '"text"'])
def test_a_note_that_cannot_be_read_is_none(note):
    assert ChannelNotes("chat", Facts(recall=lambda _channel, _alerts: {1: note})).read_one(1) == {}


def test_the_first_message_of_an_alert_is_what_is_remembered(facts):
    notes = ChannelNotes("chat", facts)
    notes.begin([1], {"at": "first"})
    notes.begin([1, 2], {"at": "second"})
    assert notes.read([1, 2, 3]) == {1: {"at": "first"}, 2: {"at": "second"}}


def test_notes_that_cannot_be_kept_cost_no_message(caplog):
    def broken(*_):
        raise StorageError("the disk is gone")

    notes = ChannelNotes("chat", Facts(recall=broken, remember=broken))
    notes.begin([1], {"at": "first"})
    assert notes.read([1]) == {}
    assert "the disk is gone" in caplog.text


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        (b'{"parameters":{"retry_after":5}}', {}, 5),
        (b'{"retry_after":64.57,"global":true}', {"Retry-After": "65"}, 64.57),
        (b"{}", {"X-RateLimit-Reset-After": "1.5", "Retry-After": "2"}, 1.5),
        (b"rate_limited", {"Retry-After": "30"}, 30),
        (b"<html>", {"Retry-After": "7"}, 7),
        (b'{"retry_after":"soon"}', {}, None),
        (b'{"retry_after":1e999}', {"Retry-After": "3"}, 3),
        (b'{"retry_after":-4}', {}, 0),
        (b"\xff\xfe", {}, None),
        (b"", {}, None),
    ],
)
def test_how_long_a_service_wants_to_be_left_alone_is_found_wherever_it_says_so(body, headers, seconds):
    assert wish_s(Answer(429, headers, body), 0) == seconds


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (401, True), (404, True), (408, False), (429, False), (500, False)]
)
def test_4xx_is_final_but_for_too_many_and_too_slow(status, permanent):
    assert trouble("X", Answer(status, {}, b""), "", {}, 0).permanent is permanent


def test_a_services_words_are_shown_without_secrets_on_one_short_line():
    said = quoted("no\nsuch token 123:ABC at /bot123:ABC/send" + "x" * 500, ["123:ABC"])
    assert "ABC" not in said
    assert "\n" not in said
    assert len(said) <= 200
