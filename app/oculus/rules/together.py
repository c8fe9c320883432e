"""What the rules of one file must not do together, and in which order they are judged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from oculus.core.nearest import did_you_mean
from oculus.rules.settings import RuleSettings


class RuleProblem(Struct, frozen=True):
    """A mistake that only shows when all rules are seen together."""

    index: int  # of the rule in the list
    field: str
    what: str
    hint: str


def check_rules(rules: Sequence[RuleSettings]) -> list[RuleProblem]:
    """Every `depends_on` that names no rule, or leads in a circle."""
    known = {rule.name: rule for rule in rules}
    problems = []
    for index, rule in enumerate(rules):
        for name in rule.depends_on:
            if name not in known:
                hint = did_you_mean(name, known) or "write the name of another rule"
                problems.append(RuleProblem(index, "depends_on", f"there is no rule {name!r}", hint))
        if circle := _circle(rule.name, known):
            what = f"the rules wait for one another: {' -> '.join(circle)}"
            problems.append(RuleProblem(index, "depends_on", what, "write one of them without it"))
    return problems


def _circle(name: str, known: dict[str, RuleSettings]) -> list[str]:
    """The way from `name` back to itself; empty when there is none."""
    ways, seen = [[name]], {name}
    while ways:
        way = ways.pop()
        for other in known[way[-1]].depends_on:
            if other == name:
                return [*way, name]
            if other in known and other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def in_order(rules: Iterable[RuleSettings]) -> list[RuleSettings]:
    """The rules, each after those it depends on. Circles are broken somewhere."""
    known = {rule.name: rule for rule in rules}
    ordered: dict[str, RuleSettings] = {}
    for name in known:
        waiting, entered = [name], set()
        while waiting:
            last = known[waiting[-1]]
            missing = [
                each
                for each in last.depends_on
                if each in known and each not in ordered and each not in entered
            ]
            entered.add(last.name)
            if missing:
                waiting.append(missing[0])
            else:
                ordered.setdefault(last.name, last)
                waiting.pop()
    return list(ordered.values())
