"""A time in which Oculus itself was not watching: shown by pages, left out by rules, kept by storage."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


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
