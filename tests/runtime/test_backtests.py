"""Backtests of rules in SQL: their runs once more, each as of the moment it was due."""

import math

import pytest

from oculus import reruns
from oculus.backtests import PROGRESS, Trial, backtest
from oculus.core.clock import to_iso
from oculus.core.durations import Duration
from oculus.core.errors import QueryError
from oculus.core.gap import Gap, GapReason
from oculus.core.metric import Metric
from oculus.rules.settings import RuleSettings
from oculus.runtime import Oculus
from oculus.settings.schema import Settings
from oculus.storage.records import gaps

MINUTE = 60_000
SWING = """
    SELECT symbol, max(value) - min(value) AS swing FROM metrics
    WHERE ts > now() - INTERVAL '5 minutes' GROUP BY symbol HAVING swing > $threshold
"""


def sql_rule(sql=SWING, name="swing", **more):
    return RuleSettings(name=name, sql=sql, schedule="* * * * *", **{"params": {"threshold": 50}, **more})


RULES = [
    sql_rule(),
    sql_rule(name="patient", for_=Duration(minutes=2), cooldown=Duration(hours=1)),
    sql_rule("SELECT * FROM alerts", "present", params={}),
    sql_rule("SELECT symbol, value FROM metrics WHERE ts > now() - INTERVAL '1 minute'", "twice", params={}),
    sql_rule("SELECT count(*) AS n FROM range(1000000) a, range(1000000) b", "forever", params={}),
    sql_rule("SELECT range::VARCHAR AS n FROM range(1001)", "million", params={}),
    RuleSettings(name="plain", condition="net.a > 100", depends_on=("other",)),
    RuleSettings(name="other", condition="net.b > 100"),
    sql_rule(name="held", depends_on=("plain",)),
    RuleSettings(name="waits", condition="net.a > 100", depends_on=("swing",)),
    RuleSettings(name="gone", condition="net.a > 100", expires="2020-01-01"),
    RuleSettings(name="each second", sql="SELECT 1 AS n", schedule="* * * * * *"),
]


@pytest.fixture(scope="module")
def oculus(tmp_path_factory):
    """Two hours at a sample every 10 s; an hour ago it leapt for half a minute."""
    folder = tmp_path_factory.mktemp("house")
    with Oculus(Settings(rules=[]), folder) as running:
        running.leapt_ms = running.clock.now_ms() // MINUTE * MINUTE - 60 * MINUTE
        begun = running.leapt_ms - 60 * MINUTE
        leap = range(running.leapt_ms, running.leapt_ms + 30_000)
        running.writer.put(
            [
                Metric(ms, "net.a", "net.a", 200.0 if ms in leap else 10.0, {})
                for ms in range(begun, begun + 120 * MINUTE, 10_000)
            ]
        )
        running.writer.change(lambda cursor: None).result(30)
        yield running


def played(oculus, name="swing", **tried):
    since = oculus.leapt_ms - 30 * MINUTE
    return backtest(name, Trial(**tried), (since, since + 70 * MINUTE), Settings(rules=RULES), oculus.reader)


def fired(oculus, found):
    """Minutes after the leap began."""
    begun = oculus.leapt_ms
    return [
        ((each.fired_ms - begun) / MINUTE, each.ended_ms and (each.ended_ms - begun) / MINUTE)
        for each in found.fired
    ]


def test_a_select_fires_in_the_past_when_it_would_have_fired_then(oculus):
    found = played(oculus)
    # At the slot of the leap itself its first sample is there; the last one leaves the window after 5:20.
    assert fired(oculus, found) == [(0, 6)]
    (firing,) = found.fired
    assert (firing.instance, firing.worst) == ("net.a", 190.0)
    assert (found.runs, found.samples, found.told) == (70, 70, {"log": 2})
    assert found.first_ms == oculus.leapt_ms - 60 * MINUTE
    assert found.troubles == []


def test_for_and_cooldown_are_those_of_the_rule_or_of_the_trial(oculus):
    assert fired(oculus, played(oculus, "patient")) == [(2, 6)]
    assert fired(oculus, played(oculus, "swing", for_="3m")) == [(3, 6)]
    assert fired(oculus, played(oculus, "swing", for_="10m")) == []


def test_another_for_is_judged_by_the_rows_that_are_known(oculus, monkeypatch):
    present = played(oculus)
    monkeypatch.setattr(oculus.reader, "judge_as_of", lambda *_: pytest.fail("it ran again"))
    assert (len(present.fired), len(played(oculus, for_="10m").fired)) == (1, 0)


def test_a_rule_on_which_it_depends_is_played_beside_it(oculus):
    found = played(oculus, "held")
    assert len(found.fired) == 1
    # That one is over after half a minute, so what still fires another half a minute later is told.
    assert found.told == {"log": 2}
    assert played(oculus, "plain").told == {"log": 2}


def test_what_has_no_past_is_refused_in_words(oculus):
    with pytest.raises(QueryError, match="reads alerts, of which only the present is kept"):
        played(oculus, "present")


def test_a_run_that_fails_is_an_error_of_the_rule_as_it_was_then(oculus):
    found = played(oculus, "twice")
    assert found.fired == []
    assert "two rows have the key 'net.a'" in found.troubles[0]
    assert len(found.troubles) == 1


def test_too_many_rows_are_cut_as_they_were_then(oculus, monkeypatch):
    monkeypatch.setattr(reruns, "MOST_ROWS", 5000)
    found = played(oculus, "million")
    assert len({each.instance for each in found.fired}) == 1000
    assert "Played up to" in found.troubles[0]
    assert "returned more than 5,000 rows" in found.troubles[0]
    assert "more than 1000 rows; the first 1000 are judged" in found.troubles[1]


