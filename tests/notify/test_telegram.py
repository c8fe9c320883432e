"""Telegram against a local Bot API that keeps the documented limits."""

import html
import re

import pytest

from fakes.messengers import PNG, TelegramServer, recorded
from fakes.services import failure, settings_of
from oculus.core.alert import NewsKind
from oculus.core.event import Severity
from oculus.core.secret import Secret
from oculus.notify.channels.telegram import Telegram
from oculus.notify.render.words import arranged

CHAT = "-100000001"


@pytest.fixture
def server(messengers):
    return messengers(TelegramServer)


@pytest.fixture
def telegram(server, open_channel):
    def make(**fields):
        return open_channel(Telegram, settings_of("telegram", server, **{"chart": "dark"} | fields))

    return make


def seen(text):
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def test_one_alert_is_a_photo_of_its_chart_with_what_how_much_since_when_and_where(telegram, server, news):
    telegram().send([news(severity=Severity.CRITICAL)])
    (message,) = server.messages
    assert message["photo"].startswith(PNG)
    lines = seen(message["text"]).splitlines()
    assert lines[:4] == ["🔴 api_down fired (critical)", "API unreachable", "Value: 503 ms", "Limit: 200 ms"]
    assert lines[4].startswith("Since: ")
    assert lines[4].endswith(", for 1 m")
    assert lines[5:] == ["Where: net.http.api", "Open in Oculus"]
    assert 'href="http://oculus.test:8420/metric/net.http.api"' in message["text"]


def test_without_data_it_is_a_text(telegram, server, news):
    telegram().send([news(instance="no.such.series")])
    assert server.messages[0]["photo"] is None


def test_the_chart_can_be_switched_off(telegram, server, news):
    telegram(chart="off").send([news()])
    assert server.messages[0]["photo"] is None


@pytest.mark.parametrize("chart", ["dark", "off"])
def test_the_end_is_a_reply_and_the_fired_message_is_marked_as_over(telegram, server, news, chart):
    telegram(chart=chart).send([news(alert=7)])
    telegram(chart=chart).send([news(NewsKind.RESOLVED, alert=7)])  # another one: as after a restart
    first, second = server.messages
    assert second["reply"]["message_id"] == first["message_id"]
    assert "✅ api_down resolved" in seen(second["text"])
    assert "✅ api_down resolved" in seen(first["edited"])


def test_an_edit_counts_for_what_telegram_allows(telegram, server, news, clock):
    channel = telegram(chart="off")
    channel.send([news(alert=1)])
    channel.send([news(alert=2)])
    assert channel.free_at == 0
    channel.send([news(NewsKind.RESOLVED, alert=1), news(NewsKind.RESOLVED, alert=2)])
    assert [message["edited"] is not None for message in server.messages] == [True, True, False]
    assert channel.free_at == clock.monotonic() + 2


def test_a_reminder_changes_nothing_in_which_message_is_marked_as_over(telegram, server, news):
    channel = telegram()
    for kind in (NewsKind.FIRED, NewsKind.REMINDER, NewsKind.RESOLVED):
        channel.send([news(kind, alert=7)])
    assert [message["edited"] is not None for message in server.messages] == [True, False, False]


def test_a_message_whose_photo_was_refused_is_marked_as_over_too(telegram, server, news):
    def no_photos(handler):
        handler.reply(400, {"ok": False, "description": "Bad Request: not enough rights to send photos"})

    server.answers.append(no_photos)
    telegram().send([news(alert=7)])
    telegram().send([news(NewsKind.RESOLVED, alert=7)])
    assert "resolved" in server.messages[0]["edited"]


def test_an_edit_that_fails_fails_nothing_else(telegram, server, news):
    telegram().send([news(alert=7)])
    server.messages.clear()  # somebody deleted it
    telegram().send([news(NewsKind.RESOLVED, alert=7)])
    assert len(server.messages) == 1


def test_many_are_one_text_worst_first_twenty_spelt_out_within_the_limit(telegram, server, news):
    group = [news(message="x" * 1500, rule=f"rule{n}") for n in range(30)]
    group.append(news(severity=Severity.CRITICAL, rule="the_worst"))
    telegram().send(arranged(group))
    text = seen(server.messages[0]["text"])
    assert text.startswith("31 alerts: 1 critical, 30 warn\n\n🔴 the_worst fired")
    told = text.count(" fired (")
    assert 5 < told <= 20
    assert text.endswith(f"and {31 - told} more")


def test_few_in_a_group_are_all_told(telegram, server, news):
    telegram().send([news(rule=f"rule{n}") for n in range(20)])
    text = seen(server.messages[0]["text"])
    assert text.count(" fired (") == 20
    assert "more" not in text


