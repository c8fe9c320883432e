"""What the stored numbers say of rules: thresholds that never or always held, and SQL that cannot run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from oculus.core.errors import OculusError
from oculus.core.symbols import glob_regex
from oculus.rules.lint import Hint, lint_past
from oculus.rules.settings import RuleSettings
from oculus.storage.reading.windows import SPANS

Ask = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]  # SQL and parameters to rows

LONGEST = 20_000  # characters of a pattern that the database is asked to match


def past_hints(rules: Iterable[RuleSettings], ask: Ask) -> dict[str, list[Hint]]:
    """What looks odd, by rule. Raises OculusError when nothing can be asked."""
    rules = [rule for rule in rules if rule.enabled]
    spans = spans_of(rules, ask)
    found = {rule.name: [*lint_past(rule, spans), *refused(rule, ask)] for rule in rules}
    return {name: hints for name, hints in found.items() if hints}


def spans_of(rules: Iterable[RuleSettings], ask: Ask) -> dict[str, tuple[float, float]]:
    """The lowest and highest value of last week, of every symbol that a rule names and that is a day old."""
    symbols = {symbol for rule in rules if rule.statement is None for symbol in rule.parsed.symbols}
    if not symbols:
        return {}
    pattern = "|".join(sorted(glob_regex(symbol).pattern for symbol in symbols))
    rows = ask(SPANS, {"pattern": pattern if len(pattern) < LONGEST else ".*"})
    return {symbol: (low, high) for symbol, low, high in rows}


def refused(rule: RuleSettings, ask: Ask) -> list[Hint]:
    """Why its SQL would fail. Nothing is run."""
    if rule.statement is None:
        return []
    try:
        ask(f"EXPLAIN {rule.sql}", rule.params)
    except OculusError as error:
        return [Hint("sql", error.what, error.hint or "try it with `oculus query`")]
    return []
