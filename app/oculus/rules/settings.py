"""What can be set for a rule."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import Meta, Struct, field

from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.rules.language.condition import Condition, ConditionError, parse
from oculus.rules.life.hours import Hours
from oculus.rules.life.trigger import Trigger, end_ms
from oculus.rules.sql.schedule import EXAMPLE, Schedule, ScheduleError, zone
from oculus.rules.sql.statement import Statement
from oculus.rules.template import NAMES, Template, TemplateError
from oculus.rules.trials.ruletest import RuleTest

NOTHING = Duration(0)
DESKTOP = "desktop"  # the channel of the popups


class NoData(StrEnum):
    """What to do when a rule can no longer be judged."""

    KEEP = "keep"
    ALERT = "alert"
    OK = "ok"


class Escalation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who else is told of what nobody acknowledges."""

    after: Annotated[Duration, Meta(description="How long people have to acknowledge it.")]
    channels: Annotated[
        tuple[str, ...],
        Meta(
            description="Who is told then, by the names under channels.",
            min_length=1,
            extra={"names": "channels"},
        ),
    ]


class RuleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition or a SELECT, how long it must hold, and who is told."""

    either: ClassVar = ("condition", "sql")  # one of which must be there

    name: Annotated[
        str, Meta(description="What pages and messages call it; unique.", min_length=1, max_length=100)
    ]
    condition: Annotated[
        str,
        Meta(description="When there is trouble, such as net.*.up == 0 or crypto.price.btc_usd < 50k."),
    ] = ""
    sql: Annotated[
        str,
        Meta(description="In the place of a condition: a SELECT whose every row is one trouble."),
    ] = ""
    params: Annotated[
        dict[str, float | int | str | bool | None], Meta(description="Values for the $names in the SQL.")
    ] = field(default_factory=dict)
    key: Annotated[
        tuple[str, ...],
        Meta(description="Columns that tell rows apart; by default all that are no numbers."),
    ] = ()
    schedule: Annotated[
        str, Meta(description="When the SQL runs: five cron fields, or six with seconds first.")
    ] = ""
    timezone: Annotated[
        str, Meta(description="Time zone of the schedule, of sessions and of expires, such as Europe/Paris.")
    ] = "UTC"
    catch_up: Annotated[
        bool, Meta(description="Whether the SQL runs once for what was due while the machine slept.")
    ] = False
    clear: Annotated[
        str, Meta(description="When the trouble is over; empty: as soon as the condition no longer holds.")
    ] = ""
    for_: Annotated[Duration, Meta(description="How long the condition must hold before it fires.")] = field(
        default=NOTHING, name="for"
    )
    recover_for: Annotated[Duration, Meta(description="How long it must be well before it resolves.")] = (
        NOTHING
    )
    cooldown: Annotated[
        Duration, Meta(description="Shortest time from one message that it fires to the next.")
    ] = NOTHING
    repeat: Annotated[Duration, Meta(description="Time between reminders while it fires; 0s: none.")] = (
        NOTHING
    )
    trigger: Annotated[
        Trigger,
        Meta(description="Tell of it once and never again, every time, or once in each session (a day)."),
    ] = Trigger.EVERY
    expires: Annotated[
        str, Meta(description="When it is judged no longer: 2026-12-31, itself included, or a time of it.")
    ] = ""
    no_data: Annotated[
        NoData, Meta(description="Without data: keep the state, raise an alert of its own, or count as ok.")
    ] = NoData.KEEP
    no_data_for: Annotated[
        Duration | None,
        Meta(
            description="Time without an answer that counts as no data; by default 3 intervals, at least 5m."
        ),
    ] = None
    depends_on: Annotated[
        tuple[str, ...],
        Meta(
            description="Rules that explain this one: while they fire, nobody is told of it.",
            extra={"names": "rules"},
        ),
    ] = ()
    active: Annotated[
        Hours | None,
        Meta(description="When people are told; what still fires when these hours begin is told then."),
    ] = None
    severity: Annotated[Severity, Meta(description="How bad it is.")] = Severity.WARN
    message: Annotated[
        str,
        Meta(
            description="What people are told, a Jinja template; empty: made from the condition.",
            max_length=4000,
        ),
    ] = ""
    channels: Annotated[
        tuple[str, ...],
        Meta(description="Who is told, by the names under channels.", extra={"names": "channels"}),
    ] = ("log",)
    prefer_desktop: Annotated[
        bool,
        Meta(
            description="While somebody sits at the desktop only that is told; the other channels "
            "follow when it is idle, or not acknowledged, for 2 minutes."
        ),
    ] = False
    escalate: Annotated[
        Escalation | None, Meta(description="Who else is told of what is not acknowledged in time.")
    ] = None
    mention: Annotated[tuple[str, ...], Meta(description="Whom a message calls by name, such as @here.")] = ()
    tests: Annotated[
        tuple[RuleTest, ...],
        Meta(description="Samples and what people would hear of them, tried by `oculus check`."),
    ] = ()
    enabled: Annotated[bool, Meta(description="Whether it is judged at all.")] = True

    def __post_init__(self) -> None:
        """Raises ValueError with every mistake that one field alone cannot show."""
        if wrong := list(self.mistakes()):
            raise ValueError("; ".join(wrong))

    def mistakes(self) -> Iterator[str]:
        """What is wrong, each beginning with the field's name, in the words of whoever wrote it."""
        if not self.name.isprintable() or not self.name.strip():
            yield f"name {self.name!r} cannot be printed; write letters, digits and signs"
        if bool(self.condition.strip()) is bool(self.sql.strip()):
            both = "condition and sql are both there" if self.sql.strip() else "condition is missing"
            yield f"{both}; write one of condition and sql"
        elif self.sql.strip():
            yield from self._wrong_sql()
        else:
            yield from self._wrong_conditions()
        if self.no_data_for is not None and self.no_data_for <= NOTHING:
            yield "no_data_for is no time at all; write 1m or more"
        if self.escalate and self.escalate.after <= NOTHING:
            yield "escalate has no time in after; write after: 10m"
        if self.prefer_desktop and (DESKTOP not in self.channels or len(set(self.channels)) < 2):
            yield "prefer_desktop is between desktop and another channel; write both under channels"
        yield from self._wrong_end()
        try:
            Template.parse(self.message, None if self.sql.strip() else NAMES)
        except TemplateError as error:
            yield f"message {error}"

    def _wrong_end(self) -> Iterator[str]:
        try:
            zone(self.timezone)
            end_ms(self.expires or "2026-12-31", self.timezone)
        except ScheduleError as error:
            if not self.sql.strip():
                yield f"timezone {error}"
        except ValueError as error:
            yield f"expires {error}"

    def runs_in(self, since_ms: int, until_ms: int) -> bool:
        """Whether its SQL was due at any time between the two."""
        return bool(self.statement) and Schedule(self.schedule, self.timezone).next_ms(since_ms) <= until_ms

    def expired(self, now_ms: int) -> bool:
        return bool(self.expires) and now_ms >= end_ms(self.expires, self.timezone)

    def _wrong_conditions(self) -> Iterator[str]:
        yield from self._only_for_sql()
        read: list[Condition] = []
        for name, text in (("condition", self.condition), ("clear", self.clear)):
            try:
                read += [parse(text)] if text or name == "condition" else []
            except ConditionError as error:
                yield f"{name} {error}"
                return
        if len(read) == 2 and read[1].globs and read[1].stars != read[0].stars:
            yield "clear has other * than the condition; write as many in both"

    def _wrong_sql(self) -> Iterator[str]:
        if self.tests:
            yield "tests are for a condition; try the sql with `oculus query`"
        if self.clear:
            yield "clear is for a condition; with sql it is over when the row no longer comes"
        if not self.schedule.strip():
            yield f"schedule is missing, without which the sql never runs; {EXAMPLE}"
        else:
            yield from self._wrong_times()
        places = Statement(self.sql).places()
        for name in sorted(places - set(self.params)):
            yield f"sql has a place ${name}; write a value for it under params"
        for name in sorted(set(self.params) - places):
            yield f"params has {name}, which the sql does not use; leave it out, or write ${name}"

    def _wrong_times(self) -> Iterator[str]:
        try:
            zone(self.timezone)
        except ScheduleError as error:
            yield f"timezone {error}"
        try:
            Schedule(self.schedule, "UTC")
        except ScheduleError as error:
            yield f"schedule {error}"

    def _only_for_sql(self) -> Iterator[str]:
        given = {"params": self.params, "key": self.key, "schedule": self.schedule, "catch_up": self.catch_up}
        for name, value in given.items():
            if value:
                yield f"{name} is for sql; leave it out, or write sql in the place of condition"

    @property
    def statement(self) -> Statement | None:
        """None for a rule with a condition."""
        return Statement(self.sql, self.params, self.key) if self.sql.strip() else None

    @property
    def parsed(self) -> Condition:
        return parse(self.condition)

    @property
    def parsed_clear(self) -> Condition | None:
        return parse(self.clear) if self.clear.strip() else None
