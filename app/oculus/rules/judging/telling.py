"""From what is news of an instance to the alert and the words in which people hear of it."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from msgspec.structs import replace

from oculus.core.alert import Alert, AlertState, News, NewsKind
from oculus.core.clock import to_datetime
from oculus.core.durations import spoken
from oculus.core.event import Event, EventType, Severity
from oculus.core.figures import plain
from oculus.core.ids import Ids
from oculus.core.symbols import unit_of
from oculus.rules.instance import Instance
from oculus.rules.language.functions import IN_ITS_UNIT
from oculus.rules.language.operand import Age, Function, Symbol
from oculus.rules.life.reach import channels
from oculus.rules.life.standing import Notice
from oculus.rules.memory.sight import Sight
from oculus.rules.sql.statement import RESERVED, Row, Statement
from oculus.rules.template import Template, TemplateError


class Teller:
    """Makes news. Belongs to the engine's thread."""

    def __init__(self, sight: Sight, tell: Callable[[Event], None]) -> None:
        self._sight = sight
        self._tell = tell
        self._ids = Ids()

    def news(self, instance: Instance, notice: Notice, now_ms: int) -> News:
        """What `notice` means for the instance's alerts, which are brought up to date."""
        make = self._about_data if notice.no_data else self._about_trouble
        alert = make(instance, notice, now_ms)
        return News(
            kind=notice.kind,
            alert=alert,
            ts_ms=notice.ts_ms,
            held=notice.held,
            channels=self._audience(instance, notice),
            mention=instance.rule.settings.mention,
        )

    def _audience(self, instance: Instance, notice: Notice) -> tuple[str, ...]:
        """The channels it goes to; of an end, those that were told, whoever the rule names by now."""
        if notice.kind is NewsKind.RESOLVED:
            told = instance.told
            instance.told = told if instance.open_alerts() else ()
            return told
        found = channels(instance.rule.settings, notice.reach, notice.heard)
        if not notice.held:
            instance.told = tuple(dict.fromkeys((*instance.told, *found)))
        return found

    def _about_trouble(self, instance: Instance, notice: Notice, now_ms: int) -> Alert:
        alert = instance.alert or self._begun(instance, notice, now_ms, self._words(instance, notice, now_ms))
        values: dict[str, Any] = {
            "value": instance.value,
            "threshold": instance.threshold,
            "worst": notice.worst,
        }
        if notice.kind is NewsKind.RESOLVED:
            instance.alert = None
            over = replace(alert, **values, message=self._well_again(instance, notice, alert))
            return ended(over, notice.ts_ms, notice.reason)
        if notice.kind in (NewsKind.FIRED, NewsKind.ESCALATED):
            values["severity"] = instance.severity
        if instance.alert and not instance.unread:
            values["message"] = self._words(instance, notice, now_ms)
            values["tags"] = self._tags(instance)
        instance.alert = replace(alert, **values)
        return instance.alert

    def _about_data(self, instance: Instance, notice: Notice, now_ms: int) -> Alert:
        who = ", ".join(instance.symbols) or instance.key or instance.rule.name
        silent = f"{who}: no data for {spoken((now_ms - notice.started_ms) / 1000)}"
        alert = instance.no_data_alert or self._begun(instance, notice, now_ms, silent)
        instance.no_data_alert = None if notice.kind is NewsKind.RESOLVED else alert
        return ended(alert, notice.ts_ms, notice.reason) if notice.kind is NewsKind.RESOLVED else alert

    def _begun(self, instance: Instance, notice: Notice, now_ms: int, message: str) -> Alert:
        return Alert(
            id=self._ids.next(now_ms),
            rule=instance.rule.name,
            instance=instance.key,
            severity=instance.severity,
            state=AlertState.FIRING,
            message=message,
            value=None if notice.no_data else instance.value,
            started_ms=notice.started_ms,
            fired_ms=notice.ts_ms,
            tags=self._tags(instance),
        )

    def words(self, instance: Instance, notice: Notice, now_ms: int, template: Template | None) -> str:
        """The message; without a template a plain one. Raises TemplateError."""
        if template is None:
            return instance.row.message if instance.row and instance.row.message else self._plain(instance)
        facts = self._facts(instance, notice, now_ms)
        template.check(facts)
        return template.render(facts)

    def _words(self, instance: Instance, notice: Notice, now_ms: int) -> str:
        try:
            return self.words(instance, notice, now_ms, instance.rule.template)
        except TemplateError as error:
            self._complain(instance, error, now_ms)
            return self._plain(instance)

    def _facts(self, instance: Instance, notice: Notice, now_ms: int) -> dict[str, Any]:
        return {
            "value": shown(instance.value),
            "symbol": instance.symbol,
            "threshold": shown(limit_of(instance)),
            "rule": instance.rule.name,
            "since": to_datetime(notice.started_ms // 1000 * 1000),
            "duration": spoken((max(now_ms, notice.ts_ms) - notice.started_ms) / 1000),
            "tags": dict(self._sight.tags(instance.symbol)),
            **({name: bare(value) for name, value in instance.row.columns.items()} if instance.row else {}),
            "severity": str(instance.severity),
        }

    def _tags(self, instance: Instance) -> dict[str, Any]:
        if not instance.row:
            tags = {**self._sight.tags(instance.symbol), "symbol": instance.symbol}
            return tags if isinstance(instance.subject, Symbol) else {**tags, "unit": self._unit(instance)}
        # What a number of a row is measured in nobody has said: not in what its symbol is.
        return {"unit": ""} | telling_columns(instance.row)

    def _unit(self, instance: Instance) -> str:
        """What the value shown is measured in."""
        subject = instance.subject
        if isinstance(subject, Age) or (isinstance(subject, Function) and subject.name not in IN_ITS_UNIT):
            return subject.unit()
        return unit_of(instance.symbol, self._sight.tags(instance.symbol))

    def _plain(self, instance: Instance) -> str:
        """The words for a rule that has none of its own."""
        if instance.row:
            said = ", ".join(
                f"{name} {brief(value)}" for name, value in telling_columns(instance.row).items()
            )
            return said or instance.key or instance.rule.name
        if instance.value is None:
            return held_for(instance)
        error = self._sight.tags(instance.symbol).get("error")
        return f"{instance.symbol} is {self._said(instance, instance.value, error)} ({held_for(instance)})"

    def _well_again(self, instance: Instance, notice: Notice, alert: Alert) -> str:
        """The words for an end: a rule's own stay, plain ones say how it is now and how it was."""
        if notice.reason or instance.rule.template or isinstance(instance.condition, Statement):
            return alert.message
        if instance.value is None or notice.worst in (None, instance.value):
            return f"no longer {instance.condition}"
        now = self._said(instance, instance.value)
        was = self._said(instance, notice.worst, alert.tags.get("error"))
        return f"{instance.symbol} is {now}, was {was} ({held_for(instance)})"

    def _said(self, instance: Instance, value: float | None, error: str | None = None) -> str:
        unit = self._unit(instance)
        return f"{shown(value)}{f' {unit}' if unit else ''}{f': {error}' if error else ''}"

    def _complain(self, instance: Instance, error: TemplateError, now_ms: int) -> None:
        if instance.rule.mute_template:
            return
        instance.rule.mute_template = True
        what = f"The message of {instance.rule.name} {error}. A plain one is sent in its place"
        self._tell(trouble(instance, what, now_ms))


def held_for(instance: Instance) -> str:
    """What had to hold, and for how long."""
    settings = instance.rule.settings
    return f"{instance.condition} for {settings.for_}" if settings.for_ else str(instance.condition)


class Shown(float):
    """A number that prints as a person would write it: 101000, not 101000.0."""

    def __str__(self) -> str:
        return f"{float(self):.10g}" if abs(self) < 1e10 else f"{float(self):.0f}"


def bare(value: Any) -> Any:
    """A value of a row as messages show it."""
    return Shown(value) if isinstance(value, float) else value


def brief(value: Any) -> Any:
    """As a page shows a number that nothing is known about: nobody reads ten digits of a mean."""
    return plain(value) if isinstance(value, float) and isfinite(value) else value


def shown(value: float | None) -> Shown | None:
    return None if value is None else Shown(value)


def telling_columns(row: Row) -> dict[str, Any]:
    """The columns that say something of what the row is about."""
    return {name: each for name, each in row.columns.items() if name not in RESERVED and each is not None}


def limit_of(instance: Instance) -> float | None:
    """What a message calls threshold: the limit of a condition, or the parameter of that name."""
    condition = instance.condition
    return condition.limit if isinstance(condition, Statement) else instance.threshold


def ended(alert: Alert, ts_ms: int, reason: str = "") -> Alert:
    """The same, resolved. Why, where it is not that all is well, stands in the message and the tags."""
    if reason:
        alert = replace(alert, message=f"{alert.message} ({reason})", tags={**alert.tags, "reason": reason})
    return replace(alert, state=AlertState.RESOLVED, ended_ms=max(ts_ms, alert.started_ms))


def trouble(instance: Instance, what: str, now_ms: int, well: bool = False) -> Event:
    """An event about the rule itself."""
    return Event(
        ts_ms=now_ms,
        source=f"rule.{instance.rule.name}",
        type=EventType.SYSTEM if well else EventType.ERROR,
        severity=Severity.INFO if well else Severity.ERROR,
        message=what,
        payload={"rule": instance.rule.name, "instance": instance.key, "reason": instance.error},
    )
