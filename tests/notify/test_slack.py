"""Slack against a local one: its webhooks and its Web API, with the documented limits."""

import json
import re

import pytest

from fakes.messengers import PNG, SlackServer
from fakes.services import failure, settings_of
from oculus.core.alert import NewsKind
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channels.slack import Slack, SlackSettings
from oculus.notify.chart.picture import BARS
from oculus.notify.render.words import arranged


@pytest.fixture
def server(messengers):
    return messengers(SlackServer)


@pytest.fixture
def hook(open_channel, server):
    return lambda **fields: open_channel(Slack, settings_of("slack", server, **{"chart": "dark"} | fields))


@pytest.fixture
def bot(open_channel, server):
    return lambda **fields: open_channel(
        Slack, settings_of("slack bot", server, **{"chart": "dark"} | fields)
    )


def texts(message):
    blocks = message["attachments"][0]["blocks"]
    found = [block["text"]["text"] for block in blocks if "text" in block]
    return found + [
        part["text"] for block in blocks for part in (*block.get("fields", ()), *block.get("elements", ()))
    ]


def test_one_alert_is_blocks_beside_the_colour_of_its_severity(hook, server, news):
    hook().send([news(severity=Severity.ERROR)])
    (message,) = server.messages
    assert message["text"] == "*🟠 api_down fired (error)*"
    assert message["attachments"][0]["color"] == "#ff8a4c"
    shown = texts(message)
    assert shown[0] == "API unreachable"
    assert {"*Value*\n503 ms", "*Limit*\n200 ms", "*Where*\n`net.http.api`"} <= set(shown)
    assert "<http://oculus.test:8420/metric/net.http.api|Open in Oculus>" in shown


def test_a_webhook_shows_the_last_hours_as_a_row_of_bars(hook, server, news):
    hook().send([news()])
    (line,) = [text for text in texts(server.messages[0]) if re.fullmatch(f"`[{BARS} ]+`", text)]
    assert len(line) > 20


def test_without_data_there_is_no_row(hook, server, news):
    hook().send([news(instance="no.such.series")])
    assert not any(bar in json.dumps(server.messages, ensure_ascii=False) for bar in BARS)


def test_a_bot_puts_the_chart_into_the_thread_of_its_message(bot, server, news):
    bot().send([news(alert=7)])
    (message,), (shared,) = server.messages, server.shared
    assert shared["thread_ts"] == message["ts"]
    assert shared["channel_id"] == "C1H9RESGL"
    assert server.uploads[shared["files"][0]["id"]].startswith(PNG)


def test_the_end_is_a_reply_in_the_thread_shown_in_the_channel_too_after_a_restart_as_well(bot, server, news):
    bot().send([news(alert=7)])
    bot().send([news(NewsKind.REMINDER, alert=7)])
    bot().send([news(NewsKind.RESOLVED, alert=7)])
    first, *later = server.messages
    assert "thread_ts" not in first
    assert [(each["thread_ts"], each["reply_broadcast"]) for each in later] == [(first["ts"], True)] * 2
    assert later[-1]["attachments"][0]["color"] == "#35c98a"


def test_a_chart_that_cannot_be_uploaded_fails_nothing_else(bot, server, news):
    def lacking(handler):
        handler.reply(200, {"ok": False, "error": "missing_scope"})

    server.answers += [None, lacking]
    bot().send([news()])
    assert len(server.messages) == 1
    assert server.shared == []


def test_many_are_one_message_worst_first(hook, server, news):
    group = [news(message="x" * 2000, rule=f"rule{n}", instance="i" * 900) for n in range(40)]
    hook().send(arranged([*group, news(severity=Severity.CRITICAL, rule="worst")]))
    (message,) = server.messages
    assert message["text"] == "*41 alerts: 1 critical, 40 warn*"
    shown = texts(message)
    assert shown[0].startswith("🔴 *worst fired (critical)*")
    assert len([text for text in shown if " fired (" in text]) == 20
    assert shown[-1] == "and 21 more"


@pytest.mark.parametrize("message", ["x" * 9000, "<" * 9000, "`" * 5000, "😀" * 5000])
def test_a_message_of_any_length_is_shortened(hook, server, news, message):
    hook().send([news(message=message, rule="r" * 100, instance="i" * 5000)])
    assert "…" in texts(server.messages[0])[0]


