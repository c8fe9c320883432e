"""What only shows when all settings are seen together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oculus.collectors import build
from oculus.core.errors import ConfigError
from oculus.core.logs import parse_levels
from oculus.core.symbols import OWN, main_of, matches
from oculus.notify import ALWAYS_THERE
from oculus.rules.lint import Facts, lint
from oculus.rules.settings import RuleSettings
from oculus.rules.together import check_rules
from oculus.settings.draft import Draft, Where
from oculus.settings.sections import Bound
from oculus.settings.words import advice
from oculus.storage.settings import StorageSettings


def check(draft: Draft, bound: Bound) -> None:
    """Adds to the draft's problems and notices."""
    check_levels(draft)
    check_names(draft, "collectors")
    check_names(draft, "rules")
    check_symbols(draft, bound)
    check_channels(draft)
    check_dependencies(draft, bound)
    check_muted(draft)
    notice_oddities(draft, bound)


def check_levels(draft: Draft) -> None:
    level = draft.at(("logging", "level"))  # as written: another part of the section may be wrong
    if not isinstance(level, str) or ("logging", "level") in draft.lost:
        return
    try:
        parse_levels(level, "level")
    except ConfigError as error:
        for problem in error.problems:
            what, _, hint = problem.removeprefix("level: ").partition("; ")
            draft.wrong(("logging", "level"), what, hint)


def check_names(draft: Draft, section: str) -> None:
    """A name that a person gave may be given once."""
    first: dict[str, Where] = {}
    for where, name in written(draft, section, "name"):
        if not isinstance(name, str):
            continue
        if name in first:
            there = draft.place(first[name])
            draft.wrong(
                where, f"{name!r} is the name of {there.spot()} too", "write another name for one of them"
            )
        first.setdefault(name, where)


def check_symbols(draft: Draft, bound: Bound) -> None:
    """Two collectors may not write the same symbol: their numbers would be mixed."""
    first: dict[str, Where] = {}
    for where, settings in bound.collectors.items():
        collector = build(settings)
        for symbol in collector.symbols():
            if symbol in first and first[symbol] != where:
                there = draft.place(first[symbol])
                draft.wrong(where, f"writes {symbol} as {there.spot()} does", collector.way_out)
                break
            first[symbol] = where


def check_channels(draft: Draft) -> None:
    """Rules name channels that exist. One with a mistake in it exists too."""
    if not draft.whole:
        return  # the missing one may stand in the file that could not be read
    given = draft.data.get("channels")
    known = list(dict.fromkeys((*ALWAYS_THERE, *(given if isinstance(given, dict) else ()))))
    named = [*written(draft, "rules", "channels"), *further(draft)]
    for where, names in named:
        for number, name in enumerate(names if isinstance(names, list) else ()):
            if name not in known:
                draft.wrong((*where, number), f"there is no channel {name!r}", advice(str(name), known))


def further(draft: Draft) -> Iterator[tuple[Where, Any]]:
    """The channels of each rule's `escalate`."""
    for where, given in written(draft, "rules", "escalate"):
        if isinstance(given, dict) and "channels" in given:
            yield (*where, "channels"), given["channels"]


def check_dependencies(draft: Draft, bound: Bound) -> None:
    """`depends_on` names rules that exist and leads in no circle. One with a mistake in it exists too."""
    if not draft.whole:
        return
    names = dict(written(draft, "rules", "name"))
    rules = {
        where: bound.rules.get(where) or stand_in(names.get((*where, "name")))
        for where in draft.entries("rules")
    }
    for problem in check_rules(list(rules.values())):
        draft.wrong((*list(rules)[problem.index], problem.field), problem.what, problem.hint)


def check_muted(draft: Draft) -> None:
    """A muted time that is about some rules names such as exist."""
    known = [name for _, name in written(draft, "rules", "name") if isinstance(name, str)]
    for where, names in written(draft, "mute", "rules") if draft.whole else ():
        for number, name in enumerate(names if isinstance(names, list) else ()):
            if name not in known:
                draft.wrong((*where, number), f"there is no rule {name!r}", advice(str(name), known))


def stand_in(name: Any) -> RuleSettings:
    """For a rule that has a mistake: the others may still refer to it."""
    return RuleSettings(
        name=name if isinstance(name, str) and name.isprintable() and name.strip() else "?", condition="a > 0"
    )


def notice_oddities(draft: Draft, bound: Bound) -> None:
    """A rule on what nobody collects never fires. It may be on purpose: its collector is yet to come."""
    if not draft.whole or draft.problems:
        return
    collectors = [(build(settings), settings) for settings in bound.collectors.values()]
    known = {symbol for collector, _ in collectors for symbol in collector.symbols()}
    heads = [head for collector, _ in collectors for head in collector.may_write()]
    every_s = {
        symbol: settings.interval.total_seconds()
        for collector, settings in collectors
        for symbol in collector.symbols()
    }
    facts = Facts(
        known=known,
        writes=lambda symbol: (
            symbol.startswith(OWN) or somebody_may_write(symbol, heads) or somebody_writes(symbol, known)
        ),
        interval_s=lambda symbol: every_s.get(main_of(symbol)),
        kept_s=bound.plain.get("storage", StorageSettings()).reach_s(),
    )
    for where, rule in bound.rules.items():
        for odd in lint(rule, facts):
            draft.odd((*where, odd.field), odd.what, odd.hint)


def somebody_writes(symbol: str, known: set[str]) -> bool:
    """Whether `symbol`, which may be a part or a glob, belongs to one of the main symbols `known`."""
    if "*" not in symbol:
        return main_of(symbol) in known
    base = symbol.rpartition(".")[0]  # of a part: net.http.*.status
    return any(matches(symbol, main) or matches(base, main) for main in known)


def somebody_may_write(symbol: str, heads: list[str]) -> bool:
    """Whether `symbol`, which may be a glob, can begin like one of `heads`."""
    start, star, _ = symbol.partition("*")
    return any(start.startswith(head) or (star and head.startswith(start)) for head in heads)


def written(draft: Draft, section: str, name: str) -> Iterator[tuple[Where, Any]]:
    """What is written under `name` in each entry of a list, sound or not."""
    for where in draft.entries(section):
        entry = draft.at(where)
        if isinstance(entry, dict) and entry.get(name) is not None:
            yield (*where, name), entry[name]
