"""The page of the channels: how each fares, and the ledger of the last messages."""

from __future__ import annotations

from dataclasses import dataclass

from oculus.core.errors import ChannelError
from oculus.notify.notifier import ChannelStatus
from oculus.runtime import Oculus
from oculus.web.detail.deliveries import DeliveryRow, newest

LEDGER = 200  # messages shown
TONES = {"broken": "error", "ok": "", "off": ""}


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel. `trouble`: why the last attempt failed, or why there is nobody to tell."""

    name: str
    type: str
    state: str
    tone: str
    trouble: str
    queued: int
    last_sent_ms: int | None
    written: bool  # it stands in the settings, so it can be changed there


@dataclass(frozen=True, slots=True)
class ChannelsSheet:
    rows: tuple[ChannelRow, ...]
    ledger: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test message, and what to do about it."""

    sent: bool
    what: str
    hint: str = ""
    word: str = "not sent"


def channels_sheet(oculus: Oculus) -> ChannelsSheet:
    """The broken ones first."""
    known = oculus.settings.channels
    rows = [channel_row(status, status.name in known) for status in oculus.notifier.status()]
    rows.sort(key=lambda row: (row.tone != "error", row.tone != "warn"))
    return ChannelsSheet(tuple(rows), tuple(newest(oculus.reader.deliveries(LEDGER), LEDGER)))


def channel_row(status: ChannelStatus, written: bool) -> ChannelRow:
    waits = status.state == "ok" and bool(status.last_error)
    return ChannelRow(
        name=status.name,
        type=status.type,
        state="trying again" if waits else status.state,
        tone="warn" if waits else TONES[status.state],
        trouble=status.last_error,
        queued=status.queued,
        last_sent_ms=status.last_sent_ms,
        written=written,
    )


def try_out(oculus: Oculus, name: str) -> Tried:
    """Send one real message now."""
    try:
        oculus.notifier.send_test(name)
    except ChannelError as error:
        return Tried(sent=False, what=error.what, hint=error.hint)
    return Tried(sent=True, what="The message was taken")
