"""A rule, or another setting of it, over what is stored: for the command, the API and the pages."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from oculus.backtest_inputs import audience, explaining, intervals, lead, samples, tick_ms, watched
from oculus.core.clock import to_iso
from oculus.core.durations import parse_duration
from oculus.core.errors import QueryError
from oculus.core.gap import Gap
from oculus.core.nearest import nearest
from oculus.core.progress import Progress
from oculus.reruns import LastRuns, Reruns
from oculus.rules.life.silence import Silence
from oculus.rules.life.trigger import end_ms
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.backtest import Backtest, play
from oculus.rules.trials.replay import Replay
from oculus.settings.schema import Settings
from oculus.storage.reader import Reader

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
            whole = told_of(replayed(tried, runs, span, gaps, settings, reader), runs, reader)
        else:
            whole = replayed(tried, Reruns([], span[1]), span, gaps, settings, reader)
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


def replayed(
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
    past = watched(samples(rules, since_ms, until_ms, reader), (since_ms, until_ms), PROGRESS.at)
    return play(rule, replay, past, (since_ms, until_ms), gaps, audience(settings), runs.outcomes)


def told_of(whole: Backtest, runs: Reruns, reader: Reader) -> Backtest:
    """With what has to be known of runs in the past."""
    raw_ms = reader.query(RAW_FROM).rows[0][0]
    said = [runs.why] if runs.why else []
    if raw_ms is None or raw_ms > whole.since_ms:
        kept = "none are kept" if raw_ms is None else f"they are kept since {to_iso(raw_ms)}"
        said.append(f"Not all numbers of that time are there: {kept}. Runs see nothing of before")
    return replace(whole, first_ms=raw_ms, troubles=[*said, *whole.troubles])


def found(name: str, settings: Settings) -> RuleSettings:
    for rule in settings.rules:
        if rule.name == name:
            return rule
    known = [rule.name for rule in settings.rules]
    near = nearest(name, known)
    hint = f"Did you mean {near}?" if near else f"There are: {', '.join(known) or 'none yet'}."
    raise QueryError("bad_request", f"There is no rule called {name!r}", hint)
