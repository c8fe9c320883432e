"""Log: each piece of news as a line of oculus.log, with the alert as JSON in it. Always there.

Storm    more than 20 at once stand in few lines: the worst in words, and `alerts` holds all of them; what
         follows ten others within 2 seconds waits until they are over
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from oculus.core.alert import News, NewsKind
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.notify.channel import Channel, ChannelSettings, Limit
from oculus.notify.render.news import alert_json, as_text
from oculus.notify.render.words import MOST, more, spelt_out, summary

LONGEST = 250  # alerts in one line: about 100 kB
alerts = logging.getLogger("oculus.alerts")

LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARN: logging.WARNING,
    Severity.ERROR: logging.ERROR,
    Severity.CRITICAL: logging.CRITICAL,
}


class LogSettings(ChannelSettings, tag="log", frozen=True, kw_only=True):
    """A line in the log, and in the terminal."""


class Log(Channel):
    """Write, and wait until it is written: a line lost in a crash would be an alert lost."""

    kind = "log"
    settings_class = LogSettings
    gathers = whole = True
    limits = (Limit(10, 2.0),)

    def fits(self, group: Sequence[News], late: bool) -> int:  # noqa: ARG002, a line is never late
        return min(len(group), LONGEST)

    def send(self, group: Sequence[News]) -> None:
        if len(group) > MOST:
            one_for_all(group)
        for news in group if len(group) <= MOST else ():
            alerts.log(level_of(news), "%s", as_text(news), extra={"alert": alert_json(news)})
        try:
            for handler in handlers_of(alerts):
                handler.flush()
        except OSError as error:
            raise ChannelError(
                f"The log cannot be written ({error.strerror or error})",
                "Make room on the disk of the data folder.",
            ) from error


def one_for_all(group: Sequence[News]) -> None:
    """One line, at the level of the worst: the first twenty in words, all of them as JSON."""
    told, rest = spelt_out(group)
    lines = [summary(group), *map(as_text, told), *([more(rest)] if rest else [])]
    whole = [alert_json(news) for news in group]
    alerts.log(max(map(level_of, group)), "%s", "\n".join(lines), extra={"alerts": whole})


def level_of(news: News) -> int:
    """Trouble speaks at its severity, its end at info."""
    return logging.INFO if news.kind is NewsKind.RESOLVED else LEVELS[news.alert.severity]


def handlers_of(logger: logging.Logger) -> Iterator[logging.Handler]:
    """Whatever a line of this logger reaches."""
    current: logging.Logger | None = logger
    while current is not None:
        yield from current.handlers
        current = current.parent if current.propagate else None
