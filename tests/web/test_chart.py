"""What the chart of a symbol is drawn from: candles, phases, gaps, uptime, and what rules say of it."""

import pytest
from msgspec import structs

from oculus.core import gap as core_gap
from oculus.core.event import Severity
from oculus.rules.settings import RuleSettings
from oculus.rules.status import status_of
from oculus.web.chart.gaps import Gap, gaps
from oculus.web.chart.limits import thresholds

MINUTE = 60_000
RULE = RuleSettings(name="slow", condition="net.ping.gw > 100", severity=Severity.WARN, message="slow")


def rule(condition, state="ok"):
    settings = RuleSettings(name="r", condition=condition, severity=Severity.WARN)
    return structs.replace(status_of(settings, None), state=state)


@pytest.mark.parametrize(
    ("condition", "lines"),
    [
        ("net.ping.gw > 100", [100]),
        ("100 < net.ping.gw", [100]),
        ("net.ping.gw outside 5 and 20", [5, 20]),
        ("avg(net.ping.gw, 5m) > 800 and net.ping.gw < 1k", [800, 1000]),
        ("net.ping.* >= 30", [30]),
        ("net.ping.gw crosses_above 7", [7]),
        ("change_pct(net.ping.gw, 1h) > 50", []),
        ("age(net.ping.gw) > 60", []),
        ("net.ping.gw > net.ping.far", []),
        ("net.ping.far > 100", []),
    ],
)
def test_a_line_is_drawn_where_a_rule_compares_the_value_with_a_number(condition, lines):
    assert [each.value for each in thresholds("net.ping.gw", [rule(condition)])] == lines


def test_a_rule_that_is_off_draws_no_line():
    assert thresholds("net.ping.gw", [rule("net.ping.gw > 1", state="off")]) == []


def steps(*minutes, value=1.0):
    return [[minute * MINUTE, value, value, value] for minute in minutes]


def test_a_silence_much_longer_than_usual_is_a_gap():
    assert gaps(steps(0, 1, 2, 3, 20, 21, 22), [], MINUTE) == [Gap(4 * MINUTE, 20 * MINUTE, "silence")]


def test_what_comes_once_a_day_has_no_gaps_between_its_days():
    assert gaps(steps(0, 1440, 2880, 4320), [], MINUTE) == []


def test_a_probe_that_was_not_answered_is_down_and_not_silent():
    series = steps(0, 1, 2, 10, 11)
    ups = [*steps(0, 1, 2), *steps(*range(3, 10), value=0.0), *steps(10, 11)]
    assert gaps(series, ups, MINUTE) == [Gap(3 * MINUTE, 10 * MINUTE, "down")]


def test_a_time_in_which_nobody_watched_says_why_and_is_no_silence_besides():
    asleep = Gap(4 * MINUTE, 19 * MINUTE, "sleep")
    assert gaps(steps(0, 1, 2, 3, 20, 21, 22), [], MINUTE, [asleep]) == [asleep]


def test_a_silence_that_a_gap_explains_only_in_part_is_both():
    asleep = Gap(4 * MINUTE, 10 * MINUTE, "sleep")
    found = gaps(steps(0, 1, 2, 3, 20, 21, 22), [], MINUTE, [asleep])
    assert found == [asleep, Gap(10 * MINUTE, 20 * MINUTE, "silence")]


def test_a_gap_is_shown_although_no_sample_is_missing():
    moved = Gap(90_000, 150_000, "clock")
    assert gaps(steps(0, 1, 2, 3), [], MINUTE, [moved]) == [moved]


