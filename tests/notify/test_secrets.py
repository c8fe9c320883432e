"""No secret is seen anywhere, whatever a service answers: events, deliveries, logs, states, errors."""

import contextlib
import logging

import msgspec
import pytest

from fakes.messengers import DiscordServer, SlackServer, TelegramServer
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channels.apprise import AppriseSettings
from oculus.notify.channels.discord import DiscordSettings
from oculus.notify.channels.email import EmailSettings
from oculus.notify.channels.slack import SlackSettings
from oculus.notify.channels.telegram import TelegramSettings
from oculus.notify.channels.webhook import WebhookSettings

SECRETS = (
    "7000000001:AAsecretTelegramToken",
    "aSecretDiscordToken",
    "secretSlackPath",
    "xoxb-secret-slack-token",
)
SECRETS += ("hook-secret-path", "hmac-secret-key", "header-secret", "smtp-secret-pass", "apprise-secret")


@pytest.fixture
def channels(messengers, service):
    telegram, discord, slack = (messengers(kind) for kind in (TelegramServer, DiscordServer, SlackServer))
    quiet = {"chart": "off"}
    channels = {
        "telegram": TelegramSettings(
            telegram_bot_token=Secret(telegram.token), chat_id=1, api_url=telegram.url, **quiet
        ),
        "discord": DiscordSettings(discord_webhook=Secret(discord.webhook), **quiet),
        "slack": SlackSettings(slack_webhook=Secret(slack.webhook), **quiet),
        "bot": SlackSettings(
            slack_bot_token=Secret(slack.token), slack_channel="#x", api_url=slack.url, **quiet
        ),
        "webhook": WebhookSettings(
            url=Secret(f"{service.url}/hook-secret-path"),
            secret=Secret("hmac-secret-key"),
            headers={"X-Key": Secret("header-secret")},
        ),
        "mail": EmailSettings(
            smtp_host="127.0.0.1", smtp_port=1, smtp_user="u", smtp_pass=Secret("smtp-secret-pass"),
            from_address="a@b.example", to_addresses=("c@d.example",),
        ),
        "other": AppriseSettings(url=Secret(f"json://127.0.0.1:{service.server_port}/apprise-secret")),
    }  # fmt: skip
    return channels, [telegram, discord, slack], service


def echo(status):
    """An answer that repeats all that was sent, as careless services do."""

    def answer(handler):
        text = f"bad request: {handler.path} {dict(handler.headers)}"
        body = {"ok": False, "description": text, "message": text, "error": text}
        handler.reply(status, body) if hasattr(handler, "reply") else handler.answer(
            status, body=text.encode()
        )

    return answer


def hang_up(handler):
    handler.close_connection = True


@pytest.mark.parametrize("answer", [echo(400), echo(403), echo(429), echo(500), hang_up])
def test_no_secret_is_seen_anywhere(house, clock, table, channels, news, caplog, answer):
    caplog.set_level(logging.DEBUG, "oculus")
    settings, messengers, service = channels
    home = house(settings, clock)
    for server in (*messengers, service):
        server.answers.extend([answer] * 8)
    home.tell(news(channels=list(settings)))
    errors = []
    for _ in range(15):
        for name in settings:
            home.notifier._senders[name].deliver()
        clock.pass_s(10)
    for name in settings:
        with contextlib.suppress(ChannelError):
            try:
                home.notifier.send_test(name)
            except ChannelError as error:
                errors.append(f"{error} {error!r} {error.__cause__!r}")
                raise
    seen = [str(msgspec.json.encode(table.rows[row])) for row in table.rows]
    seen += [str(event) for event in home.events] + [str(status) for status in home.notifier.status()]
    seen += [record.getMessage() + (record.exc_text or "") for record in caplog.records]
    seen += [*errors, repr(settings), str(settings)]
    assert len(errors) >= 2
    for secret in SECRETS:
        assert not any(secret in text for text in seen), secret
