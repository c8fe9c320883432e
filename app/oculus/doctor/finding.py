"""What the doctor found: one line about one thing, and what to do where it is not well."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, structs


class State(StrEnum):
    """How well it is."""

    OK = "ok"
    ODD = "odd"  # Oculus goes on without it
    BAD = "bad"  # something that was asked for does not work
    SKIPPED = "skipped"  # there is nothing to look at, or no way to


class Finding(Struct, frozen=True, kw_only=True):
    """`says` and `remedy` are sentences for people; there is a remedy for whatever is odd or bad."""

    check: str
    state: State
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> Finding:
    return Finding(check=check, state=State.OK, says=says)


def odd(check: str, says: str, remedy: str) -> Finding:
    return Finding(check=check, state=State.ODD, says=says, remedy=remedy)


def bad(check: str, says: str, remedy: str) -> Finding:
    return Finding(check=check, state=State.BAD, says=says, remedy=remedy)


def explain(found: Finding, why: str) -> Finding:
    """The same; where something is wrong, `why` takes the place of the remedy, unless it is empty."""
    return structs.replace(found, remedy=why) if why and found.state in (State.ODD, State.BAD) else found


def skipped(check: str, says: str, remedy: str = "") -> Finding:
    return Finding(check=check, state=State.SKIPPED, says=says, remedy=remedy)