def test_what_takes_too_long_in_all_is_played_as_far_as_it_came(oculus, monkeypatch):
    monkeypatch.setattr("oculus.storage.reader.RULE_S", 0.05)
    monkeypatch.setattr(reruns, "LONGEST_S", 0.5)
    found = played(oculus, "forever")
    assert 0 < found.runs < 70
    assert found.until_ms == oculus.leapt_ms - 30 * MINUTE + found.runs * MINUTE
    assert "took longer than" in found.troubles[0]


def test_what_was_due_too_often_is_refused_with_what_would_do(oculus, monkeypatch):
    monkeypatch.setattr(reruns, "MOST_RUNS", 100)
    with pytest.raises(QueryError, match="due more than 100 times") as refused:
        played(oculus, "each second")
    assert "Choose a shorter time" in str(refused.value.hint)


def test_before_any_number_is_kept_that_is_said(oculus):
    since = oculus.leapt_ms - 90 * MINUTE
    found = backtest("swing", Trial(), (since, since + 60 * MINUTE), Settings(rules=RULES), oculus.reader)
    assert "Not all numbers of that time are there" in found.troubles[0]


def test_nothing_ran_while_nobody_was_awake(oculus):
    begun = oculus.leapt_ms
    asleep = Gap(begun - MINUTE, begun + 4 * MINUTE + 30_000, GapReason.SLEEP)
    oculus.writer.change(lambda cursor: gaps.add(cursor, asleep)).result(30)
    try:
        found = played(oculus, for_="1s")
        assert (fired(oculus, found), found.runs) == ([], 65)  # at 5:00 it is seen first, at 6:00 it is over
        assert fired(oculus, played(oculus, for_="0s")) == [(5, 6)]
    finally:
        oculus.writer.change(lambda cursor: cursor.execute("DELETE FROM gaps")).result(30)


def test_it_says_how_far_it_is(oculus, monkeypatch):
    shares = []
    original = oculus.reader.judge_as_of

    def judge_as_of(*asked):
        shares.append((PROGRESS.what, PROGRESS.share))
        return original(*asked)

    monkeypatch.setattr(oculus.reader, "judge_as_of", judge_as_of)
    played(oculus, "patient")
    assert {what for what, _ in shares} == {"patient"}
    assert math.isclose(shares[-1][1], 69 / 70)
    assert (PROGRESS.what, PROGRESS.share) == ("", 0.0)


def test_a_rule_is_played_up_to_when_it_expires(oculus):
    with pytest.raises(QueryError, match="expired before that"):
        played(oculus, "gone")
    ends_ms = oculus.leapt_ms + 10_000
    rule = RuleSettings(name="r", condition="net.a > 100", expires=to_iso(ends_ms))
    span = (oculus.leapt_ms - MINUTE, oculus.leapt_ms + MINUTE)
    found = backtest("r", Trial(), span, Settings(rules=[rule]), oculus.reader)
    assert (found.until_ms, fired(oculus, found)) == (ends_ms, [(0, None)])


def test_a_rule_on_which_it_depends_and_that_is_not_played_is_named(oculus):
    found = played(oculus, "waits")
    assert (len(found.fired), found.told) == (1, {"log": 2})
    assert "It depends on swing, in SQL or off, which is not played" in found.troubles[0]


def test_a_condition_that_takes_too_long_is_refused_with_how_far_it_came(oculus, monkeypatch):
    monkeypatch.setattr("oculus.backtest_inputs.LONGEST_S", -1)
    with pytest.raises(QueryError, match="it was played up to") as refused:
        played(oculus, "plain")
    assert "shorter windows" in str(refused.value.hint)


def test_a_window_of_a_week_holds_all_of_its_samples(oculus):
    rule = RuleSettings(name="r", condition="count(net.a, 90m) > 500")
    since = oculus.leapt_ms + 20 * MINUTE
    found = backtest("r", Trial(), (since, since + 10 * MINUTE), Settings(rules=[rule]), oculus.reader)
    assert len(found.fired) == 1


LAST = "SELECT symbol, arg_max(value, ts) AS v FROM metrics WHERE symbol = 'net.l' GROUP BY ALL"


def test_its_runs_in_the_past_are_those_that_it_made(tmp_path, eventually):
    rule = RuleSettings(name="live", sql=f"{LAST} HAVING v > 5", schedule="* * * * * *")
    settings = Settings(rules=[rule])
    with Oculus(settings, tmp_path) as running:

        def say(value):
            """In the middle of a later second: a slot lies between any two of them."""
            now_s = running.clock.now_ms() // 1000
            eventually(lambda: running.clock.now_ms() // 1000 > now_s)
            eventually(lambda: 400 < running.clock.now_ms() % 1000 < 600)
            running.writer.put([Metric(running.clock.now_ms(), "net.l", "net.l", value, {})])

        begun = running.clock.now_ms()
        say(9.0)
        eventually(lambda: running.reader.alerts(state="firing"))
        say(1.0)
        eventually(lambda: running.reader.alerts(state="resolved"))
        (record,) = running.reader.alerts()
        span = (begun, running.clock.now_ms())
        found = backtest("live", Trial(), span, settings, running.reader)
    (firing,) = found.fired
    # A busy machine may be late for a slot, and then sees what came after it.
    assert abs(firing.fired_ms - record.alert.fired_ms) <= 5000
    assert abs(firing.ended_ms - record.alert.ended_ms) <= 5000
    assert firing.instance == record.alert.instance