@pytest.mark.parametrize("chart", ["dark", "off"])
@pytest.mark.parametrize("message", ["x" * 9000, "<&>" * 3000, "@" * 5000, "😀" * 3000])
def test_a_message_of_any_length_is_shortened(telegram, server, news, message, chart):
    telegram(chart=chart).send([news(message=message, rule="r" * 100, instance="net.http.api")])
    assert "…" in seen(server.messages[0]["text"])
    assert "Open in Oculus" in server.messages[0]["text"]


def test_text_from_elsewhere_is_shown_as_it_is_and_calls_nobody(telegram, server, news, nasty):
    telegram().send([news(message=nasty, rule=nasty, instance=nasty)])
    shown = seen(server.messages[0]["text"])
    assert "<b>" in shown
    assert not re.search(r"@\w", shown)


def test_people_are_called_from_a_severity_on(telegram, server, news):
    channel = telegram(mention=("@alice", "12345"), chart="off")
    channel.send([news(severity=Severity.ERROR)])
    channel.send([news(severity=Severity.CRITICAL)])
    quiet, loud = (message["text"] for message in server.messages)
    assert "@alice" not in quiet
    assert loud.endswith('@alice <a href="tg://user?id=12345">12345</a>')


def test_a_chat_that_became_a_supergroup_is_followed_now_and_after_a_restart(telegram, server, news, facts):
    server.moved[CHAT] = -1001234567890
    server.chats.add("-1001234567890")
    telegram().send([news()])
    telegram().send([news()])
    assert [message["chat"] for message in server.messages] == ["-1001234567890"] * 2
    assert [asked.fields["chat_id"] for asked in server.got] == [CHAT, *["-1001234567890"] * 2]


def test_markup_that_telegram_cannot_read_goes_as_plain_text(telegram, server, news):
    server.answers.append("telegram/error_parse_entities_400")
    telegram(chart="off").send([news()])
    assert "<b>" not in server.messages[0]["text"]
    assert server.messages[0]["text"].startswith("🟡 api_down fired (warn)")


def test_a_chat_that_takes_no_photo_gets_the_words(telegram, server, news):
    def no_photos(handler):
        text = "Bad Request: not enough rights to send photos to the chat"
        handler.reply(400, {"ok": False, "error_code": 400, "description": text})

    server.answers.append(no_photos)
    telegram().send([news()])
    assert server.messages[0]["photo"] is None


@pytest.mark.parametrize(
    ("answer", "what", "hint"),
    [
        ("telegram/error_unauthorized_401", "Unauthorized", "@BotFather"),
        ("telegram/error_blocked_403", "Forbidden: bot was blocked by the user", "unblock"),
        ("telegram/error_chat_not_found_400", "Bad Request: chat not found", "add it there, send /start"),
    ],
)
def test_a_refusal_is_final_and_says_what_to_do(telegram, server, news, answer, what, hint):
    server.answers.append(answer)
    error = failure(telegram(chart="off"), news())
    assert error.permanent
    assert error.what == f"Telegram answered: {what}"
    assert hint in error.hint


def test_a_bot_that_is_no_member_is_told_to_be_added(telegram, server, news):
    def stranger(handler):
        handler.reply(403, {"ok": False, "description": "Forbidden: bot is not a member of the channel chat"})

    server.answers.append(stranger)
    assert "not a member of that chat: add it, then send /start" in str(
        failure(telegram(chart="off"), news())
    )


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("Bad Request: TOPIC_CLOSED", "open it again"),
        ("Bad Request: CHAT_WRITE_FORBIDDEN", "an administrator of the chat"),
        ("Bad Request: not enough rights to send text messages to the chat", "an administrator of the chat"),
        ("Forbidden: bot was kicked from the supergroup chat", "add it again"),
        ("Forbidden: user is deactivated", "another one as chat_id"),
    ],
)
def test_what_is_wrong_with_a_chat_comes_with_what_to_do(telegram, server, news, said, hint):
    status = 403 if said.startswith("Forbidden") else 400
    server.answers.append(lambda handler: handler.reply(status, {"ok": False, "description": said}))
    error = failure(telegram(chart="off"), news())
    assert error.permanent
    assert not error.answered  # it is not about this message: its pieces would be refused, too
    assert hint in error.hint


def test_a_wrong_token_is_refused_in_words_without_the_token(telegram, server, news):
    error = failure(telegram(telegram_bot_token=Secret("1:secretWrong")), news())
    assert error.permanent


def test_a_flood_is_waited_out_as_telegram_asks(telegram, server, news):
    server.answers.append("telegram/error_flood_429")
    error = failure(telegram(chart="off"), news())
    assert not error.permanent
    assert error.retry_after_s == 5


def test_what_telegram_really_answers_is_understood(telegram, server, news, facts):
    server.answers += ["telegram/sendPhoto_ok", "telegram/sendMessage_ok"]
    telegram().send([news(alert=1)])
    telegram(chart="off").send([news(alert=2)])
    assert '"message":20' in facts.notes["hook", 1]
    assert '"message":9' in facts.notes["hook", 2]
    assert recorded("telegram/getMe_ok")[0] == 200
