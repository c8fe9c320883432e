"""Who is told what: plain functions from news and settings to a reason for silence."""

from __future__ import annotations

from oculus.core.alert import News, NewsKind
from oculus.notify.channel import ChannelSettings

UNTOLD = "its beginning was not told here"


def skip_reason(news: News, settings: ChannelSettings | None, told: bool) -> str:
    """Why a channel does not get `news`; "" when it does.

    `settings` is None for a channel that is not set up; `told` says whether the channel has heard,
    or is about to hear, of this alert before.
    """
    if settings is None:
        return "there is no channel of this name"
    if not settings.enabled:
        return "the channel is switched off"
    if news.kind is NewsKind.RESOLVED:
        # Whoever was told of the beginning hears of the end, whatever min_severity says by now.
        if not settings.send_resolved:
            return "send_resolved is off"
        return "" if told else UNTOLD
    if news.alert.severity.rank < settings.min_severity.rank:
        return f"{news.alert.severity} is below the channel's min_severity, {settings.min_severity}"
    return ""
