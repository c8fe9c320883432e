"""Desktop: a popup near the clock. Always there; without a desktop what comes is skipped.

Limits   one in ten seconds; what comes meanwhile is told by the next, as a summary
"""

from __future__ import annotations

from collections.abc import Sequence

from oculus.core.alert import News, NewsKind
from oculus.core.desk import Popup
from oculus.notify.channel import Channel, ChannelSettings, Limit
from oculus.notify.render.news import VERBS, how_long, how_much, one_line
from oculus.notify.render.words import arranged, summary

NAMED = 3  # rules that a summary calls by name
LONGEST_TEXT = 2000  # characters; each system shows fewer


class DesktopSettings(ChannelSettings, tag="desktop", frozen=True, kw_only=True):
    """A popup near the clock."""


class Desktop(Channel):
    """Hands popups to the desktop shell, which alone knows how this system shows them."""

    kind = "desktop"
    settings_class = DesktopSettings
    gathers = True
    limits = (Limit(1, 10.0),)

    def absent(self) -> str:
        return "" if self.facts.popup() else "Oculus runs without a desktop"

    def send(self, group: Sequence[News]) -> None:
        show = self.facts.popup()
        if show:
            show(single(group[0]) if len(group) == 1 else together(group))


def single(news: News) -> Popup:
    """The same words in the same order as every channel: rule, what, how much, how long, where."""
    alert = news.alert
    facts = [part for part in (how_much(news), how_long(news), alert.instance) if part]
    lines = [one_line(alert.message), one_line(" · ".join(facts))]
    return Popup(
        title=one_line(f"{alert.rule} {VERBS[news.kind]} ({alert.severity})"),
        text="\n".join(line for line in lines if line)[:LONGEST_TEXT],
        severity=alert.severity,
        path=f"/alerts#alert-{alert.id}" if alert.id else "/",
        over=news.kind is NewsKind.RESOLVED,
    )


def together(group: Sequence[News]) -> Popup:
    """One for many: how many of what, and the worst by name."""
    worst = arranged(group)
    names = list(dict.fromkeys(one_line(news.alert.rule) for news in worst))
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return Popup(
        title=summary(group),
        text=(", ".join(names[:NAMED]) + rest)[:LONGEST_TEXT],
        severity=worst[0].alert.severity,
        path="/alerts",
        over=all(news.kind is NewsKind.RESOLVED for news in group),
    )
