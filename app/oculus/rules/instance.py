"""A rule made ready to be judged, and each of the instances it judges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from oculus.core.alert import Alert, SavedState
from oculus.core.event import Severity
from oculus.core.symbols import matched_name
from oculus.rules.language.condition import Condition
from oculus.rules.language.operand import Operand, fill
from oculus.rules.life.standing import Spec, Standing, State
from oculus.rules.settings import RuleSettings
from oculus.rules.sql.statement import Row, Statement
from oculus.rules.template import NAMES, Template


class Memory(Struct, frozen=True, kw_only=True):
    """What a SavedState's body holds: all that a restart must not lose."""

    condition: str
    standing: Standing
    saved_ms: int
    alert: int | None = None
    no_data_alert: int | None = None
    channels: tuple[str, ...] = ()  # who was told, whatever the rule says when we are back


class Rule:
    """A rule's settings in the form in which they are used."""

    def __init__(self, settings: RuleSettings, rank: int) -> None:
        self.settings = settings
        self.rank = rank  # rules are judged after those they depend on
        self.name = settings.name
        self.condition: Condition | Statement = settings.statement or settings.parsed
        self.clear = settings.parsed_clear
        self.spec = spec_of(settings)
        self.patience_ms = settings.no_data_for.ms if settings.no_data_for else None
        names = None if settings.statement else NAMES
        self.template = Template.parse(settings.message, names) if settings.message else None
        self.instances: dict[str, Instance] = {}
        self.firing: set[str] = set()  # the instances that are
        self.broken: set[str] = set()  # the instances that cannot be computed, once that was told
        self.errors = 0  # of runs of its SQL, in a row
        self.error = ""
        self.truncated = False  # its SQL returned more rows than are judged, and that was told
        self.mute_template = False  # that its message cannot be made was told
        self.last_fired_ms: int | None = None

    def add(self, name: str, begun_ms: int) -> Instance:
        """The instance for what `*` stands for, "" for a rule without; with SQL, for a row's key."""
        instance = Instance(self, name, begun_ms)
        return self.instances.setdefault(instance.key, instance)

    def key_of(self, name: str) -> str:
        return fill(self.condition.globs[0], name) if self.condition.globs else name

    def name_of(self, key: str) -> str | None:
        """What `*` stands for in the instance called `key`; None when this rule cannot have it."""
        if isinstance(self.condition, Statement):
            return key
        if not self.condition.globs:
            return "" if key == "" else None
        return matched_name(self.condition.globs[0], key)


class Instance:
    """One thing that a rule judges: where it stands, and the alerts it has open."""

    def __init__(self, rule: Rule, name: str, begun_ms: int) -> None:
        self.name = name
        self.key = rule.key_of(name)
        self.begun_ms = begun_ms
        self.heard_ms = begun_ms  # when it could last be computed
        self.judged_ms = 0  # the newest sample it was judged by
        self.changed = False  # its rule was: what is known may mean something else now, such as its end
        self.standing = Standing()
        self.reason = ""  # why it stands there
        self.alert: Alert | None = None
        self.no_data_alert: Alert | None = None
        self.told: tuple[str, ...] = ()  # the channels that heard of them, and are to hear of their end
        self.value: float | None = None
        self.threshold: float | None = None
        self.row: Row | None = None  # the last one of a rule with SQL
        self.errors = 0  # in a row
        self.error = ""
        self.saved = False  # there is a row of it
        self.saved_ms = 0
        self.serve(rule)

    def serve(self, rule: Rule) -> None:
        """Belong to `rule`, which has the same condition as the one before."""
        self.rule = rule
        self.condition: Condition | Statement = rule.condition.bind(self.name)
        self.clear: Condition | None = rule.clear.bind(self.name) if rule.clear else None
        self.symbol = self.row.symbol if self.row else self.condition.main_symbol
        more = self.clear.symbols if self.clear else ()
        self.symbols = tuple(dict.fromkeys((*self.condition.symbols, *more)))

    @property
    def subject(self) -> Operand | None:
        """Whose value is shown; None for a row."""
        return self.condition.subject if isinstance(self.condition, Condition) else None

    @property
    def severity(self) -> Severity:
        """How bad it is: a row may say so itself."""
        if self.unread and self.alert:
            return self.alert.severity
        own = self.row.severity if self.row else None
        return own or self.rule.settings.severity

    @property
    def unread(self) -> bool:
        """Whether its row is not known: it is one of before a restart, and its SQL has not run since."""
        return self.row is None and isinstance(self.condition, Statement)

    @property
    def firing(self) -> bool:
        return self.standing.state in (State.FIRING, State.RECOVERING)

    def found_symbols(self) -> list[str]:
        """Those that a `*` stands for: nobody has named them."""
        return [fill(glob, self.name) for glob in self.rule.condition.globs]

    def conditions(self) -> list[Condition]:
        """What is computed from samples."""
        return [each for each in (self.condition, self.clear) if isinstance(each, Condition)]

    def open_alerts(self) -> list[Alert]:
        return [alert for alert in (self.alert, self.no_data_alert) if alert is not None]

    def save(self, now_ms: int) -> SavedState:
        self.saved, self.saved_ms = True, now_ms
        body = Memory(
            condition=str(self.rule.condition),
            standing=self.standing,
            saved_ms=now_ms,
            alert=self.alert.id if self.alert else None,
            no_data_alert=self.no_data_alert.id if self.no_data_alert else None,
            channels=self.told,
        )
        return SavedState(
            rule=self.rule.name,
            instance=self.key,
            state=self.standing.state,
            since_ms=self.standing.since_ms,
            body=msgspec.to_builtins(body),
        )


def in_turn(instances: Iterable[Instance]) -> list[Instance]:
    """Those of a rule after those of the rules it depends on."""
    return sorted(instances, key=lambda each: each.rule.rank)


def read_memory(body: dict[str, Any]) -> Memory | None:
    """None when it cannot be read: another version wrote it."""
    try:
        return msgspec.convert(body, Memory)
    except msgspec.ValidationError:
        return None


def spec_of(settings: RuleSettings) -> Spec:
    worse, right = (settings.statement or settings.parsed).worse()
    return Spec(
        for_ms=settings.for_.ms,
        recover_ms=settings.recover_for.ms,
        cooldown_ms=settings.cooldown.ms,
        repeat_ms=settings.repeat.ms,
        trigger=settings.trigger,
        timezone=settings.timezone,
        escalate_ms=settings.escalate.after.ms if settings.escalate else 0,
        prefer_desktop=settings.prefer_desktop,
        no_data=settings.no_data,
        worse=worse,
        right=right,
    )
