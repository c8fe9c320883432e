"""The weekly noise report."""

from types import SimpleNamespace

import pytest

from oculus.core.alert import Alert, AlertState
from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.core.metric import Metric
from oculus.noise import LEAST, longer, said, wider
from oculus.rules.settings import RuleSettings
from oculus.runtime import Oculus
from oculus.settings.schema import Settings

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
RULE = RuleSettings(name="slow", condition="net.a > 100")


@pytest.fixture
def oculus(tmp_path):
    """Six times this week it was a little too slow for a minute, and once far too slow for an hour."""
    with Oculus(Settings(rules=[RULE]), tmp_path) as running:
        now = running.clock.now_ms()
        values = []
        for day in range(6, 0, -1):
            begun = now - day * DAY
            values += [(begun + n * MINUTE // 2, value) for n, value in enumerate([50, 103, 103, 99.5])]
        values += [(now - 90 * MINUTE + n * MINUTE // 2, 500) for n in range(120)]
        values += [(now - 30 * MINUTE, 50)]
        running.writer.put([Metric(ts, "net.a", "net.a", float(value), {}) for ts, value in values])
        yield running


def test_it_says_how_often_for_how_long_and_what_would_have_helped(oculus, eventually):
    eventually(lambda: len(oculus.reader.alerts(state="resolved")) == 7)
    (noise,) = oculus.noise.report(oculus.clock.now_ms())
    assert (noise.rule, noise.count, noise.short) == ("slow", 7, 6)
    assert noise.seconds == 6 * 60 + 60 * 60
    assert noise.for_ == "45s"  # each held for half a minute, by its samples
    assert noise.clear == "net.a < 99.5"
    assert "slow: for: 45s or clear: net.a < 99.5 would have removed most of 6" in said([noise])
    assert "7 times" in said([noise])


def test_it_is_an_event_once_a_week(oculus, eventually):
    eventually(lambda: len(oculus.reader.alerts(state="resolved")) == 7)
    reports = "SELECT count(*) FROM events WHERE payload->>'report' = 'noise'"
    oculus.noise.step()
    assert oculus.reader.query(reports).rows == [[0]]  # it is not a week old
    later = oculus.clock.now_ms() + 8 * DAY

    class Later:
        def now_ms(self):
            return later

    oculus.noise._clock = Later()
    oculus.noise.step()
    eventually(lambda: oculus.reader.query(reports).rows == [[1]])
    oculus.noise.step()
    oculus.writer.change(lambda cursor: None).result(30)
    assert oculus.reader.query(reports).rows == [[1]]


def test_a_report_that_a_stop_cuts_short_is_made_at_the_next_start(oculus, eventually):
    eventually(lambda: len(oculus.reader.alerts(state="resolved")) == 7)
    later = oculus.clock.now_ms() + 8 * DAY
    oculus.noise._clock = SimpleNamespace(now_ms=lambda: later)
    oculus.noise.stopping.set()
    oculus.noise.step()
    oculus.writer.change(lambda cursor: None).result(30)
    assert oculus.reader.query("SELECT * FROM events WHERE payload->>'report' = 'noise'").rows == []


def test_looking_for_the_last_report_is_no_statement_from_outside(oculus):
    before = oculus.counters.timing("reader.query").count
    oculus.noise.step()
    assert oculus.counters.timing("reader.query").count == before


def test_what_is_tried_begins_with_the_smallest_change():
    rule = RuleSettings(name="r", condition="a > 100", for_=Duration(minutes=2))
    assert next(longer(rule)) == "3m"
    assert list(wider(rule)) == ["a < 99.8", "a < 99.5", "a < 99", "a < 98", "a < 95", "a < 90", "a < 80"]
    assert next(wider(RuleSettings(name="r", condition="a < -10"))) == "a > -9.98"
    assert next(wider(RuleSettings(name="r", condition="crypto.price.btc_usd > 100k"))).endswith(" < 99800")
    assert next(wider(RuleSettings(name="r", condition="pred.prob.rain > 60%"))).endswith(" < 0.5988")
    assert list(wider(RuleSettings(name="r", condition="a > b"))) == []
    assert list(wider(RuleSettings(name="r", condition="a > 1 and b > 1"))) == []
    assert list(wider(RuleSettings(name="r", condition="a > 1", clear="a < 0.5"))) == []


def test_a_quiet_week_is_a_report_too():
    assert said([]) == "Noise of the last 7 days: no rule fired"
    assert LEAST > 1


def test_a_rule_in_sql_is_helped_by_a_longer_for(oculus):
    """Its runs are made once more, once for all lengths that are tried."""
    now = oculus.clock.now_ms()
    span = (now - 3 * DAY - HOUR, now - 3 * DAY + HOUR)
    sql = (
        "SELECT symbol, max(value) AS top FROM metrics WHERE ts > now() - INTERVAL '1 minute' GROUP BY symbol"
    )
    rule = RuleSettings(name="sql", sql=f"{sql} HAVING top > 100", schedule="* * * * *")
    blips = [span[0] + HOUR + n * 10 * MINUTE for n in range(-3, 3)]
    oculus.writer.put([Metric(at, "net.c", "net.c", 500.0, {}) for at in blips])
    oculus.writer.change(lambda cursor: None).result(30)
    fired = [alert(at, at + MINUTE) for at in blips]
    noise = oculus.noise._noise(rule, fired, span, Settings(rules=[rule]))
    assert (noise.count, noise.short, noise.clear) == (6, 6, "")
    assert noise.for_ == "30s"  # each was seen by one run only


def test_what_still_fires_is_not_short(oculus):
    now = oculus.clock.now_ms()
    noise = oculus.noise._noise(RULE, [alert(now - 1000, None)], (now - DAY, now), Settings(rules=[RULE]))
    assert (noise.count, noise.short, noise.seconds) == (1, 0, 1.0)


def alert(fired_ms, ended_ms):
    return Alert(
        id=fired_ms,
        rule="sql",
        instance="net.c",
        severity=Severity.WARN,
        state=AlertState.RESOLVED if ended_ms else AlertState.FIRING,
        message="",
        value=None,
        started_ms=fired_ms,
        fired_ms=fired_ms,
        ended_ms=ended_ms,
    )
