"""A time in which Oculus itself was not watching: shown by pages, left out by rules, kept by storage."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from oculus.core.durations import spoken


class GapReason(StrEnum):
    """Why nobody watched."""

    SLEEP = "sleep"  # the machine did: suspended, hibernated, its virtual machine paused
    CLOCK = "clock"  # somebody set the clock
    STOPPED = "stopped"  # Oculus was not running
    OFFLINE = "offline"  # the machine's own network was lost


class Gap(Struct, frozen=True):
    """UTC ms; `to_ms` None while it lasts. `back`: the clock was set back, so this time came twice."""

    from_ms: int
    to_ms: int | None
    reason: GapReason
    back: bool = False


OFFLINE = "This machine is offline. What is outside is not judged until it is back"
WORDS = {
    GapReason.SLEEP: "the machine slept",
    GapReason.CLOCK: "its clock was set",
    GapReason.STOPPED: "Oculus was not running",
    GapReason.OFFLINE: "this machine was offline",
}


def said(gap: Gap) -> str:
    """For people."""
    if gap.to_ms is None:
        return OFFLINE
    length = spoken((gap.to_ms - gap.from_ms) / 1000)
    if gap.back:
        return f"The clock was set back by {length}"
    return f"Nobody was watching for {length}: {WORDS[gap.reason]}"
