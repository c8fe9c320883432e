"""Runs the tests that rules carry with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from oculus.core.alert import News
from oculus.core.durations import short
from oculus.core.metric import Metric
from oculus.core.symbols import category_of
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.replay import Replay
from oculus.rules.trials.ruletest import Expected, RuleTest

BEGIN_MS = 1_767_614_400_000  # Monday, 2026-01-05 12:00 UTC: within most active hours


def failures(rules: Iterable[RuleSettings]) -> Iterator[str]:
    """What does not come out as the rules' tests say, in words."""
    for rule in rules:
        for number, test in enumerate(rule.tests):
            if found := difference(rule, test):
                yield f"rule {rule.name}, test {test.name or number + 1}: {found}"


def difference(rule: RuleSettings, test: RuleTest) -> str:
    """How one test fails; "" when it holds."""
    heard = [told(news) for news in play(rule, test) if not news.held]
    wanted = test.expected()
    if len(heard) == len(wanted) and all(map(fits, wanted, sorted(heard))):
        return ""
    return f"people would hear {listed(sorted(heard))}; the test says {listed(wanted)}"


def play(rule: RuleSettings, test: RuleTest) -> list[News]:
    """Everything the rule says of the samples. What it depends on is left out."""
    alone = replace(rule, enabled=True, depends_on=())
    samples = sorted(metrics(test), key=lambda metric: metric.ts_ms)
    last_ms = samples[-1].ts_ms if samples else BEGIN_MS
    lasts_ms = last_ms - BEGIN_MS if test.lasts is None else test.lasts.ms
    return list(Replay([alone]).run(samples, BEGIN_MS, BEGIN_MS + lasts_ms))


def metrics(test: RuleTest) -> Iterator[Metric]:
    for symbol, values in test.samples.items():
        for number, value in enumerate(values):
            if value is not None:
                yield Metric(BEGIN_MS + number * test.every.ms, category_of(symbol), symbol, value, {})


def told(news: News) -> Expected:
    return news.ts_ms - BEGIN_MS, str(news.kind), news.alert.instance


def fits(wanted: Expected, heard: Expected) -> bool:
    return wanted[:2] == heard[:2] and wanted[2] in (None, heard[2])


def listed(news: Iterable[Expected]) -> str:
    said = [f"{short(ms / 1000)} {kind}{f' {instance}' if instance else ''}" for ms, kind, instance in news]
    return ", ".join(said) or "nothing"
