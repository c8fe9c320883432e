"""What a rule is played on: stored samples, the rules that explain it, how often a symbol comes, who hears.

What is stored of a time is asked for day by day, while it is played.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from oculus.collectors import build
from oculus.collectors.network.probe import ProbeSettings
from oculus.core.alert import News
from oculus.core.clock import to_iso
from oculus.core.errors import QueryError
from oculus.core.metric import Metric
from oculus.core.symbols import glob_regex, main_of
from oculus.notify import ALWAYS_THERE, CHANNELS
from oculus.notify.routing import skip_reason
from oculus.reruns import LONGEST_S
from oculus.rules.language.condition import Condition
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.backtest import Audience
from oculus.rules.trials.replay import TICK_MS
from oculus.settings.schema import Settings
from oculus.storage.reader import Reader

MOST = 2_000_000  # samples: a minute of playing
MOST_TICKS = 100_000  # in a span; longer ones are looked at less often than once a second
LEAD_MS = 3_600_000  # what is read before the span, so that its first moments know what was before
EVERY = 200  # samples, and it is said how far it is


def watched(
    samples: Iterator[Metric], span: tuple[int, int], told: Callable[[float], None]
) -> Iterator[Metric]:
    """The samples; `told` hears now and then what share of the span is done.

    Raises QueryError when it takes too long.
    """
    since_ms, until_ms = span
    begun = time.monotonic()
    for number, metric in enumerate(samples):
        if number % EVERY == 0:
            told((metric.ts_ms - since_ms) / max(1, until_ms - since_ms))
            if time.monotonic() - begun > LONGEST_S:
                raise QueryError(
                    "query_timeout",
                    f"In {LONGEST_S:.0f} seconds it was played up to {to_iso(metric.ts_ms)} only",
                    "Choose a shorter time, fewer symbols, or shorter windows.",
                )
        yield metric


def explaining(rule: RuleSettings, settings: Settings) -> list[RuleSettings]:
    """The rules with a condition on which it depends, and those on which they do."""
    known = {each.name: each for each in settings.rules if each.enabled and not each.statement}
    waiting, taken = list(rule.depends_on), dict[str, RuleSettings]()
    while waiting:
        name = waiting.pop()
        if name in known and name not in taken and name != rule.name:
            taken[name] = known[name]
            waiting += known[name].depends_on
    return list(taken.values())


def samples(rules: Sequence[RuleSettings], since_ms: int, until_ms: int, reader: Reader) -> Iterator[Metric]:
    """What the rules are about, in the order of its times. Raises QueryError when it is too much."""
    symbols = {symbol for condition in conditions(rules) for symbol in condition.symbols}
    if not symbols:
        return
    plain = [symbol for symbol in symbols if "*" not in symbol]
    pattern = "|".join(sorted(glob_regex(symbol).pattern for symbol in symbols if "*" in symbol))
    for count, metric in enumerate(reader.played(plain, pattern, since_ms, until_ms)):
        if count >= MOST:
            raise QueryError(
                "too_large",
                f"There are more than {MOST:,} samples up to {to_iso(metric.ts_ms)}",
                "Choose a shorter time, or fewer symbols.",
            )
        yield metric


def lead(rules: Sequence[RuleSettings]) -> int:
    """How much of what was before is needed."""
    return max([LEAD_MS, *(ms for condition in conditions(rules) for _, _, ms in condition.windows())])


def conditions(rules: Sequence[RuleSettings]) -> list[Condition]:
    simple = [rule for rule in rules if not rule.statement]
    return [each for rule in simple for each in (rule.parsed, rule.parsed_clear) if each]


def tick_ms(since_ms: int, until_ms: int) -> int:
    return max(TICK_MS, -(-(until_ms - since_ms) // (MOST_TICKS * 1000)) * 1000)


def intervals(settings: Settings) -> Callable[[str], float | None]:
    """How often a symbol has a sample, in seconds; None where an answer need not bring one."""
    known = {
        symbol: each.interval.total_seconds()
        for each in settings.collectors
        if isinstance(each, ProbeSettings)
        for symbol in build(each).symbols()
    }
    return lambda symbol: known.get(symbol) or known.get(main_of(symbol))


def audience(settings: Settings) -> Audience:
    """Who would be told, by the channels as they are set up now."""
    kinds = {name: CHANNELS[str(each.__struct_config__.tag)] for name, each in settings.channels.items()}
    waits = {
        name: getattr(settings.channels[name], "group_for", kind.group_for) for name, kind in kinds.items()
    }

    def hears(channel: str, news: News) -> bool:
        given = settings.channels.get(channel)
        return channel in ALWAYS_THERE if given is None else not skip_reason(news, given, told=True)

    return Audience(hears, {name: wait.ms for name, wait in waits.items()})
