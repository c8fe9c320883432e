"""A rule, or another setting of it, over what is stored: for the command, the API and the pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from oculus.collectors import build
from oculus.collectors.network.probe import ProbeSettings
from oculus.core.alert import News
from oculus.core.clock import to_iso
from oculus.core.durations import parse_duration
from oculus.core.errors import QueryError
from oculus.core.gap import Gap
from oculus.core.metric import Metric
from oculus.core.progress import Progress
from oculus.core.symbols import glob_regex, main_of
from oculus.notify import CHANNELS
from oculus.notify.routing import skip_reason
from oculus.reruns import LONGEST_S, LastRuns, Reruns
from oculus.rules.language.condition import Condition
from oculus.rules.life.silence import Silence
from oculus.rules.life.trigger import end_ms
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.backtest import Audience, Backtest, play
from oculus.rules.trials.replay import TICK_MS, Replay
from oculus.settings.checks import ALWAYS_THERE
from oculus.settings.schema import Settings
from oculus.storage.reader import Reader

MOST = 2_000_000  # samples: a minute of playing
MOST_TICKS = 100_000  # in a span; longer ones are looked at less often than once a second
LEAD_MS = 3_600_000  # what is read before the span, so that its first moments know what was before
EVERY = 200  # samples, and it is said how far it is
MOST_GAPS = 100_000
RAW_FROM = "SELECT epoch_ms(min(ts)) FROM metrics"
ONE_AT_A_TIME = threading.Lock()  # it takes a whole core, which collecting needs too
RUNS = LastRuns()  # belongs to who holds that lock
PROGRESS = Progress()  # of the one that is played


class Trial(Struct, frozen=True, kw_only=True):
    """What to try beside the present settings; "" leaves a setting as it is."""

    condition: str = ""
    clear: str = ""
    for_: str = ""
    cooldown: str = ""

    def of(self, rule: RuleSettings) -> RuleSettings:
        """The rule with these settings. Raises QueryError."""
        changes: dict[str, Any] = {"enabled": True}
        changes |= {name: text for name in ("condition", "clear") if (text := getattr(self, name))}
        try:
            for name in ("for_", "cooldown"):
                if text := getattr(self, name):
                    changes[name] = parse_duration(text)
            return replace(rule, **changes)
        except ValueError as error:
            raise QueryError("bad_request", str(error), "Write it as in the settings.") from error


def backtest(name: str, trial: Trial, span: tuple[int, int], settings: Settings, reader: Reader) -> Backtest:
    """Play the rule `name` over a span (since, until), UTC ms. PROGRESS says how far it is.

    Raises QueryError where that cannot be done, StorageError when nothing can be read.
    """
    rule = found(name, settings)
    tried = trial.of(rule)
    span = before_its_end(tried, span)
    gaps = reader.gaps(*span, MOST_GAPS)
    with ONE_AT_A_TIME, PROGRESS.of(name):
        if tried.statement:
            runs = RUNS.of(tried, span, gaps, reader, PROGRESS.at)
            whole = told_of(played(tried, runs, span, gaps, settings, reader), runs, reader)
        else:
            whole = played(tried, Reruns([], span[1]), span, gaps, settings, reader)
    return replace(whole, troubles=[*unplayed(tried, settings), *whole.troubles])


def before_its_end(rule: RuleSettings, span: tuple[int, int]) -> tuple[int, int]:
    """As much of a span as the rule is judged in. Raises QueryError when that is nothing."""
    if not rule.expires:
        return span
    ends_ms = end_ms(rule.expires, rule.timezone)
    if ends_ms <= span[0]:
        raise QueryError(
            "bad_request",
            f"The rule {rule.name} expired before that, at {to_iso(ends_ms)}",
            "Choose an earlier time, or take `expires` out.",
        )
    return span[0], min(span[1], ends_ms)


def unplayed(rule: RuleSettings, settings: Settings) -> list[str]:
    """What is not as it was then, in words."""
    there = {each.name for each in explaining(rule, settings)}
    missing = [name for name in rule.depends_on if name not in there]
    if not missing:
        return []
    which = ", ".join(missing)
    return [f"It depends on {which}, in SQL or off, which is not played: what that held back is told here"]


def played(
    rule: RuleSettings,
    runs: Reruns,
    span: tuple[int, int],
    gaps: Sequence[Gap],
    settings: Settings,
    reader: Reader,
) -> Backtest:
    """By its samples, or by the runs of its SQL, with the rules on which it depends."""
    since_ms, until_ms = span[0], runs.until_ms
    rules = [*explaining(rule, settings), rule]
    silence = Silence()
    silence.mutes = settings.mute
    replay = Replay(rules, silence, intervals(settings), tick_ms(since_ms, until_ms))
    replay.warm_up(samples(rules, since_ms - lead(rules), since_ms, reader), since_ms)
    past = watched(samples(rules, since_ms, until_ms, reader), (since_ms, until_ms))
    return play(rule, replay, past, (since_ms, until_ms), gaps, audience(settings), runs.outcomes)


def told_of(whole: Backtest, runs: Reruns, reader: Reader) -> Backtest:
    """With what has to be known of runs in the past."""
    raw_ms = reader.query(RAW_FROM).rows[0][0]
    said = [runs.why] if runs.why else []
    if raw_ms is None or raw_ms > whole.since_ms:
        kept = "none are kept" if raw_ms is None else f"they are kept since {to_iso(raw_ms)}"
        said.append(f"Not all numbers of that time are there: {kept}. Runs see nothing of before")
    return replace(whole, first_ms=raw_ms, troubles=[*said, *whole.troubles])


def watched(samples: Iterator[Metric], span: tuple[int, int]) -> Iterator[Metric]:
    """The samples, and with them how far it is. Raises QueryError when it takes too long."""
    since_ms, until_ms = span
    begun = time.monotonic()
    for number, metric in enumerate(samples):
        if number % EVERY == 0:
            PROGRESS.at((metric.ts_ms - since_ms) / max(1, until_ms - since_ms))
            if time.monotonic() - begun > LONGEST_S:
                raise QueryError(
                    "query_timeout",
                    f"In {LONGEST_S:.0f} seconds it was played up to {to_iso(metric.ts_ms)} only",
                    "Choose a shorter time, fewer symbols, or shorter windows.",
                )
        yield metric


def found(name: str, settings: Settings) -> RuleSettings:
    for rule in settings.rules:
        if rule.name == name:
            return rule
    known = ", ".join(rule.name for rule in settings.rules) or "none yet"
    raise QueryError("bad_request", f"There is no rule called {name!r}", f"There are: {known}.")


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
