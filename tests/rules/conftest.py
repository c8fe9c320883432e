"""A world for the engine: a clock that stands still, values, collectors, and ears for what is said."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from oculus.core.alert import NewsKind, SavedState
from oculus.core.counters import Counters
from oculus.core.durations import Duration, parse_duration
from oculus.core.gap import Gap, GapReason
from oculus.core.metric import Metric
from oculus.core.symbols import category_of
from oculus.rules.engine import Engine
from oculus.rules.settings import RuleSettings

NOON = 1_767_268_800_000  # 2026-01-01 12:00 UTC
LENGTHS = ("for_", "recover_for", "cooldown", "repeat", "no_data_for")


class StillClock:
    def __init__(self):
        self.seconds = 0.0

    def now_ms(self):
        return NOON + round(self.seconds * 1000)

    def monotonic(self):
        return self.seconds


@dataclass
class Answered:
    answered_ms: int | None
    interval_s: float
    collector: str = "c"


def rule(condition, name="r", **more):
    lengths = {key: parse_duration(value) for key, value in more.items() if key in LENGTHS}
    return RuleSettings(name=name, condition=condition, **{"for_": Duration(0), **more, **lengths})


class World:
    """Seconds count from NOON. Everything a rule engine is connected to, in memory."""

    def __init__(self, **more):
        self.more = more
        self.clock = StillClock()
        self.counters = Counters()
        self.values = {}
        self.collectors = {}
        self.verdicts = []
        self.events = []
        self.engine = self.new_engine()

    def new_engine(self):
        return Engine(
            record=self.record,
            tell=self.events.append,
            latest=self.values.get,
            symbols=lambda: list(self.values),
            freshness=self.freshness,
            counters=self.counters,
            clock=self.clock,
            **self.more,
        )

    def record(self, verdict):
        self.verdicts.append(verdict)

    def freshness(self, symbol):
        return self.collectors.get(symbol)

    def rules(self, *rules):
        self.engine.replace(rules)
        self.step()

    def step(self):
        """One round, without waiting for anything."""
        self.engine.wake()
        self.engine.step()

    def collect(self, *samples):
        """One batch, as the writer hands it on: (symbol, value, seconds or None for now, tags)."""
        batch = []
        for symbol, value, *more in samples:
            seconds = self.clock.seconds if not more or more[0] is None else more[0]
            tags = more[1] if len(more) > 1 else {}
            batch.append(
                Metric(NOON + round(seconds * 1000), category_of(symbol), symbol, float(value), tags)
            )
        for metric in batch:
            if metric.symbol not in self.values or metric.ts_ms >= self.values[metric.symbol].ts_ms:
                self.values[metric.symbol] = metric
        self.engine.put(batch)

    def at(self, seconds, *samples):
        """Let it be `seconds`, and the samples arrive."""
        self.clock.seconds = float(seconds)
        if samples:
            self.collect(*samples)
        self.step()

    def wait(self, until, every=1):
        """Let time pass with nothing but ticks."""
        while self.clock.seconds < until:
            self.at(self.clock.seconds + every)

    def restart(self, away=0):
        """Kill it, be away for a while, and start a new one from what was recorded."""
        rules = list(self.engine._settings.values())
        stopped_ms = self.clock.now_ms()
        self.clock.seconds += away
        self.engine = self.new_engine()
        self.engine.skip(Gap(stopped_ms, self.clock.now_ms(), GapReason.STOPPED))
        self.engine.replace(rules)
        self.engine.restore(self.saved(), self.open_alerts())
        self.step()

    # What was said

    @property
    def news(self):
        return [news for verdict in self.verdicts for news in verdict.news]

    def told(self):
        """What people hear, as (seconds, kind, instance)."""
        return [(self.seconds(n.ts_ms), str(n.kind), n.alert.instance) for n in self.news if not n.held]

    def kinds(self):
        return [str(news.kind) for news in self.news if not news.held]

    def seconds(self, ms):
        return (ms - NOON) / 1000

    def saved(self):
        """The rows of alert_states, as JSON would bring them back."""
        rows: dict[tuple[str, str], SavedState] = {}
        for verdict in self.verdicts:
            for key in verdict.forgotten:
                rows.pop(key, None)
            for state in verdict.states:
                rows[state.rule, state.instance] = state
        return list(rows.values())

    def open_alerts(self):
        alerts = {}
        for news in self.news:
            alerts[news.alert.id] = news.alert
            if news.kind is NewsKind.RESOLVED:
                del alerts[news.alert.id]
        return list(alerts.values())

    def state(self, name="r"):
        return self.engine.rule(name).state


@pytest.fixture
def world():
    return World()


@pytest.fixture
def make_rule():
    return rule


@pytest.fixture
def new_world():
    return World
