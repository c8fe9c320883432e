"""Who is called by name in a message."""

from __future__ import annotations

from collections.abc import Sequence

from oculus.core.alert import News, NewsKind
from oculus.notify.channel import ChannelSettings


def mentions(group: Sequence[News], settings: ChannelSettings) -> tuple[str, ...]:
    """The names, each once, in order; the end of an alert calls nobody.

    A rule that names somebody has decided for itself; else the channel's own names count, from its
    severity on.
    """
    names: list[str] = []
    for news in group:
        if news.kind is NewsKind.RESOLVED:
            continue
        severe = news.alert.severity.rank >= settings.mention_from.rank
        names += news.mention or (settings.mention if severe else ())
    return tuple(dict.fromkeys(names))
