"""Channels: they tell a person.

To add one: write a module like channels/webhook.py, add its class below, test it against a server that
answers as the service does, and describe it in the README's table of channels.
"""

from __future__ import annotations

from oculus.core.clock import Clock
from oculus.notify.channel import Channel, ChannelSettings
from oculus.notify.channels.apprise import Apprise
from oculus.notify.channels.desktop import Desktop
from oculus.notify.channels.discord import Discord
from oculus.notify.channels.email import Email
from oculus.notify.channels.log import Log
from oculus.notify.channels.slack import Slack
from oculus.notify.channels.telegram import Telegram
from oculus.notify.channels.webhook import Webhook
from oculus.notify.facts import NO_FACTS, Facts

CHANNELS: dict[str, type[Channel]] = {
    channel.kind: channel for channel in (Log, Desktop, Email, Telegram, Discord, Slack, Webhook, Apprise)
}


def build(name: str, settings: ChannelSettings, clock: Clock, facts: Facts = NO_FACTS) -> Channel:
    """The channel that these settings are for."""
    kinds = {channel.settings_class: channel for channel in CHANNELS.values()}
    return kinds[type(settings)](name, settings, clock, facts)
