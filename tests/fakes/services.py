"""Each kind of channel with the server it speaks to, by name."""

import re

import pytest

from fakes.messengers import AnyServer, DiscordServer, SlackServer, TelegramServer
from oculus.core.errors import ChannelError
from oculus.core.secret import Secret
from oculus.notify.channels.apprise import AppriseSettings
from oculus.notify.channels.discord import DiscordSettings
from oculus.notify.channels.email import EmailSettings
from oculus.notify.channels.slack import SlackSettings
from oculus.notify.channels.telegram import TelegramSettings
from oculus.notify.channels.webhook import WebhookSettings

SECRET = re.compile("s[e3]cr[e3]t", re.IGNORECASE)  # part of every secret in these tests

CHAT = {"telegram": TelegramServer, "discord": DiscordServer, "slack": SlackServer, "slack bot": SlackServer}
SERVERS = {**CHAT, "webhook": AnyServer, "apprise": AnyServer}


def settings_of(kind, server, **more):
    """How Oculus is told of `server`; no charts, unless `more` says so."""
    return {
        "telegram": telegram, "discord": discord, "slack": slack, "slack bot": slack_bot, "webhook": webhook,
        "apprise": apprise, "email": email,
    }[kind](server, more)  # fmt: skip


def telegram(server, more):
    given = {"telegram_bot_token": Secret(server.token), "chat_id": "-100000001", "api_url": server.url}
    return TelegramSettings(**{"chart": "off"} | given | more)


def discord(server, more):
    return DiscordSettings(**{"discord_webhook": Secret(server.webhook), "chart": "off"} | more)


def slack(server, more):
    return SlackSettings(**{"slack_webhook": Secret(server.webhook), "chart": "off"} | more)


def slack_bot(server, more):
    given = {
        "slack_bot_token": Secret(server.token),
        "slack_channel": "#alerts",
        "api_url": f"{server.url}/api",
    }
    return SlackSettings(**{"chart": "off"} | given | more)


def webhook(server, more):
    return WebhookSettings(url=Secret(f"{server.url}/secret-path"), **more)


def apprise(server, more):
    return AppriseSettings(url=Secret(f"json://127.0.0.1:{server.server_port}/secret-path"), **more)


def email(mailbox, more):
    given = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "tls": "none", "chart": "off"}
    return EmailSettings(from_address="a@b.example", to_addresses=("c@d.example",), **given | more)


def failure(channel, *group):
    """The error with which it does not send; nobody finds a secret in it."""
    with pytest.raises(ChannelError) as caught:
        channel.send(group)
    assert not SECRET.search(f"{caught.value!r} {caught.value} {caught.value.__cause__!r}")
    return caught.value
