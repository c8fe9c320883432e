"""The weekly noise report: which rules fire too often, and what would have kept them quiet.

What fired is counted from the alerts. The way out is found by backtest: the smallest `for`, and the smallest
`clear`, that would have removed four of five firings that were over in less than two minutes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from oculus.backtests import Trial, backtest
from oculus.core.alert import Alert
from oculus.core.clock import Clock
from oculus.core.durations import parse_duration, spoken
from oculus.core.errors import QueryError
from oculus.core.event import Event, EventType, Severity
from oculus.core.worker import Worker
from oculus.rules.language.operand import Number
from oculus.rules.language.tree import Compare
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.backtest import SHORT_MS
from oculus.settings.schema import Settings
from oculus.storage.reader import Reader
from oculus.storage.reading.history import AlertFilter

log = logging.getLogger(__name__)

WEEK_MS = 7 * 86_400_000
MANY = 10_000  # alerts of a week
LEAST = 3  # short firings; of fewer nobody needs to be rid
KEPT = 0.2  # of the short ones may remain
LENGTHS = ("30s", "45s", "1m", "90s", "2m", "3m", "5m", "10m", "15m", "30m")
MARGINS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)  # of the threshold
OPPOSITE = {">": "<", ">=": "<", "<": ">", "<=": ">"}


class Noise(Struct, frozen=True, kw_only=True):
    """One rule's week. `for_` and `clear` would have removed most short firings; "" when nothing would."""

    rule: str
    count: int
    seconds: float
    short: int
    for_: str = msgspec.field(default="", name="for")
    clear: str = ""


class NoiseReport(Worker):
    """Makes a report when the last one is a week old. It takes seconds, on a thread of its own."""

    pause_s = 600.0

    def __init__(
        self, settings: Callable[[], Settings], reader: Reader, tell: Callable[[Event], None], clock: Clock
    ) -> None:
        super().__init__("noise")
        self._settings = settings
        self._reader = reader
        self._tell = tell
        self._clock = clock

    def step(self) -> None:
        now_ms = self._clock.now_ms()
        before_ms = self._reader.last_report("noise")
        if before_ms is None or now_ms - before_ms < WEEK_MS:
            return
        found = self.report(now_ms)
        if not self.stopping.is_set():  # or it may lack what was still to be tried
            self._tell(event(found, now_ms))

    def report(self, now_ms: int) -> list[Noise]:
        """The rules that fired in the last 7 days, the noisiest first. Raises StorageError."""
        settings, span = self._settings(), (now_ms - WEEK_MS, now_ms)
        rules = {rule.name: rule for rule in settings.rules if rule.enabled}
        fired: dict[str, list[Alert]] = {}
        for alert in self._reader.firings(AlertFilter(since_ms=span[0], until_ms=now_ms, limit=MANY)):
            if alert.rule in rules:
                fired.setdefault(alert.rule, []).append(alert)
        found = [self._noise(rules[name], alerts, span, settings) for name, alerts in fired.items()]
        return sorted(found, key=lambda noise: (-noise.short, -noise.count, noise.rule))

    def _noise(
        self, rule: RuleSettings, alerts: list[Alert], span: tuple[int, int], settings: Settings
    ) -> Noise:
        lengths = [(span[1] if each.ended_ms is None else each.ended_ms) - each.fired_ms for each in alerts]
        ended = [each.ended_ms - each.fired_ms for each in alerts if each.ended_ms is not None]
        short = sum(length < SHORT_MS for length in ended)
        noise = Noise(rule=rule.name, count=len(alerts), seconds=sum(lengths) / 1000, short=short)
        if short < LEAST:
            return noise

        def remaining(trial: Trial) -> int:
            if self.stopping.is_set():
                return MANY
            return backtest(rule.name, trial, span, settings, self._reader).short

        try:
            most = remaining(Trial()) * KEPT
            hold = first(longer(rule), lambda text: remaining(Trial(for_=text)) <= most)
            clear = first(wider(rule), lambda text: remaining(Trial(clear=text)) <= most)
        except QueryError as error:  # there is too much of it
            log.info("noise: %s cannot be played: %s", rule.name, error)
            return noise
        return msgspec.structs.replace(noise, for_=hold, clear=clear)


def first(texts: Iterator[str], good: Callable[[str], bool]) -> str:
    return next((text for text in texts if good(text)), "")


def longer(rule: RuleSettings) -> Iterator[str]:
    """Longer times for `for`, the shortest first."""
    return (text for text in LENGTHS if parse_duration(text) > rule.for_)


def wider(rule: RuleSettings) -> Iterator[str]:
    """Ends that lie farther and farther beyond the threshold, where it has one and no `clear` yet."""
    if rule.statement or rule.clear:
        return
    tree = rule.parsed.tree
    if not isinstance(tree, Compare) or tree.sign not in OPPOSITE or not isinstance(tree.right, Number):
        return
    threshold = tree.right.number
    for margin in MARGINS:
        away = abs(threshold) * margin * (-1 if tree.sign.startswith(">") else 1)
        yield f"{tree.left} {OPPOSITE[tree.sign]} {threshold + away:.10g}"


def event(noises: list[Noise], now_ms: int) -> Event:
    return Event(
        ts_ms=now_ms,
        source="oculus",
        type=EventType.SYSTEM,
        severity=Severity.INFO,
        message=said(noises),
        payload={"report": "noise", "rules": msgspec.to_builtins(noises)},
    )


def said(noises: list[Noise]) -> str:
    """The report in a few words."""
    if not noises:
        return "Noise of the last 7 days: no rule fired"
    count, short = sum(each.count for each in noises), sum(each.short for each in noises)
    total = spoken(sum(each.seconds for each in noises))
    who = "1 rule" if len(noises) == 1 else f"{len(noises)} rules"
    words = f"Noise of the last 7 days: {who} fired {count} times, {total} in all; "
    words += f"{short} of them were over in under 2 minutes"
    advised = [
        f"{each.rule}: {' or '.join(ways)} would have removed most of {each.short}"
        for each in noises
        if (ways := [f"{name}: {text}" for name, text in (("for", each.for_), ("clear", each.clear)) if text])
    ]
    return ". ".join([words, *advised[:3]])
