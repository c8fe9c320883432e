# ruff: noqa: E501
"""How a rule lives, one sentence after the other, played through the engine itself.

A trace is read from left to right; seconds count from a Thursday noon, UTC:

    30 a=5 b=1       samples of that moment come        60             time passes up to then
    sql 60 x=5 y=7   a run returned these rows          fails 60       it failed
    sleep 40 900     the machine slept from, to         offline 40     its network was lost; online 90: back
    stop 40 900      Oculus was stopped and started     ack 30         the newest alert is acknowledged
    answered 30      the collector was answered, and had nothing new
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from oculus.core.durations import parse_duration
from oculus.core.event import Severity
from oculus.core.gap import Gap, GapReason
from oculus.rules.life.hours import Hours, Mute
from oculus.rules.life.silence import Silence
from oculus.rules.settings import NoData, RuleSettings
from oculus.rules.sql.runner import Outcome
from oculus.rules.sql.statement import Row

LENGTHS = ("for_", "recover_for", "cooldown", "repeat", "no_data_for")
DEPENDS = "gw fires, on which this depends"


def simple(condition="a > 3", name="r", **more):
    lengths = {key: parse_duration(value) for key, value in more.items() if key in LENGTHS}
    return RuleSettings(name=name, condition=condition, **{**more, **lengths})


def select(name="r", **more):
    lengths = {key: parse_duration(value) for key, value in more.items() if key in LENGTHS}
    return RuleSettings(name=name, sql="SELECT 1", schedule="* * * * *", **{**more, **lengths})


@dataclass
class Answered:
    """A collector asked every 30 s. Every sample is an answer."""

    answered_ms: int
    interval_s: float = 30.0
    collector: str = "c"


class Player:
    """Plays a trace."""

    def __init__(self, new_world, rules, mutes=()):
        silence = Silence()
        silence.mutes = list(mutes)
        self.world = new_world(silence=silence)
        self.rule = rules[0]
        self.world.rules(*rules)
        self.offline_ms = 0

    def ms(self, seconds):
        return self.world.clock.now_ms() + round((float(seconds) - self.world.clock.seconds) * 1000)

    def play(self, trace):
        for part in trace.split(";"):
            word, *rest = part.split()
            if word[0].isdigit():
                self.samples(word, rest)
            else:
                getattr(self, word)(*rest)

    def until(self, seconds):
        """Time passes with ticks, a few of them left out where it is long."""
        left = float(seconds) - self.world.clock.seconds
        self.world.wait(float(seconds) - 1, every=1 if left < 1000 else 5)
        self.world.clock.seconds = float(seconds)

    def samples(self, seconds, given):
        self.until(seconds)
        for each in given:
            symbol = each.partition("=")[0]
            self.world.collectors[symbol] = Answered(self.ms(seconds))
        self.world.at(seconds, *[tuple(each.split("=")) for each in given])

    def answered(self, seconds):
        self.until(seconds)
        for collector in self.world.collectors.values():
            collector.answered_ms = self.ms(seconds)
        self.world.step()

    def sleep(self, since, until):
        self.until(since)
        gap = Gap(self.ms(since), self.ms(until), GapReason.SLEEP)
        self.world.clock.seconds = float(until)
        self.world.engine.skip(gap)
        self.world.step()

    def offline(self, since):
        self.until(since)
        self.offline_ms = self.ms(since)
        self.world.engine.skip(Gap(self.offline_ms, None, GapReason.OFFLINE))
        self.world.step()

    def online(self, until):
        self.until(until)
        self.world.engine.skip(Gap(self.offline_ms, self.ms(until), GapReason.OFFLINE))
        self.world.step()

    def stop(self, since, until):
        self.until(since)
        self.world.engine.finish()
        self.world.restart(away=float(until) - float(since))

    def ack(self, seconds):
        self.until(seconds)
        self.world.engine.acknowledge(self.world.news[-1].alert.id, self.ms(seconds))

    def sql(self, seconds, *rows):
        found = {}
        for each in rows:
            key, value, *severity = each.replace("=", ":").split(":")
            rank = Severity(severity[0]) if severity else None
            found[key] = Row({"symbol": key, "n": float(value)}, float(value), rank, "")
        self.ran(seconds, rows=found)

    def fails(self, seconds):
        self.ran(seconds, error="the table is gone")

    def ran(self, seconds, **came_to):
        self.until(seconds)
        outcome = Outcome(
            rule=self.rule.name, statement=self.rule.statement, ts_ms=self.ms(seconds), **came_to
        )
        self.world.engine._ran(outcome)
        self.world.step()

    def heard(self, whole):
        """What was told, and with `whole` what was held back too, in brackets with its reason."""
        return [said(self.world, news) for news in self.world.news if whole or not news.held]


def said(world, news):
    about = f" {news.alert.instance}" if news.alert.instance else ""
    # What is told late is told when that is due.
    at = world.seconds(max(news.ts_ms, news.due_ms))
    return f"{at:g} {news.kind}{about}" + (f" ({news.held})" if news.held else "")


def parts(text):
    return [each.strip() for each in text.split(";") if each.strip()]


SENTENCES = {
    "1 Instances": [
        ("A simple rule has one instance, if there is no glob.", [simple()], "0 a=5 b=9", "0 FIRED"),
        (
            "It has one per symbol that its glob matches.",
            [simple("n.*.up == 0")],
            "0 n.x.up=0 n.y.up=1; 30 n.y.up=0; 60 n.x.up=1",
            "0 FIRED n.x.up; 30 FIRED n.y.up; 60 RESOLVED n.x.up",
        ),
        (
            "A SQL rule has one per row.",
            [select()],
            "sql 60 x=1 y=2; sql 120 y=2",
            "60 FIRED x; 60 FIRED y; 120 RESOLVED x",
        ),
        (
            "Simple rules are judged when data arrives, and by a tick for what only time can change.",
            [simple("avg(a, 1m) > 3")],
            "0 a=9; 30 a=0; 45; 61",
            "0 FIRED; 60 RESOLVED",
        ),
    ],
    "2 Inputs": [
        ("The condition could be computed.", [simple()], "0 a=5; 30 a=1", "0 FIRED; 30 RESOLVED"),
        (
            "NO_ROW counts as FALSE: so its condition ends.",
            [select()],
            "sql 60 x=1; sql 120",
            "60 FIRED x; 120 RESOLVED x",
        ),
        (
            "For a simple rule STALE never does: after 5 minutes without an answer it fires still.",
            [simple()],
            "0 a=5; 3600",
            "0 FIRED",
        ),
        (
            "A number may be older than its collector's answer.",
            [simple(no_data=NoData.ALERT)],
            "0 a=1; answered 250; answered 500; answered 750; 1000",
            "",
        ),
        (
            "ERROR: the query failed, and nothing is known.",
            [select()],
            "sql 60 x=1; fails 120; fails 180; sql 240 x=1; sql 300",
            "60 FIRED x; 300 RESOLVED x",
        ),
    ],
    "3 States": [
        (
            "OK, PENDING, FIRING once it has held for `for`.",
            [simple(for_="1m")],
            "0 a=5; 30 a=5; 60 a=5; 90 a=5",
            "60 FIRED",
        ),
        ("`for: 0` fires on that very sample.", [simple()], "0 a=1; 30 a=5", "30 FIRED"),
        (
            "`for` is measured on the samples' own timestamps, from the first TRUE of an unbroken run.",
            [simple(for_="1m")],
            "0 a=5; 59 a=5; 200; 201 a=5",
            "201 FIRED",
        ),
        (
            "One FALSE in PENDING goes back to OK.",
            [simple(for_="1m")],
            "0 a=5; 50 a=1; 60 a=5; 110 a=5; 120 a=5",
            "120 FIRED",
        ),
        (
            "With `clear` the way out is that expression being true, not the condition being false.",
            [simple(clear="a < 2")],
            "0 a=5; 30 a=2.5; 60 a=1",
            "0 FIRED; 60 RESOLVED",
        ),
        (
            "RECOVERING, held for `recover_for`, is OK.",
            [simple(recover_for="1m")],
            "0 a=5; 30 a=1; 60 a=1; 90 a=1",
            "0 FIRED; 90 RESOLVED",
        ),
        (
            "RECOVERING with TRUE goes back to FIRING silently.",
            [simple(recover_for="1m")],
            "0 a=5; 30 a=1; 60 a=5; 90 a=1; 120 a=1; 150 a=1",
            "0 FIRED; 150 RESOLVED",
        ),
        (
            "STALE freezes: the clock neither advances nor resets.",
            [simple(for_="2m")],
            "0 a=5; 60 a=5; 1000 a=5; 1059 a=5; 1061 a=5",
            "1061 FIRED",
        ),
        (
            "ERROR freezes.",
            [select(for_="2m")],
            "sql 60 x=1; sql 120 x=1; fails 180; fails 240; sql 300 x=1; sql 360 x=1",
            "360 FIRED x",
        ),
        ("`keep` does nothing more.", [simple(no_data=NoData.KEEP)], "0 a=5; 900", "0 FIRED"),
        (
            "`alert` raises a separate NO_DATA alert.",
            [simple(no_data=NoData.ALERT)],
            "0 a=5; 900; 910 a=5; 940 a=1",
            "0 FIRED; 300 NO_DATA; 910 RESOLVED; 940 RESOLVED",
        ),
        ("`ok` resolves.", [simple(no_data=NoData.OK)], "0 a=5; 900", "0 FIRED; 300 RESOLVED"),
        (
            "`no_data_for`, given, replaces the 5 minutes.",
            [simple(no_data=NoData.ALERT, no_data_for="2m")],
            "0 a=1; 300; 310 a=1",
            "120 NO_DATA; 310 RESOLVED",
        ),
        (
            "An error that lasts is missing data too.",
            [select(no_data=NoData.ALERT)],
            "sql 60 x=1; fails 120; fails 180; fails 240; fails 300; fails 360; sql 420 x=1",
            "60 FIRED x; 360 NO_DATA x; 420 RESOLVED x",
        ),
        (
            "A gap freezes every clock.",
            [simple(for_="2m")],
            "0 a=5; 60 a=5; sleep 61 9000; 9001 a=5; 9061 a=5",
            "9061 FIRED",
        ),
        (
            "States survive a restart.",
            [simple()],
            "0 a=5; stop 10 20; 30 a=5; 60 a=1",
            "0 FIRED; 60 RESOLVED",
        ),
        (
            "Time not running does not count towards `for`.",
            [simple(for_="1m")],
            "0 a=5; 30 a=5; stop 31 900; 901 a=5; 929 a=5",
            "",
        ),
        (
            "What fired before the restart does not fire again for the same trouble.",
            [simple(cooldown="1m")],
            "0 a=5; stop 10 900; 901 a=5; 930 a=5",
            "0 FIRED",
        ),
    ],
    "4 News": [
        (
            "REMINDER every `repeat` while firing.",
            [simple(repeat="5m")],
            "0 a=5; 200 a=5; 400 a=5; 600 a=5; 601 a=1; 1000 a=1",
            "0 FIRED; 300 REMINDER; 600 REMINDER; 601 RESOLVED",
        ),
        (
            "ESCALATED: severity raised by a row.",
            [select()],
            "sql 60 x=1:warn; sql 120 x=1:critical; sql 180 x=1:critical",
            "60 FIRED x; 120 ESCALATED x",
        ),
        (
            "`cooldown` holds back a new FIRED until that long after the previous FIRED; never the RESOLVED of something told.",
            [simple(cooldown="10m")],
            "0 a=5; 30 a=1; 60 a=5; 90 a=1; 610 a=5",
            "0 FIRED; 30 RESOLVED; 610 FIRED",
        ),
        (
            "A trouble still firing when it ends is told then.",
            [simple(cooldown="2m")],
            "0 a=5; 30 a=1; 60 a=5; 200 a=5",
            "0 FIRED; 30 RESOLVED; 120 FIRED",
        ),
        (
            "`depends_on`: FIRED is held back, and sent if it still fires 30 s after the other resolved.",
            [simple(depends_on=("gw",)), simple("g == 0", "gw")],
            "0 g=0 a=5; 60 g=1 a=5; 95 a=5",
            "0 FIRED; 60 RESOLVED; 90 FIRED",
        ),
        (
            "`active` holds back sending, never judging; what still fires when it begins is sent then.",
            [simple(active=Hours(from_="12:10", to="13:00"))],
            "0 a=5; 300 a=5; 590 a=5; 700 a=1",
            "600 FIRED; 700 RESOLVED",
        ),
        (
            "Acknowledge stops reminders for that firing; it ends with it.",
            [simple(repeat="1m")],
            "0 a=5; ack 10; 200 a=5; 201 a=1; 210 a=5; 271 a=5",
            "0 FIRED; 201 RESOLVED; 210 FIRED; 270 REMINDER",
        ),
        (
            "Acknowledge stops escalation.",
            [select()],
            "sql 60 x=1:warn; ack 70; sql 120 x=1:critical; sql 180",
            "60 FIRED x; 180 RESOLVED x",
        ),
    ],
    "6 When Oculus itself was not watching": [
        (
            "`for` does not run through a gap.",
            [simple(for_="5m")],
            "0 a=5; sleep 1 600; 601 a=5; 700 a=5",
            "",
        ),
        (
            "After waking, sending waits for 60 s.",
            [simple(), simple("b > 3", "other")],
            "0 a=1; sleep 1 600; 601 b=5; 700",
            "660 FIRED",
        ),
        (
            "Or for two clean rounds of what is concerned.",
            [simple()],
            "0 a=1; sleep 1 600; 605 a=5; 610 a=5",
            "610 FIRED",
        ),
        (
            "While this machine is offline rules freeze.",
            [simple("a.up == 0", for_="1m")],
            "0 a.up=0; 30 a.up=0; offline 31; online 3600; 3601 a.up=0; 3625 a.up=0",
            "",
        ),
        (
            "Those in SQL too: what did not come was not measured.",
            [select()],
            "sql 60 x=1; offline 70; sql 120; sql 180 y=1; online 190; sql 240 x=1; sql 300",
            "60 FIRED x; 300 RESOLVED x",
        ),
    ],
}
ALL = [(chapter, *each) for chapter, several in SENTENCES.items() for each in several]


@pytest.mark.parametrize(
    ("chapter", "sentence", "rules", "trace", "heard"), ALL, ids=[each[1] for each in ALL]
)
def test_sentence(new_world, chapter, sentence, rules, trace, heard):
    player = Player(new_world, rules)
    player.play(trace)
    assert player.heard(whole=False) == parts(heard)


HELD = [
    (
        "What was held back is an event all the same, with the reason: cooldown.",
        [simple(cooldown="10m")],
        "0 a=5; 30 a=1; 60 a=5; 90 a=1",
        "0 FIRED; 30 RESOLVED; 60 FIRED (cooldown); 90 RESOLVED (nobody was told that it fired: cooldown)",
    ),
    (
        "depends_on.",
        [simple(depends_on=("gw",)), simple("g == 0", "gw")],
        "0 g=0 a=5; 30 g=0 a=1",
        f"0 FIRED; 0 FIRED ({DEPENDS}); 30 RESOLVED (nobody was told that it fired: {DEPENDS})",
    ),
    (
        "A mute.",
        [simple()],
        "3600 a=5; 3630 a=1",
        "3600 FIRED (muted: lunch); 3630 RESOLVED (nobody was told that it fired: muted: lunch)",
    ),
    (
        "Waking.",
        [simple()],
        "0 a=1; sleep 1 600; 601 a=5; 610 a=1",
        "601 FIRED (Oculus has only just woken); "
        "610 RESOLVED (nobody was told that it fired: Oculus has only just woken)",
    ),
]


@pytest.mark.parametrize(("sentence", "rules", "trace", "heard"), HELD, ids=[each[0] for each in HELD])
def test_what_is_held_back_says_why(new_world, sentence, rules, trace, heard):
    player = Player(new_world, rules, [Mute(name="lunch", from_="13:00", to="14:00")])
    player.play(trace)
    assert player.heard(whole=True) == parts(heard)
