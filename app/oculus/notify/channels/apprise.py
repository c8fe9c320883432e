"""Apprise: a hundred other services, as plain text. Needs the extra `apprise`.

Address  see https://github.com/caronc/apprise/wiki; it may hold a password, so it is never shown
Answer   whether it worked, and Apprise's own words where it did not; with a status in them it counts as usual
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Annotated, Any, cast

from msgspec import Meta

from oculus.core.alert import News, NewsKind
from oculus.core.durations import Duration
from oculus.core.errors import ChannelError
from oculus.core.event import Severity
from oculus.core.extras import remedy
from oculus.core.secret import Secret
from oculus.notify.channel import Channel, ChannelSettings
from oculus.notify.post.answers import quoted
from oculus.notify.post.outcome import AWAY, PERMANENT
from oculus.notify.render.escape import quiet, shorten
from oculus.notify.render.mention import mentions
from oculus.notify.render.words import Words, arranged, fit, summary, words

TEXT_LIMIT, TITLE_LIMIT = 2000, 200
MESSAGE_LIMIT = 300
SECRET = 6  # characters of a part of the address that may be a password
STATUS = re.compile(r"\berror=(\d{3})\b")
MISSING = "The library Apprise is not installed"
TYPES = {
    Severity.INFO: "info",
    Severity.WARN: "warning",
    Severity.ERROR: "failure",
    Severity.CRITICAL: "failure",
}


class AppriseSettings(ChannelSettings, tag="apprise", frozen=True, kw_only=True):
    """A text to one of a hundred other services, through Apprise."""

    url: Annotated[Secret, Meta(description="Apprise's address, such as ntfy://topic; it is never shown.")]

    def __post_init__(self) -> None:
        """Raises ValueError for no address; only the library itself knows more."""
        if self.enabled and "://" not in self.url.reveal():
            raise ValueError("url is no address; write one that Apprise knows, such as ntfy://topic")


class Apprise(Channel):
    """One text for a group of news."""

    kind = "apprise"
    settings_class = AppriseSettings
    settings: AppriseSettings
    group_for = Duration(seconds=5)

    def send(self, group: Sequence[News]) -> None:
        alone, worst = len(group) == 1, arranged(group)[0]
        first = words(worst, self.facts)
        title = f"{first.mark} {first.title}" if alone else summary(group)
        text = fit(
            group,
            lambda news: block(words(news, self.facts, MESSAGE_LIMIT), alone=alone),
            TEXT_LIMIT,
            head=" ".join(mentions(group, self.settings)),
        )
        self._notify(shorten(text, TEXT_LIMIT), shorten(quiet(title), TITLE_LIMIT), type_of(worst))

    def _notify(self, text: str, title: str, kind: str) -> None:
        try:
            import apprise  # an extra; loading it takes half a second
        except ImportError as error:
            raise ChannelError(MISSING, remedy("apprise"), permanent=True) from error
        library, listen = self._library(apprise), cast(Any, apprise).LogCapture
        hush()
        with listen(level=logging.WARNING, fmt="%(message)s") as said:
            taken = library.notify(body=text, title=title, notify_type=kind, body_format="text")
            words = said.getvalue()
        if not taken:
            raise self._failure(words)

    def _failure(self, words: str) -> ChannelError:
        """Why it was not taken, in Apprise's words: the services it knows have no other way to say it."""
        url = self.settings.url.reveal().strip()
        found = STATUS.search(words)
        status = int(found[1]) if found else 0
        said = quoted(words, [url, *(piece for piece in re.split(r"[/:@?&=]+", url) if len(piece) >= SECRET)])
        return ChannelError(
            f"Apprise could not send it{f': {said}' if said else ''}",
            f"Check url under channels, {self.name}",
            permanent=status in PERMANENT,
            answered=status not in (*PERMANENT, *AWAY) and "onnection error" not in words,
        )

    def _library(self, apprise: Any) -> Any:
        """Apprise with the one address in it. Raises ChannelError."""
        made = apprise.Apprise()
        if not made.add(self.settings.url.reveal().strip()):
            raise ChannelError(
                "Apprise does not know this kind of address",
                f"Look at https://github.com/caronc/apprise/wiki and mend url under channels, {self.name}",
                permanent=True,
            )
        return made


def hush() -> None:
    """What Apprise says of a failure is in our words already, and need not be in the log at every try."""
    own = logging.getLogger("apprise")
    if own.propagate:
        own.propagate = False
        own.addHandler(logging.NullHandler())


def type_of(news: News) -> str:
    return "success" if news.kind is NewsKind.RESOLVED else TYPES[news.alert.severity]


def block(told: Words, *, alone: bool) -> str:
    """One piece of news; its title stands above it already when it is alone."""
    head = [] if alone else [f"{told.mark} {told.title}"]
    details = [f"{label}: {value}" for label, value in told.details]
    lines = [*head, told.message, *details, *([told.link] if told.link and alone else [])]
    return quiet("\n".join(line for line in lines if line))
