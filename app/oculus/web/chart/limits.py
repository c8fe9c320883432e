"""Where rules draw their lines through a symbol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from oculus.core.symbols import main_of
from oculus.rules.language.condition import Condition, ConditionError, parse
from oculus.rules.language.functions import WITHIN
from oculus.rules.language.operand import Function, Number, Operand, Symbol
from oculus.rules.language.tree import Comparison
from oculus.rules.status import RuleStatus


class Threshold(Struct, frozen=True):
    """A value at which a rule changes its mind. `text` is the comparison as the rule has it."""

    rule: str
    severity: str
    value: float
    text: str


def thresholds(symbol: str, rules: Iterable[RuleStatus]) -> list[Threshold]:
    """The lines of all rules that compare `symbol` with plain numbers."""
    return [
        Threshold(rule.name, rule.severity, value, text)
        for rule in rules
        if rule.state != "off"
        for condition in conditions_on(symbol, rule)
        for comparison, _ in condition.tree.comparisons()
        for value, text in lines(symbol, comparison)
    ]


def speaks_of(symbol: str, rule: RuleStatus) -> bool:
    """Whether a rule looks at `symbol` or at a part of it."""
    if any(main_of(each.symbol) == main_of(symbol) for each in rule.instances if each.symbol):
        return True
    read = read_condition(rule)
    return read is not None and any(main_of(each) == main_of(symbol) for each in read.symbols)


def conditions_on(symbol: str, rule: RuleStatus) -> list[Condition]:
    """A rule's condition with `symbol` in the place of its globs; none when it does not look at it."""
    read = read_condition(rule)
    if read is None:
        return []
    if read.globs:
        return [read.bind(name) for name in sorted(read.names(symbol))]
    return [read] if symbol in read.symbols else []


def read_condition(rule: RuleStatus) -> Condition | None:
    """None for a rule with SQL."""
    if not rule.condition:
        return None
    try:
        return parse(rule.condition)
    except ConditionError:  # told elsewhere, by the rule itself
        return None


def lines(symbol: str, comparison: Comparison) -> Iterator[tuple[float, str]]:
    operands = comparison.operands()
    if any(is_level(symbol, each) for each in operands):
        for each in operands:
            if isinstance(each, Number):
                yield each.number, str(comparison)


def is_level(symbol: str, operand: Operand) -> bool:
    """Whether an operand is a value as the chart of `symbol` shows it: not its age, its sum, its change."""
    if isinstance(operand, Symbol):
        return operand.name == symbol
    return isinstance(operand, Function) and operand.symbol == symbol and operand.name in WITHIN
