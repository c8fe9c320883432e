"""The words in which people hear of an alert, and the tags that go with them."""

from __future__ import annotations

from math import isfinite
from typing import Any

from oculus.core.alert import Alert
from oculus.core.clock import to_datetime
from oculus.core.durations import spoken
from oculus.core.figures import plain
from oculus.core.symbols import unit_of
from oculus.rules.instance import Instance
from oculus.rules.language.functions import IN_ITS_UNIT
from oculus.rules.language.operand import SHARE, Age, Function, Symbol
from oculus.rules.life.standing import Notice
from oculus.rules.memory.sight import Sight
from oculus.rules.sql.statement import RESERVED, Row, Statement
from oculus.rules.template import Template

NO_DATA = ": no data for "  # between whose it is and how long


class Wording:
    """Words for instances as they are seen now. Belongs to whoever has the engine's lock."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight

    def words(self, instance: Instance, notice: Notice, now_ms: int, template: Template | None) -> str:
        """The message; without a template a plain one. Raises TemplateError."""
        if template is None:
            return instance.row.message if instance.row and instance.row.message else self.plain(instance)
        facts = self._facts(instance, notice, now_ms)
        template.check(facts)
        return template.render(facts)

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

    def tags(self, instance: Instance) -> dict[str, Any]:
        """What is known besides, such as the symbol, its source and why it is down."""
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

    def plain(self, instance: Instance) -> str:
        """The words for a rule that has none of its own."""
        if instance.row:
            said = [f"{name} {brief(value)}" for name, value in telling_columns(instance.row).items()]
            return ", ".join(said) or instance.key or instance.rule.name
        if instance.value is None:
            return held_for(instance)
        error = self._sight.tags(instance.symbol).get("error")
        return f"{instance.symbol} is {self._said(instance, instance.value, error)} ({held_for(instance)})"

    def no_data(self, instance: Instance, notice: Notice, now_ms: int) -> str:
        """The words for missing data: whose it is, where only some of the symbols are silent."""
        seen = self._sight.look(now_ms, instance.rule.patience_ms)
        silent = seen.silent_ones(instance.condition.symbols, instance.begun_ms)
        who = ", ".join(silent or instance.symbols) or instance.key or instance.rule.name
        return f"{who}{NO_DATA}{spoken((now_ms - notice.started_ms) / 1000)}"

    def data_again(self, notice: Notice, alert: Alert) -> str:
        """The words for the end of that; those of the beginning where it ends for another reason."""
        if notice.reason:
            return alert.message
        who = alert.message.partition(NO_DATA)[0]
        return f"{who}: data again, after {spoken((notice.ts_ms - alert.started_ms) / 1000)}"

    def well_again(self, instance: Instance, notice: Notice, alert: Alert) -> str:
        """The words for an end: a rule's own stay, plain ones say how it is now and how it was."""
        if notice.reason or instance.rule.template or isinstance(instance.condition, Statement):
            return alert.message
        value, worst = instance.value, notice.worst
        if value is None or worst is None or worst == value:
            return f"no longer {instance.condition}"
        now, was = self._said(instance, value), self._said(instance, worst, alert.tags.get("error"))
        return f"{instance.symbol} is {now}, was {was} ({held_for(instance)})"

    def _said(self, instance: Instance, value: float, error: str | None = None) -> str:
        unit, computed = self._unit(instance), not isinstance(instance.subject, Symbol)
        share = instance.subject is not None and instance.subject.unit() == SHARE
        if share and (value not in (0, 1) or instance.symbol.startswith("pred.")):  # else it is down, or up
            value, unit, computed = 100 * value, "%", True
        said = f"{value:.6g}" if computed and abs(value) < 1e6 else str(Shown(value))
        return f"{said}{f' {unit}' if unit else ''}{f': {error}' if error else ''}"


def held_for(instance: Instance) -> str:
    """What had to hold, and for how long."""
    settings = instance.rule.settings
    return f"{instance.condition} for {settings.for_}" if settings.for_ else str(instance.condition)


class Shown(float):
    """A number that prints as a person would write it: 101000, not 101000.0."""

    def __str__(self) -> str:
        digits = ".10g" if abs(self) < 1e10 else ".0f" if abs(self) < 1e15 else ".6g"
        return format(float(self), digits)


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
