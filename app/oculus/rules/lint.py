"""What looks odd in a rule although it can be read: told, never refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import inf

from msgspec import Struct

from oculus.core.durations import short
from oculus.core.nearest import did_you_mean
from oculus.core.symbols import matches, unit_of
from oculus.rules.language.condition import Condition
from oculus.rules.language.functions import WITHIN
from oculus.rules.language.operand import SHARE, Function, Number, Operand, Symbol
from oculus.rules.language.tokens import tokenize
from oculus.rules.language.tree import COMPARE, And, Compare, Cross, Not, Or, Range, Test
from oculus.rules.settings import RuleSettings

WHOLE = (".status", ".up", ".match", ".bytes", ".tls_days")  # parts whose values are whole numbers
MEASURED = ("crypto.price.", "crypto.ma.", "stock.", "pred.", "net.")
MEASURING = frozenset(("avg", "median", "p95", "stddev", "rate", "change_pct"))

Span = tuple[float, float]  # lowest and highest


class Hint(Struct, frozen=True):
    """One thing that looks odd, in which field, and what to write instead."""

    field: str
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.field}: {self.what}; {self.hint}"


class Facts(Struct, frozen=True):
    """What is known of the world that rules are about."""

    known: Collection[str]  # symbols there are
    writes: Callable[[str], bool]  # whether anybody may write a symbol, or what a glob matches
    interval_s: Callable[[str], float | None]  # how often a symbol is asked for
    kept_s: float = inf  # how long numbers, or summaries of them, are kept


def lint(rule: RuleSettings, facts: Facts) -> list[Hint]:
    """What can be said without looking at stored numbers."""
    if rule.statement is not None:
        return []
    texts = {"condition": rule.condition, "clear": rule.clear}
    read = {"condition": rule.parsed, "clear": rule.parsed_clear}
    found: list[Hint] = []
    for field, condition in read.items():
        if condition is not None:
            found += _unknown(field, texts[field], condition, facts)
            found += _longer_than_kept(field, condition, facts)
            for operand, other, test in _pairs(condition):
                found += _number_hints(field, operand, other, test)
    return found + list(_short_for(rule, rule.parsed, facts)) + list(_crossing(rule, rule.parsed))


def lint_past(rule: RuleSettings, spans: Mapping[str, Span]) -> list[Hint]:
    """What the last week says of it; `spans` are the lowest and highest values by symbol."""
    if rule.statement is not None:
        return []
    bound = list(_instances(rule.parsed, spans))
    held = [_held(condition.tree, spans) for condition in bound]
    if not held or None in held or len(set(held)) > 1:
        return []
    seen = ", ".join(_seen(bound[0], spans))
    if held[0]:
        return [Hint("condition", f"has held all of the last 7 days: {seen}", "see that this is trouble")]
    return [Hint("condition", f"has not held once in the last 7 days: {seen}", "see that it can hold")]


# Symbols


def _unknown(field: str, text: str, condition: Condition, facts: Facts) -> Iterator[Hint]:
    for symbol in condition.symbols:
        if not facts.writes(symbol):
            hint = did_you_mean(symbol, facts.known) or "add a collector for it"
            column = next((token.column for token in tokenize(text) if token.text == symbol), 1)
            yield Hint(field, f"column {column}: no collector writes {symbol}", hint)


def _short_for(rule: RuleSettings, condition: Condition, facts: Facts) -> Iterator[Hint]:
    if not rule.for_ or condition.timed:
        return
    for symbol in condition.symbols:
        interval_s = facts.interval_s(symbol)
        if interval_s and rule.for_.total_seconds() < 2 * interval_s:
            what = f"{rule.for_} is less than two intervals of {symbol} ({short(interval_s)})"
            yield Hint("for", f"{what}: two samples decide", f"write {short(3 * interval_s)} or more")
            return


def _longer_than_kept(field: str, condition: Condition, facts: Facts) -> Iterator[Hint]:
    for function, symbol, window_ms in condition.windows():
        if window_ms > facts.kept_s * 1000:
            shown, kept = Function(function, symbol, window_ms), short(facts.kept_s)
            yield Hint(
                field, f"{shown} looks further back than numbers are kept ({kept})", "keep them longer"
            )


def _crossing(rule: RuleSettings, condition: Condition) -> Iterator[Hint]:
    if rule.for_ and any(condition.crossing()):
        yield Hint("for", "a crossing holds for one sample only, so this never fires", "leave for out")


# Numbers


def _pairs(condition: Condition) -> Iterator[tuple[Operand, Number, Test]]:
    """Every number with what it is compared with."""
    for test, _ in condition.tree.comparisons():
        operands = test.operands()
        others = [each for each in operands if not isinstance(each, Number)]
        for operand in operands:
            if isinstance(operand, Number):
                yield others[0], operand, test


def _number_hints(field: str, operand: Operand, number: Number, test: Test) -> Iterator[Hint]:
    unit, written = operand.unit(), str(number)
    if written.endswith("%") and unit not in ("%", SHARE):
        plain = written.removesuffix("%")
        yield Hint(field, f"{written} is {plain} here: {operand} is not in percent", f"write {plain}")
    within = isinstance(operand, Symbol) or (isinstance(operand, Function) and operand.name in WITHIN)
    if unit == SHARE and within and not 0 <= number.number <= 1:
        what = f"{operand} lies between 0 and 1, and {written} does not"
        yield Hint(field, what, f"write {written}%" if 1 < number.number <= 100 else "write such as 60%")
    if isinstance(test, Compare) and test.sign in ("==", "!=") and _measured(operand):
        other = "between a little less and a little more" if test.sign == "==" else "< or >"
        yield Hint(field, f"{operand} is measured, and hardly ever exactly {written}", f"write {other}")


def _measured(operand: Operand) -> bool:
    if isinstance(operand, Function) and operand.name in MEASURING:
        return True
    named = next(operand.symbols())
    if named.endswith(WHOLE) or not isinstance(operand, Symbol | Function):
        return False
    if isinstance(operand, Function) and operand.name not in WITHIN:
        return False
    return unit_of(named) in ("ms", "%") or named.startswith(MEASURED)


# The last week


def _instances(condition: Condition, spans: Mapping[str, Span]) -> Iterator[Condition]:
    if not condition.globs:
        yield condition
    names = {name for symbol in spans for name in condition.names(symbol)}
    for name in sorted(names):
        yield condition.bind(name)


def _seen(condition: Condition, spans: Mapping[str, Span]) -> Iterator[str]:
    for symbol in condition.symbols:
        if symbol in spans:
            low, high = spans[symbol]
            yield f"{symbol} was {low:.10g} to {high:.10g}"


def _held(test: Test, spans: Mapping[str, Span]) -> bool | None:
    """True or False when it was so all the time; None when it changed, or cannot be said."""
    if isinstance(test, Not):
        held = _held(test.part, spans)
        return None if held is None else not held
    if isinstance(test, And | Or):
        parts = [_held(part, spans) for part in test.parts]
        decisive = isinstance(test, Or)
        return decisive if decisive in parts else None if None in parts else not decisive
    assert isinstance(test, Compare | Range | Cross)
    reach = [_reach(operand, spans) for operand in test.operands()]
    if None in reach:
        return None
    return _compared(test, [each for each in reach if each is not None])


def _compared(test: Compare | Range | Cross, reach: Sequence[Span]) -> bool | None:
    if isinstance(test, Range):
        return _ranged(test.inside, *reach)
    if isinstance(test, Cross):
        left, right = reach
        beyond = left[1] > right[0] if test.upwards else left[0] < right[1]
        return None if beyond else False
    return _signed(test.sign, *reach)


def _ranged(inside: bool, value: Span, low: Span, high: Span) -> bool | None:
    if value[1] < low[0] or value[0] > high[1]:
        return not inside
    return inside if low[1] <= value[0] and value[1] <= high[0] else None


def _signed(sign: str, left: Span, right: Span) -> bool | None:
    compare, apart = COMPARE[sign], left[1] < right[0] or left[0] > right[1]
    if sign in ("==", "!="):
        same = left[0] == left[1] == right[0] == right[1]
        return compare(left[0], right[0]) if same or apart else None
    lowest, highest = (left[0], right[1]), (left[1], right[0])  # how far `left` was beyond `right`
    hardest, easiest = (lowest, highest) if sign.startswith(">") else (highest, lowest)
    return True if compare(*hardest) else None if compare(*easiest) else False


def _reach(operand: Operand, spans: Mapping[str, Span]) -> Span | None:
    if isinstance(operand, Number):
        return operand.number, operand.number
    if isinstance(operand, Symbol) or (isinstance(operand, Function) and operand.name in WITHIN):
        return spans.get(next(operand.symbols()))
    return None


def any_matches(symbol: str, known: Collection[str]) -> bool:
    """Whether a symbol, or what a glob matches, is among those there are."""
    return symbol in known if "*" not in symbol else any(matches(symbol, each) for each in known)
