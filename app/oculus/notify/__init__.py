"""Channels: they tell a person.

To add one: write a module like channels/webhook.py, add its class below under its `kind`, test it against a
server that answers as the service does, and describe it in the README's table of channels.
"""

from __future__ import annotations

from collections.abc import Mapping

from oculus.core.clock import Clock
from oculus.core.registry import Registry
from oculus.notify.channel import Channel, ChannelSettings
from oculus.notify.facts import NO_FACTS, Facts

CHANNELS: Registry[Channel] = Registry(
    __name__,
    {
        "log": "channels.log:Log",
        "desktop": "channels.desktop:Desktop",
        "email": "channels.email:Email",
        "telegram": "channels.telegram:Telegram",
        "discord": "channels.discord:Discord",
        "slack": "channels.slack:Slack",
        "webhook": "channels.webhook:Webhook",
        "apprise": "channels.apprise:Apprise",
    },
)

ALWAYS_THERE = ("log", "desktop")  # in no need of an entry in the settings


def with_always_there(channels: Mapping[str, ChannelSettings]) -> dict[str, ChannelSettings]:
    """All that can be told: those first, then what the settings have."""
    return {**{name: CHANNELS[name].settings_class() for name in ALWAYS_THERE}, **channels}


def build(name: str, settings: ChannelSettings, clock: Clock, facts: Facts = NO_FACTS) -> Channel:
    """The channel that these settings are for."""
    return CHANNELS[str(settings.__struct_config__.tag)](name, settings, clock, facts)