def test_uptime_leaves_out_what_was_measured_in_a_gap(house):
    up = "net.tcp.gap:1.up"
    house.store(*[house.metric(up, minute >= 20, ago_ms=minute * MINUTE) for minute in range(40)])
    path = "/api/metrics/net.tcp.gap:1.up?range=1h"
    assert house.get(path).json()["uptime_pct"] == 50
    now = house.oculus.clock.now_ms()
    house.oculus.gap_log.over(
        core_gap.Gap(now - 19 * MINUTE - 30_000, now - 9 * MINUTE - 30_000, core_gap.GapReason.CLOCK), 0.0
    )
    house.oculus.writer.change(lambda cursor: None).result(30)
    answer = house.get(path).json()
    assert answer["uptime_pct"] == 66.6667  # 20 of 30
    assert "clock" in [gap["reason"] for gap in answer["gaps"]]
    house.oculus.writer.change(lambda cursor: cursor.execute("DELETE FROM gaps")).result(30)


def test_uptime_counts_only_what_was_asked(house):
    asked = [*range(20), *range(40, 60)]  # minutes ago; in the last four it was down
    house.store(*(house.metric("net.tcp.db:1.up", ago >= 4, ago_ms=ago * MINUTE) for ago in asked))
    house.store(*(house.metric("net.tcp.db:1", 5, ago_ms=ago * MINUTE) for ago in asked if ago >= 4))
    answer = house.get("/api/metrics/net.tcp.db:1?range=1h&chart=true").json()
    assert answer["uptime_pct"] == 90
    assert [gap["reason"] for gap in answer["gaps"]] == ["silence", "down"]
    assert answer["chart"]["candles"] == []


def test_a_price_has_candles_and_a_latency_has_none(house):
    now = house.oculus.clock.now_ms()
    begin = now // MINUTE * MINUTE - 10 * MINUTE
    for second, value in ((0, 10), (15, 30), (30, 5), (45, 20)):
        house.store(house.metric("crypto.price.btc_usd", value, ago_ms=now - begin - second * 1000))
    address = "/api/metrics/crypto.price.btc_usd?range=1h&step=1m"
    assert house.get(f"{address}&chart=true").json()["chart"]["candles"] == [[begin, 10, 30, 5, 20]]
    assert house.get(address).json()["chart"] is None


def test_the_phases_of_a_web_request_come_in_their_order(house):
    for part in ("", ".transfer", ".dns", ".connect"):
        house.store(house.metric(f"net.http.shop{part}", 3))
    phases = house.get("/api/metrics/net.http.shop?range=1h&chart=1").json()["chart"]["phases"]
    assert list(phases) == ["dns", "connect", "transfer"]


def test_a_part_of_the_past_can_be_looked_at_closely(house):
    house.store(*(house.metric("net.ping.gw", minute, ago_ms=minute * MINUTE) for minute in range(120)))
    answer = house.get("/api/metrics/net.ping.gw?since=40m&until=20m").json()
    assert answer["step_s"] == 5
    assert answer["until_ms"] - answer["since_ms"] == 20 * MINUTE
    assert answer["stats"]["count"] in (20, 21)
    assert {value for _, value, _, _ in answer["series"]} <= set(range(20, 41))
    assert house.get("/api/metrics/net.ping.gw?since=5m&until=10m").status_code == 400


def test_the_alerts_on_a_symbol_stand_beside_its_numbers(open_house, tmp_path, eventually, monkeypatch):
    with open_house(tmp_path, rules=[RULE]) as house:
        house.store(house.metric("net.ping.gw", 500), house.metric("net.ping.far", 500))
        eventually(lambda: house.oculus.reader.alerts(state="firing"))
        monkeypatch.delattr("oculus.storage.reading.history.deliveries_of")  # who was told is not asked for
        chart = house.get("/api/metrics/net.ping.gw?range=1h&chart=true").json()["chart"]
        assert [(each["rule"], each["ended_ms"]) for each in chart["alerts"]] == [("slow", None)]
        assert chart["thresholds"] == [
            {"rule": "slow", "severity": "warn", "value": 100, "text": "net.ping.gw > 100"}
        ]
        far = house.get("/api/metrics/net.ping.far?range=1h&chart=true").json()["chart"]
        assert (far["alerts"], far["thresholds"]) == ([], [])
