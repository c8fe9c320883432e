"""An alert, what is told of it, and its way to a person: shared by rules, storage and notify."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from oculus.core.event import Severity


class NewsKind(StrEnum):
    """What a person can be told about an alert."""

    FIRED = "FIRED"
    RESOLVED = "RESOLVED"
    REMINDER = "REMINDER"
    NO_DATA = "NO_DATA"
    ESCALATED = "ESCALATED"


class AlertState(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(Struct, frozen=True, kw_only=True):
    """One firing of one instance of a rule: a row of `alerts`, which later resolves. Times are UTC ms."""

    id: int
    rule: str
    instance: str  # the symbol or the SQL row's key; empty when the rule has but one instance
    severity: Severity
    state: AlertState
    message: str
    value: float | None
    threshold: float | None = None
    worst: float | None = None
    started_ms: int  # the first sample of the trouble
    fired_ms: int
    ended_ms: int | None = None
    acknowledged_ms: int | None = None
    tags: dict[str, Any] = field(default_factory=dict)


class News(Struct, frozen=True, kw_only=True):
    """One thing worth telling. `held` says why nobody is told (cooldown, ...); empty when it goes out.

    With `due_ms` it goes out at that time, not before: the end of something told, in muted hours.
    """

    kind: NewsKind
    alert: Alert
    ts_ms: int
    held: str = ""
    channels: tuple[str, ...] = ()  # as the rule names them
    mention: tuple[str, ...] = ()
    due_ms: int = 0


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRYING = "retrying"
    FAILED = "failed"
    EXPIRED = "expired"
    SKIPPED = "skipped"

    @property
    def final(self) -> bool:
        return self in FINAL


FINAL = frozenset((DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.SKIPPED))


class Delivery(Struct, kw_only=True):
    """One piece of news on its way through one channel: a row of `deliveries`. Times are UTC ms."""

    id: int
    event_id: int = 0  # set when the row is written
    channel: str
    news: News
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    created_ms: int
    next_ms: int
    sent_ms: int | None = None
    expires_ms: int
    last_error: str = ""


class SavedState(Struct, frozen=True, kw_only=True):
    """Where one rule stands for one instance: a row of `alert_states`, read back after a restart."""

    rule: str
    instance: str
    state: str  # ok | pending | firing | recovering
    since_ms: int
    body: dict[str, Any] = field(default_factory=dict)  # whatever else the evaluator must remember


class Verdict(Struct, frozen=True, kw_only=True):
    """What one round of judging changed, to be written in one transaction."""

    states: tuple[SavedState, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()  # (rule, instance) whose state is no longer needed
    news: tuple[News, ...] = ()
