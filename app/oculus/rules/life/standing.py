"""Where a rule stands, what it is told, and what is news of it: the words of the evaluator."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from msgspec import Struct
from msgspec.structs import replace

from oculus.core.alert import NewsKind
from oculus.rules.language.condition import Worse
from oculus.rules.life.trigger import Trigger
from oculus.rules.settings import NoData


class State(StrEnum):
    OK = "ok"
    PENDING = "pending"  # it holds, but not yet for long enough
    FIRING = "firing"
    RECOVERING = "recovering"  # it is well again, but not yet for long enough


class Input(StrEnum):
    """What judging came to. Where several are of one moment, the first of this list counts."""

    TRUE = "true"
    FALSE = "false"
    NO_ROW = "no_row"  # SQL: the query worked, this row did not come
    STALE = "stale"  # no answer for too long
    ERROR = "error"  # could not be computed


class Reach(IntEnum):
    """How far the news of a trouble goes."""

    NOBODY = 0
    DESK = 1  # only to the desktop, where somebody sits
    RULE = 2  # to the rule's channels
    ALL = 3  # to those of `escalate` too


RANKS = {kind: rank for rank, kind in enumerate(Input)}
FREEZING = (Input.STALE, Input.ERROR)


class Reading(Struct, frozen=True, gc=False):
    """One input and what goes with it."""

    kind: Input
    ts_ms: int  # of the sample; for STALE and ERROR, when something was last known
    value: float | None = None
    clears: bool = True  # with FALSE: this ends what fires. Not so between `condition` and `clear`
    overdue: bool = False  # with STALE or ERROR: `no_data_for` has passed without an answer
    rank: int = 0  # with TRUE: how bad it is, where that can change from reading to reading


class Spec(Struct, frozen=True, kw_only=True):
    """What the evaluator needs of a rule."""

    for_ms: int = 0
    recover_ms: int = 0
    cooldown_ms: int = 0
    repeat_ms: int = 0
    trigger: Trigger = Trigger.EVERY
    timezone: str = "UTC"  # of its sessions
    escalate_ms: int = 0  # 0: it never goes further
    prefer_desktop: bool = False
    no_data: NoData = NoData.KEEP
    worse: Worse = Worse.HIGHER
    right: float = 0.0  # with FARTHER: the value that would be right


class Standing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a rule stands for one instance. All of it survives a restart."""

    state: State = State.OK
    since_ms: int = 0  # when that began, by the sample
    started_ms: int = 0  # the first sample of the trouble
    fired_ms: int = 0  # the sample on which it fired
    seen_ms: int = 0  # the last sample that counted towards `held_ms`
    held_ms: int = 0  # how much of `for`, or of `recover_for`, has been observed
    worst: float | None = None
    rank: int = 0  # how bad it is
    told_rank: int = 0  # how bad people know it to be
    told_ms: int | None = None  # when people last heard that it fires; `cooldown` runs from here
    rung_ms: int | None = None  # the same, which a gap does not move
    reminded_ms: int = 0
    told: bool = False  # people know of this trouble
    held: str = ""  # why they do not, said once
    acknowledged: bool = False
    reach: Reach = Reach.RULE  # who knows of it, where people do
    explained: bool = False  # a rule it depends on fires
    freed_ms: int | None = None  # when that one resolved
    frozen_ms: int | None = None  # since when nothing is known
    no_data_ms: int | None = None  # since when a NO_DATA alert is open
    no_data_held: str = ""  # why nobody was told of that
    no_data_told_ms: int | None = None  # when people heard of it
    no_data_reach: Reach = Reach.RULE  # who knows of it
    no_data_acknowledged: bool = False


def with_data(standing: Standing) -> Standing:
    """The same without an alert of missing data."""
    return replace(
        standing,
        no_data_ms=None,
        no_data_held="",
        no_data_told_ms=None,
        no_data_reach=Reach.RULE,
        no_data_acknowledged=False,
    )


class Notice(Struct, frozen=True, kw_only=True):
    """One thing that is news. `held` says why it is not told; "" when it is."""

    kind: NewsKind
    ts_ms: int
    started_ms: int
    held: str = ""
    reason: str = ""  # why it resolved, where that is not that all is well
    no_data: bool = False  # it is about the missing data, not about the condition
    reach: Reach = Reach.RULE  # to whom it goes
    heard: Reach = Reach.NOBODY  # and to whom not, for they were told before
    worst: float | None = None
