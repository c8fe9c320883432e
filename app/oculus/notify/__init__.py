"""Channels: they tell a person.

To add one: write a module like channels/webhook.py, add its class below, test it against a server that
answers as the service does, and describe it in the README's table of channels.
"""

from __future__ import annotations

from oculus.core.clock import Clock
from oculus.notify.channel import Channel, ChannelSettings
from oculus.notify.channels.log import Log
from oculus.notify.channels.webhook import Webhook

CHANNELS: dict[str, type[Channel]] = {channel.kind: channel for channel in (Log, Webhook)}


def build(name: str, settings: ChannelSettings, clock: Clock) -> Channel:
    """The channel that these settings are for."""
    kinds = {channel.settings_class: channel for channel in CHANNELS.values()}
    return kinds[type(settings)](name, settings, clock)