@pytest.mark.parametrize("group", [1, 2])
def test_text_from_elsewhere_calls_nobody_and_makes_no_link(hook, server, news, nasty, group):
    hook().send([news(message=nasty, rule=nasty, instance=nasty) for _ in range(group)])
    shown = json.dumps(server.messages, ensure_ascii=False)
    assert not re.search(r"<[!@#]|@\w|<b>", shown.replace("Open in Oculus", ""))
    assert "&lt;b&gt;" in shown


def test_those_who_are_named_are_called_from_a_severity_on(hook, server, news):
    names = ("@here", "@channel", "U012ABCDEF", "S012ABCDEF", "<!everyone>", "bob")
    channel = hook(mention=names, mention_from=Severity.ERROR)
    channel.send([news(severity=Severity.ERROR)])
    channel.send([news(severity=Severity.WARN)])
    loud, quiet = server.messages
    wanted = "<!here> <!channel> <@U012ABCDEF> <!subteam^S012ABCDEF> <!everyone> bob *🟠"
    assert loud["text"].startswith(wanted)
    assert quiet["text"].startswith("*🟡")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("slack/webhook_no_service_404", "make a new one"),
        ("slack/webhook_channel_not_found_404", "does not know the channel"),
        ("slack/webhook_invalid_payload_400", ""),
    ],
)
def test_a_webhooks_refusal_is_final_and_says_what_to_do(hook, server, news, answer, hint):
    server.answers.append(answer)
    error = failure(hook(), news())
    assert error.permanent
    assert error.what.startswith("Slack answered: ")
    assert hint in error.hint


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("not_in_channel", "/invite"),
        ("channel_not_found", "invite the bot"),
        ("token_revoked", "copy its token"),
        ("missing_scope", "chat:write"),
        ("not_allowed_token_type", "xoxb-"),
        ("restricted_action", "another channel"),
    ],
)
def test_a_bots_refusal_comes_with_200_and_is_final_too(bot, server, news, error, hint):
    server.answers.append(lambda handler: handler.reply(200, {"ok": False, "error": error}))
    refused = failure(bot(), news())
    assert refused.permanent
    assert hint in refused.hint


def test_a_channel_that_the_bot_cannot_see_is_refused(bot, news):
    assert failure(bot(slack_channel="#elsewhere"), news()).permanent


def test_a_wrong_token_is_refused(bot, news):
    error = failure(bot(slack_bot_token=Secret("xoxb-secret-wrong")), news())
    assert error.what == "Slack answered: invalid_auth"
    assert error.permanent


@pytest.mark.parametrize("error", ["internal_error", "service_unavailable", "ratelimited"])
def test_trouble_at_slack_is_worth_another_try(bot, server, news, error):
    server.answers.append(lambda handler: handler.reply(200, {"ok": False, "error": error}))
    assert not failure(bot(), news()).permanent


@pytest.mark.parametrize(("who", "seconds"), [("hook", 30), ("bot", 1)])
def test_too_many_are_waited_out_as_slack_asks(who, seconds, server, news, request):
    answer = "slack/webhook_rate_limited_429" if who == "hook" else "slack/web_api_ratelimited_429"
    server.answers.append(answer)
    error = failure(request.getfixturevalue(who)(), news())
    assert not error.permanent
    assert error.retry_after_s == seconds


def test_what_slack_really_answers_is_understood(bot, hook, server, news, facts):
    server.answers.append("slack/chat_postMessage_ok")
    bot(chart="off").send([news(alert=1)])
    assert json.loads(facts.notes["hook", 1]) == {"ts": "1503435956.000247", "channel": "C1H9RESGL"}
    server.answers.append("slack/webhook_ok_200")
    hook().send([news()])


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"slack_webhook": Secret("https://h"), "slack_bot_token": Secret("x"), "slack_channel": "C"},
        {"slack_bot_token": Secret("x")},
    ],
)
def test_it_must_be_clear_who_writes_where(fields):
    with pytest.raises(ValueError, match="write"):
        SlackSettings(**fields)
