"""What the services that carry messages answer: taken, or refused in words, whatever its shape."""

from __future__ import annotations

import json

import pytest
from hypothesis import strategies as st

from fakes.fuzz import DEEP, as_bytes, attempt, fuzzed, mutated
from fakes.internet import DATA
from fakes.post import posted
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channels.discord import Discord, DiscordSettings
from oculus.notify.channels.slack import Slack, SlackSettings
from oculus.notify.channels.telegram import Telegram, TelegramSettings
from oculus.notify.channels.webhook import Webhook, WebhookSettings
from oculus.notify.post.outcome import Answer

TOKEN = "123:a-token-that-nobody-may-see"


def saved(service):
    found = [path.read_bytes() for path in sorted((DATA / service).glob("*.json"))]
    return [json.loads(body) for body in found]


CHANNELS = {
    "telegram": (Telegram, TelegramSettings(telegram_bot_token=Secret(TOKEN), chat_id="5", chart="off")),
    "discord": (Discord, DiscordSettings(discord_webhook=Secret(f"http://d.invalid/{TOKEN}"), chart="off")),
    "slack": (Slack, SlackSettings(slack_bot_token=Secret(TOKEN), slack_channel="C1", chart="off")),
    "webhook": (Webhook, WebhookSettings(url=Secret(f"http://w.invalid/{TOKEN}"))),
}
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset-After"]),
    st.sampled_from(["0", "1.5", "-5", "nan", "inf", "1e999", "", "soon", "Wed, 25 Nov 2026 15:06:00 GMT",
                     "Wed, 99 Nov 0000 99:99:99 +9999", "9" * 400]),
)  # fmt: skip


def sent(name, answer):
    kind, settings = CHANNELS[name]
    return attempt(lambda: posted(kind, settings, answer), ChannelError)[1]


@pytest.mark.parametrize("name", CHANNELS)
def test_an_answer_is_taken_or_refused_in_words_without_the_secret(name):
    bodies = saved(name) if name != "webhook" else [{}]

    @fuzzed(st.sampled_from(bodies).flatmap(lambda body: as_bytes(mutated(body))),
            st.sampled_from([200, 204, 299, 302, 400, 401, 403, 404, 408, 429, 500, 503, 999]), HEADERS,
            examples=80)  # fmt: skip
    def holds(body, status, headers):
        error = sent(name, Answer(status, headers, body))
        assert error or 200 <= status < 300
        if error:
            assert str(error).strip()
            assert TOKEN not in str(error)
            assert error.retry_after_s is None or 0 <= error.retry_after_s < float("inf")

    holds()


@pytest.mark.parametrize("body", [*DEEP, b'{"description": "\x80"}'])
@pytest.mark.parametrize("name", CHANNELS)
def test_an_answer_that_is_no_text_or_too_deep_is_refused_in_words(name, body):
    error = sent(name, Answer(400, {}, body))
    assert str(error).strip()
