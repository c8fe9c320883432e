"""Email: one message for a group of news, through a mail server.

Needs    a server that takes mail, usually with a user and a password (many want an app password)
Groups   news within `group_for` goes as one message
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from msgspec import Meta

from oculus.core.alert import News, NewsKind
from oculus.core.clock import Clock
from oculus.core.durations import Duration
from oculus.notify.channel import Channel
from oculus.notify.chart.colours import Theme
from oculus.notify.facts import NO_FACTS, ChannelNotes, Facts
from oculus.notify.post.mail_server import MailServer, MailServerSettings
from oculus.notify.render.mail import Envelope, address, letter, mail, own_id, subject_of

Address = Annotated[str, Meta(pattern=r"^[^@\r\n]+@[^@\s]+$", description="name@example.com")]
THEMES: dict[str, tuple[Theme, ...]] = {
    "auto": ("light", "dark"),
    "light": ("light",),
    "dark": ("dark",),
    "off": (),
}
MOST_THREADS = 20  # that one mail continues


class EmailSettings(MailServerSettings, tag="email", frozen=True, kw_only=True):
    """An email with charts, through your mail server."""

    from_address: Annotated[Address, Meta(description="Who writes: a@b.example, or Name <a@b.example>.")]
    to_addresses: Annotated[tuple[Address, ...], Meta(description="To whom.", min_length=1)]
    group_for: Annotated[Duration, Meta(description="News within this time goes as one message.")] = Duration(
        minutes=1
    )
    chart: Annotated[
        Literal["auto", "dark", "light", "off"],
        Meta(description="How charts look: auto goes with the reader's program, off for none."),
    ] = "auto"
    timeout: Annotated[Duration, Meta(description="Longest time for sending one message.")] = Duration(
        seconds=30
    )

    def __post_init__(self) -> None:
        """Raises ValueError for an address that no mail can have."""
        for name, text in [
            ("from_address", self.from_address),
            *(("to_addresses", a) for a in self.to_addresses),
        ]:
            try:
                address(text)
            except Exception as error:  # the library's parser raises many things
                raise ValueError(f"{name} {text!r} is no address; write name@example.com") from error


class Email(Channel):
    """One mail for a group of news; nothing stays open in between."""

    kind = "email"
    settings_class = EmailSettings
    settings: EmailSettings
    gathers = True  # a storm is one mail, even if nothing is to wait

    def __init__(self, name: str, settings: EmailSettings, clock: Clock, facts: Facts = NO_FACTS) -> None:
        super().__init__(name, settings, clock, facts)
        self.group_for = settings.group_for
        self._notes = ChannelNotes(name, facts)
        self._server = MailServer(name, settings, settings.timeout.total_seconds())

    def send(self, group: Sequence[News]) -> None:
        now_ms, wish = self.clock.now_ms(), self.settings
        written = letter(group, self.facts, THEMES[wish.chart], now_ms)
        later = [news.alert.id for news in group if news.kind is not NewsKind.FIRED]
        notes = self._notes.read(later) if later else {}
        earlier = list(dict.fromkeys(str(note["id"]) for note in notes.values() if note.get("id")))
        if len(group) == len(notes) == 1 and (subject := notes[later[0]].get("subject")):
            written = replace(written, subject=f"Re: {subject}")
        envelope = Envelope(
            sender=wish.from_address,
            recipients=wish.to_addresses,
            own_id=own_id(self.name, group, wish.from_address),
            follows=earlier[:MOST_THREADS],
            urgent=any(self._urgent(news) for news in group),
        )
        self._server.deliver(mail(written, envelope, now_ms))
        self._remember(group, envelope.own_id)

    def close(self) -> None:
        """Cut what is under way."""
        self._server.close()

    def _urgent(self, news: News) -> bool:
        return (
            news.kind is not NewsKind.RESOLVED and news.alert.severity.rank >= self.settings.mention_from.rank
        )

    def _remember(self, group: Sequence[News], sent_id: str) -> None:
        """The first mail about an alert is what all later ones refer to."""
        subject = {"subject": subject_of(group)} if len(group) == 1 else {}
        begun = [news.alert.id for news in group if news.kind is not NewsKind.RESOLVED]
        self._notes.begin(begun, {"id": sent_id} | subject)
