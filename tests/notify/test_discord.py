"""Discord against a local one that keeps the documented limits of webhooks."""

import json
import re

import pytest

from fakes.messengers import PNG, DiscordServer
from fakes.services import failure
from oculus.core.alert import NewsKind
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channels.discord import Discord, DiscordSettings
from oculus.notify.render.words import arranged


@pytest.fixture
def server(messengers):
    return messengers(DiscordServer)


@pytest.fixture
def discord(server, open_channel):
    def make(url=None, **fields):
        return open_channel(Discord, DiscordSettings(discord_webhook=Secret(url or server.webhook), **fields))

    return make


def plain(text):
    return re.sub(r"\\(.)", r"\1", text)


def test_one_alert_is_an_embed_in_the_colour_of_its_severity_with_the_chart(discord, server, news):
    discord().send([news(severity=Severity.CRITICAL)])
    (message,) = server.messages
    (embed,) = message["embeds"]
    assert plain(embed["title"]) == "🔴 api_down fired (critical)"
    assert embed["color"] == 0xFF5D5D
    assert embed["description"] == "API unreachable"
    assert [field["name"] for field in embed["fields"]] == ["Value", "Limit", "Since", "Where"]
    assert embed["url"] == "http://oculus.test:8420/metric/net.http.api"
    assert embed["image"] == {"url": "attachment://chart.png"}
    assert message["files"]["files[0]"].startswith(PNG)


def test_the_end_is_green_and_says_how_long_and_the_worst(discord, server, news):
    discord(chart="off").send([news(NewsKind.RESOLVED)])
    (embed,) = server.messages[0]["embeds"]
    assert embed["color"] == 0x35C98A
    shown = {field["name"]: plain(field["value"]) for field in embed["fields"]}
    assert shown["Worst"] == "612 ms"
    assert shown["Lasted"].startswith("2 m, ")


@pytest.mark.parametrize("chart", ["dark", "off"])
def test_the_message_of_the_beginning_turns_green_after_a_restart_too(discord, server, news, chart):
    discord(chart=chart).send([news(alert=7)])
    discord(chart=chart, url=f"{server.webhook}?thread_id=5").send([news(NewsKind.RESOLVED, alert=7)])
    first, second = server.messages
    (embed,) = first["edited"]["embeds"]
    assert embed["color"] == 0x35C98A
    assert ("image" in embed) is (chart == "dark")  # the picture stays
    assert second["edited"] is None
    assert server.got[-1].path.endswith(f"/messages/{first['id']}?thread_id=5")


def test_an_edit_that_fails_fails_nothing_else(discord, server, news):
    discord().send([news(alert=7)])
    server.messages.clear()  # somebody deleted it
    discord().send([news(NewsKind.RESOLVED, alert=7)])
    assert len(server.messages) == 1


def test_without_data_there_is_no_image(discord, server, news):
    discord().send([news(instance="no.such.series")])
    assert "image" not in server.messages[0]["embeds"][0]


def test_many_are_one_embed_worst_first(discord, server, news):
    group = [news(message="x" * 1500, rule=f"rule{n}") for n in range(40)]
    discord().send(arranged([*group, news(severity=Severity.CRITICAL, rule="worst")]))
    (embed,) = server.messages[0]["embeds"]
    assert embed["title"] == "41 alerts: 1 critical, 40 warn"
    assert plain(embed["description"]).startswith("🔴 **worst fired (critical)**")
    told = embed["description"].count(" fired ")
    assert embed["description"].endswith(f"and {41 - told} more")
    assert 5 < told <= 20


@pytest.mark.parametrize("message", ["x" * 9000, "*" * 9000, "@" * 5000, "😀" * 5000])
def test_a_message_of_any_length_is_shortened(discord, server, news, message):
    discord().send([news(message=message, rule="r" * 100, instance="i" * 5000)])
    assert "…" in server.messages[0]["embeds"][0]["description"]


def test_text_from_elsewhere_is_shown_as_it_is_and_calls_nobody(discord, server, news, nasty):
    discord().send([news(message=nasty, rule=nasty, instance=nasty)])
    (message,) = server.messages
    assert message["allowed_mentions"] == {"parse": [], "users": [], "roles": []}
    assert "content" not in message
    shown = json.dumps(message["embeds"], ensure_ascii=False)
    assert not re.search(r"@\w", shown)
    assert "\\\\<b\\\\>" in shown


def test_only_those_who_are_named_are_called(discord, server, news):
    channel = discord(mention=("@here", "<@&99>", "123456"), chart="off")
    channel.send([news(severity=Severity.CRITICAL)])
    channel.send([news(severity=Severity.WARN)])
    loud, quiet = server.messages
    assert loud["content"] == "@here <@&99> <@123456>"
    assert loud["allowed_mentions"] == {"parse": ["everyone"], "users": ["123456"], "roles": ["99"]}
    assert "content" not in quiet


def test_the_address_keeps_its_thread_and_asks_to_wait(discord, server, news):
    discord(url=f"{server.webhook}?thread_id=5&wait=false", chart="off").send([news()])
    assert server.got[0].path.endswith("?thread_id=5&wait=true")


@pytest.mark.parametrize("answer", ["discord/message_object_wait_true_200", "discord/webhook_204"])
def test_what_discord_really_answers_is_taken_as_success(discord, server, news, answer):
    server.answers.append(answer)
    discord().send([news()])


@pytest.mark.parametrize(
    ("answer", "what", "hint"),
    [
        ("discord/error_unknown_webhook_404", "Unknown Webhook", "make a new one"),
        ("discord/error_invalid_webhook_token_401", "Invalid Webhook Token", "copy it anew"),
        ("discord/error_content_too_long_400", "Invalid Form Body", ""),
        (
            forum := "Webhooks posted to forum channels must have a thread_name or thread_id",
            forum,
            "?thread_id=",
        ),
        ("discord/error_empty_message_400", "Cannot send an empty message", ""),
    ],
)
def test_a_refusal_is_final_and_says_what_to_do(discord, server, news, answer, what, hint):
    says = {"message": answer, "code": 220001}
    server.answers.append(answer if "/" in answer else lambda handler: handler.reply(400, says))
    error = failure(discord(), news())
    assert error.permanent
    assert error.what == f"Discord answered: {what}"
    assert hint in error.hint


def html(handler):
    handler.reply(429, b"<html>aSecret</html>", {"Content-Type": "text/html", "Retry-After": "7"})


def bare(handler):
    handler.reply(429, b"", {})


def by_header(handler):
    handler.reply(429, b"{}", {"X-RateLimit-Reset-After": "1.25", "Retry-After": "2"})


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("discord/rate_limited_global_429", 64.57),
        ("discord/rate_limited_user_429", 64.57),
        (html, 7.0),
        (by_header, 1.25),
        (bare, None),
    ],
)
def test_every_form_of_too_many_is_understood(discord, server, news, answer, seconds):
    server.answers.append(answer)
    error = failure(discord(), news())
    assert not error.permanent
    assert error.retry_after_s == seconds


def test_after_the_last_message_of_a_window_the_channel_waits_for_the_next(discord, server, news, clock):
    server.now = clock.monotonic
    channel = discord(chart="off")
    for _ in range(4):
        channel.send([news()])
    assert channel.free_at == 0
    channel.send([news()])
    assert channel.free_at == clock.monotonic() + 2
    assert failure(channel, news()).retry_after_s == 2
