"""Samples, silence, restarts, reloads and gaps in any order: what people are told is one whole story."""

from dataclasses import dataclass
from random import Random

import pytest

from oculus.core.gap import Gap, GapReason
from oculus.rules.life.silence import Silence
from oculus.rules.life.trigger import Trigger
from oculus.rules.settings import NoData, RuleSettings
from oculus.rules.sql.runner import Outcome
from oculus.rules.sql.statement import Row

SYMBOLS = ("a.b.x", "a.b.y", "a.b.z")
CONDITIONS = (
    "a.b.x > 5",
    "a.b.* > 5",
    "a.b.x > 5 and a.b.y < 3",
    "avg(a.b.x, 1m) > 4",
    "a.b.x crosses_above 5",
    "age(a.b.x) > 60",
    "change_pct(a.b.*, 1m) > 50",
)
CHANNELS = (("log",), ("mail",), ("mail", "log"))
SQL = RuleSettings(name="q", sql="SELECT 1", schedule="* * * * *")


@dataclass
class Answered:
    answered_ms: int
    interval_s: float = 30.0


class Life:
    """One world, and what may happen in it."""

    def __init__(self, new_world, make_rule, chance):
        self.chance, self.make_rule = chance, make_rule
        self.silence, self.hosts = Silence(), set(SYMBOLS)
        self.world = new_world(silence=self.silence, collected=self.hosts.__contains__)
        self.world.collectors = {symbol: Answered(self.now_ms) for symbol in SYMBOLS}

    @property
    def now_ms(self):
        return self.world.clock.now_ms()

    @property
    def seconds(self):
        return self.world.clock.seconds

    def sample(self):
        symbol, self.world.clock.seconds = (
            self.chance.choice(SYMBOLS),
            self.seconds + self.chance.choice([1, 30]),
        )
        self.world.collectors[symbol].answered_ms = self.now_ms
        self.world.at(self.seconds, (symbol, self.chance.randint(0, 9)))

    def late_sample(self):
        came_late = self.seconds - self.chance.choice([5, 100, 4000])
        self.world.at(self.seconds + 1, (self.chance.choice(SYMBOLS), self.chance.randint(0, 9), came_late))

    def wait(self):
        self.world.wait(self.seconds + self.chance.choice([10, 100, 400]), every=5)

    def reload(self):
        pick = self.chance.choice
        simple = self.make_rule(
            pick(CONDITIONS),
            for_=pick(["0s", "0s", "30s"]),
            repeat=pick(["0s", "1m"]),
            cooldown=pick(["0s", "0s", "2m"]),
            no_data=pick(list(NoData)),
            trigger=pick([Trigger.EVERY, *Trigger]),
            depends_on=pick([(), ("gw",)]),
            channels=pick(CHANNELS),
        )
        rules = [self.make_rule("a.b.y > 5", "gw", enabled=pick([True, False])), simple, SQL]
        self.world.rules(*rules[pick([0, 0, 0, 1]) :])

    def run_of_sql(self):
        found = self.chance.sample(SYMBOLS, self.chance.randint(0, 2))
        rows = {symbol: Row({"symbol": symbol}, 1.0, None, "") for symbol in found}
        failure = self.chance.choice(["", "", "no such table"])
        self.world.engine._ran(
            Outcome(rule="q", statement=SQL.statement, ts_ms=self.now_ms, rows=rows, error=failure)
        )
        self.world.step()

    def restart(self):
        if self.chance.random() < 0.5:  # else it was killed
            self.world.engine.finish()
        self.world.restart(away=self.chance.choice([1, 100, 4000]))

    def sleep(self):
        begun_ms = self.now_ms
        self.world.clock.seconds += self.chance.choice([20, 4000])
        self.world.engine.skip(Gap(begun_ms, self.now_ms, GapReason.SLEEP))
        self.world.step()

    def snooze(self):
        self.silence.snooze(
            self.chance.choice(["", "r"]), self.now_ms + self.chance.choice([10_000, 300_000])
        )

    def acknowledge(self):
        for alert in self.world.open_alerts()[:1]:
            self.world.engine.acknowledge(alert.id, self.now_ms)

    def host_comes_or_goes(self):
        self.hosts.symmetric_difference_update({self.chance.choice(SYMBOLS)})
        self.world.engine.prune()
        self.world.step()

    def go_on(self):
        often = [self.sample] * 8 + [self.late_sample, self.wait, self.wait, self.reload, self.reload]
        seldom = [self.restart, self.sleep, self.snooze, self.acknowledge, self.host_comes_or_goes]
        self.chance.choice([*often, self.run_of_sql, self.run_of_sql, *seldom])()


def stories(world):
    """All news of each alert, in order."""
    found = {}
    for news in world.news:
        found.setdefault(news.alert.id, []).append(news)
    return found.values()


def check(story):
    told = [news for news in story if news.kind != "RESOLVED" and not news.held]
    fired = [channel for news in told if news.kind == "FIRED" for channel in news.channels]
    assert len(fired) == len(set(fired)), "nobody is told twice that it fires"
    ends = [news for news in story if news.kind == "RESOLVED"]
    assert ends in ([], [story[-1]])
    for end in ends:
        assert bool(told) is not bool(end.held)
        assert {channel for news in told for channel in news.channels} <= {*end.channels}


@pytest.mark.parametrize("seed", range(40))
def test_every_alert_that_was_told_has_one_end_that_is_told_to_the_same_people(new_world, make_rule, seed):
    life = Life(new_world, make_rule, Random(seed))
    world = life.world
    life.reload()
    for _ in range(60):
        life.go_on()
        instances = world.engine._judge.roster.instances()
        standing = {alert.id for each in instances for alert in each.open_alerts()}
        assert {alert.id for alert in world.open_alerts()} == standing
    world.rules()
    assert world.open_alerts() == world.saved() == []
    for story in stories(world):
        check(story)
