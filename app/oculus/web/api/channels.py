"""The channels: how they fare, and one real message through one of them."""

from __future__ import annotations

from msgspec import Struct

from oculus.notify.notifier import ChannelStatus
from oculus.runtime import Oculus
from oculus.web.errors import no_such
from oculus.web.site import Site
from oculus.web.words import iso


class ChannelAnswer(Struct, frozen=True, kw_only=True):
    """One channel. `queued`: what waits to be sent."""

    name: str
    type: str
    state: str
    last_sent: str | None
    last_error: str
    queued: int


class ChannelsAnswer(Struct, frozen=True):
    channels: list[ChannelAnswer]


class SentAnswer(Struct, frozen=True):
    channel: str
    sent: bool


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the channels on `app`."""

    @app.get("/api/channels")
    def channels() -> ChannelsAnswer:
        """Every channel and how it fares."""
        return ChannelsAnswer([answer(status) for status in oculus.notifier.status()])

    @app.post("/api/channels/<name:path>/test", errors=(502,))
    def test(name: str) -> SentAnswer:
        """Send one real message now. 502 with the service's own words when it was not taken."""
        known = [status.name for status in oculus.notifier.status()]
        if name not in known:
            raise no_such("channel", name, known)
        oculus.notifier.send_test(name)
        return SentAnswer(name, sent=True)


def answer(status: ChannelStatus) -> ChannelAnswer:
    return ChannelAnswer(
        name=status.name,
        type=status.type,
        state=status.state,
        last_sent=iso(status.last_sent_ms),
        last_error=status.last_error,
        queued=status.queued,
    )
