"""What can be tried of a rule: its threshold, how long it must hold, when it ends, how often it may tell.

Of a rule in SQL it is the numbers among its parameters in the place of a threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from oculus.core.durations import parse_duration
from oculus.core.errors import QueryError
from oculus.rules.language.condition import ConditionError, parse
from oculus.rules.language.operand import Number
from oculus.rules.language.tree import Compare
from oculus.rules.settings import RuleSettings

Value = float | int | str | bool | None
BACK = {">": "<", ">=": "<", "<": ">", "<=": ">"}  # the sign on the way out of trouble


class Setting(Struct, frozen=True, kw_only=True):
    """As texts of a settings file; empty for what is not set."""

    condition: str = ""
    clear: str = ""
    for_: str = ""
    cooldown: str = ""
    params: dict[str, Value] = {}

    def of(self, rule: RuleSettings) -> RuleSettings:
        """The rule with this setting. Raises QueryError."""
        try:
            lengths = {name: parse_duration(getattr(self, name) or "0s") for name in ("for_", "cooldown")}
            own: dict[str, Any] = {"params": self.params}
            if not rule.statement:
                own = {"condition": self.condition, "clear": self.clear}
            return replace(rule, enabled=True, **own, **lengths)
        except ValueError as error:
            raise QueryError("bad_request", f"{error}", "Write it as in the settings.") from error

    def changes(self, before: Setting) -> dict[str, Any]:
        """What differs, by the names of the settings file; "" for what is left out there."""
        fields = {name: name for name in ("condition", "clear", "cooldown", "params")} | {"for": "for_"}
        mine = {name: getattr(self, field) for name, field in fields.items()}
        return {name: value for name, value in mine.items() if value != getattr(before, fields[name])}

    @property
    def words(self) -> str:
        """On one line: "net.ping.gw > 100 · for 2m"."""
        parts = [
            self.condition,
            *(f"{name} {value:.10g}" for name, value in self.params.items() if is_number(value)),
            f"for {self.for_}" if self.for_ else "at once",
            f"until {self.clear}" if self.clear else "",
            f"cooldown {self.cooldown}" if self.cooldown else "",
        ]
        return " · ".join(part for part in parts if part)


class Level(Struct, frozen=True):
    """A condition that is one comparison with a number, such as net.ping.gw > 100."""

    left: str
    sign: str
    written: str
    number: float

    def at(self, written: str) -> str:
        return f"{self.left} {self.sign} {written.strip()}"

    def ends_at(self, written: str) -> str:
        """The end that belongs to it; "" for nothing written."""
        return f"{self.left} {BACK[self.sign]} {written.strip()}" if written.strip() else ""

    def end_of(self, clear: str) -> str | None:
        """The number at which `clear` ends it; None when that is another kind of end."""
        if not clear:
            return ""
        other = level_of(clear)
        mine = other and (other.left, other.sign) == (self.left, BACK[self.sign])
        return other.written if other and mine else None


def level_of(condition: str) -> Level | None:
    try:
        tree = parse(condition).tree if condition else None
    except ConditionError:
        return None
    if not isinstance(tree, Compare) or tree.sign not in BACK or not isinstance(tree.right, Number):
        return None
    number = tree.right
    return Level(str(tree.left), tree.sign, str(number), number.number)


def setting_of(rule: RuleSettings) -> Setting:
    """As it stands now."""
    return Setting(
        condition=rule.condition,
        clear=rule.clear,
        for_=str(rule.for_) if rule.for_ else "",
        cooldown=str(rule.cooldown) if rule.cooldown else "",
        params=dict(rule.params),
    )


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_of(text: str, like: Value) -> float | int:
    """A number of the kind of `like` where it can be one. Raises QueryError."""
    try:
        number = float(text)
    except ValueError as error:
        raise QueryError("bad_request", f"{text!r} is not a number", "Write such as 0.05.") from error
    return int(number) if isinstance(like, int) and number.is_integer() else number


def read_setting(given: Mapping[str, str], side: str, now: Setting) -> Setting:
    """What was sent of one side of the form. What was not sent is as it is `now`. Raises QueryError."""
    level = level_of(now.condition)

    def sent(name: str, otherwise: str) -> str:
        return given.get(f"{side}.{name}", otherwise).strip()

    condition, clear = sent("condition", now.condition), sent("clear", now.clear)
    if level and (at := sent("threshold", level.written)) != level.written:
        condition = level.at(at)
    if level and f"{side}.ends" in given and sent("ends", "") != level.end_of(now.clear):
        clear = level.ends_at(sent("ends", ""))
    params = {
        name: number_of(sent(f"param.{name}", str(value)), value) if is_number(value) else value
        for name, value in now.params.items()
    }
    return Setting(
        condition=condition,
        clear=clear,
        for_=sent("for", now.for_),
        cooldown=sent("cooldown", now.cooldown),
        params=params,
    )
