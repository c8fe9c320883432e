"""What chats have in common: a connection, a chart, memory of the message that told of a beginning."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta

from oculus.core.alert import News, NewsKind
from oculus.core.clock import Clock
from oculus.core.durations import Duration
from oculus.core.errors import ChannelError
from oculus.notify.channel import Channel, ChannelSettings
from oculus.notify.chart.picture import picture
from oculus.notify.facts import NO_FACTS, ChannelNotes, Facts

log = logging.getLogger(__name__)

MOST_EDITS = 5  # for the ends in one message


class ChatSettings(ChannelSettings, frozen=True, kw_only=True):
    """What can be set for any chat."""

    chart: Annotated[
        Literal["dark", "light", "off"], Meta(description="How charts look: dark, light, or off for none.")
    ] = "dark"
    timeout: Annotated[Duration, Meta(description="Longest wait for an answer.")] = Duration(seconds=10)


class Chat(Channel):
    """One message for a group of news."""

    settings: ChatSettings
    group_for = Duration(seconds=5)

    def __init__(self, name: str, settings: ChatSettings, clock: Clock, facts: Facts = NO_FACTS) -> None:
        super().__init__(name, settings, clock, facts)
        from oculus.notify.post.poster import Poster  # loads requests, for who posts

        self._poster = Poster(settings.timeout.total_seconds())
        self._notes = ChannelNotes(name, facts)

    def close(self) -> None:
        self._poster.close()

    def _chart(self, group: Sequence[News]) -> bytes | None:
        """Of one piece of news alone."""
        theme = self.settings.chart
        if len(group) != 1 or theme == "off":
            return None
        return picture(group[0], self.facts, self.clock.now_ms(), theme)


class EditingChat(Chat):
    """One whose messages can be edited: what told of a beginning alone is marked as over."""

    def send(self, group: Sequence[News]) -> None:
        note = self._tell(group) | {"alone": len(group) == 1}
        self._notes.begin([news.alert.id for news in group if news.kind is not NewsKind.RESOLVED], note)
        self._mark_as_over([news for news in group if news.kind is NewsKind.RESOLVED])

    @abstractmethod
    def _tell(self, group: Sequence[News]) -> dict[str, Any]:
        """Send; where that `message` is, and what else `_rewrite` must know of it. Raises ChannelError."""

    @abstractmethod
    def _rewrite(self, news: News, note: dict[str, Any]) -> None:
        """Let the message that `note` is about say `news`. Raises ChannelError."""

    def _mark_as_over(self, ended: Sequence[News]) -> None:
        """The end is told already, so whatever goes wrong stays here."""
        notes = self._notes.read([news.alert.id for news in ended]) if ended else {}
        known = [(news, notes.get(news.alert.id, {})) for news in ended]
        alone = [(news, note) for news, note in known if note.get("alone") and note.get("message")]
        for news, note in alone[:MOST_EDITS]:
            try:
                self._rewrite(news, note)
            except ChannelError as error:
                log.info("%s: an earlier message could not be marked as over: %s", self.name, error)
            self._make_up_for_it()

    def _make_up_for_it(self) -> None:
        """An edit was asked of the service beside the messages that it allows: the next one waits longer."""
        pause_s = max((limit.seconds / limit.messages for limit in self.limits[:1]), default=0.0)
        self.free_at = max(self.free_at, self.clock.monotonic()) + pause_s
