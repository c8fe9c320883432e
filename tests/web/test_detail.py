"""The pages of one rule and of all alerts: time lines, filters, and what became of the messages."""

import re
import sys

import pytest

from oculus.collectors.network.tcp import TcpSettings
from oculus.core.alert import Alert, AlertState, Delivery, DeliveryState, News, NewsKind
from oculus.core.durations import Duration
from oculus.core.event import Severity
from oculus.rules.settings import RuleSettings
from oculus.web.detail.deliveries import delivery_row, summary
from oculus.web.detail.lanes import WIDTH, time_line

HOUR = 3_600_000
SLOW = RuleSettings(
    name="slow <b>", condition="net.ping.gw > 100", severity=Severity.WARN, message="slow", channels=("log",)
)
LOW = RuleSettings(
    name="low", condition="net.ping.far < 1", severity=Severity.INFO, cooldown=Duration(minutes=5)
)


def alert(number=1, fired_h=1.0, ended_h=None, rule="r", instance=""):
    return Alert(
        id=number,
        rule=rule,
        instance=instance,
        severity=Severity.WARN,
        state=AlertState.FIRING if ended_h is None else AlertState.RESOLVED,
        message="",
        value=1.0,
        started_ms=round(fired_h * HOUR),
        fired_ms=round(fired_h * HOUR),
        ended_ms=None if ended_h is None else round(ended_h * HOUR),
    )


def delivery(state, attempts=1, error=""):
    news = News(kind=NewsKind.NO_DATA, alert=alert(), ts_ms=0)
    return Delivery(
        id=1,
        channel="mail",
        news=news,
        state=state,
        attempts=attempts,
        created_ms=5,
        next_ms=0,
        expires_ms=0,
        last_error=error,
    )


def bars(*alerts, until_h=10):
    line = time_line(alerts, 0, until_h * HOUR, lambda each: each.instance or each.rule)
    return {lane.name: [(bar.x, bar.width) for bar in lane.bars] for lane in line.lanes}


def test_a_firing_is_as_long_on_the_time_line_as_it_lasted():
    assert bars(alert(fired_h=2, ended_h=5)) == {"r": [(200, 300)]}


def test_what_still_fires_reaches_the_end_of_the_time_line():
    assert bars(alert(fired_h=8)) == {"r": [(800, 200)]}


def test_what_began_before_the_time_line_begins_at_its_edge():
    line = time_line([alert(fired_h=1, ended_h=6)], 5 * HOUR, 15 * HOUR, lambda each: each.rule)
    assert [(bar.x, bar.width) for bar in line.lanes[0].bars] == [(0, 100)]


def test_the_shortest_firing_can_still_be_seen():
    ((x, width),) = bars(alert(fired_h=10, ended_h=10))["r"]
    assert width >= 3
    assert x + width <= WIDTH


def test_each_instance_has_its_lane_and_too_many_are_counted():
    many = [alert(number, instance=f"net.{number}") for number in range(15)]
    line = time_line(many, 0, 10 * HOUR, lambda each: each.instance)
    assert (len(line.lanes), line.more) == (12, 3)


def test_what_was_over_before_has_no_lane():
    line = time_line([alert(fired_h=1, ended_h=2)], 5 * HOUR, 10 * HOUR, lambda each: each.rule)
    assert line.lanes == ()


def test_a_failed_message_says_why_and_how_often_it_was_tried():
    row = delivery_row(delivery(DeliveryState.FAILED, 7, "the bot was blocked"))
    assert (row.news, row.tone, row.attempts, row.why) == ("no data", "error", 7, "the bot was blocked")
    assert summary([delivery(DeliveryState.SENT), delivery(DeliveryState.FAILED)]) == "1 failed, 1 sent"


@pytest.fixture(scope="module")
def fired(open_house, tmp_path_factory, eventually):
    """A house in which `slow <b>` has fired and ended, and `low` fires for one symbol."""
    with open_house(tmp_path_factory.mktemp("fired"), rules=[SLOW, LOW]) as house:
        house.store(house.metric("net.ping.gw", 500))
        eventually(lambda: house.oculus.reader.alerts(rule=SLOW.name))
        house.store(house.metric("net.ping.gw", 50), house.metric("net.ping.far", 0.5))
        eventually(lambda: house.oculus.reader.alerts(state="resolved"))
        eventually(lambda: house.oculus.reader.alerts(rule="low", state="firing"))
        eventually(lambda: "sent" in house.get("/rules/slow%20%3Cb%3E").text)
        yield house


def words(answer):
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_rule_says_what_it_waits_for_and_whom_it_tells(fired):
    text = words(fired.get("/rules/low"))
    assert "net.ping.far &lt; 1" in text
    assert "Must hold not at all: it fires at once" in text
    assert "Cooldown 5 m" in text
    assert "net.ping.far" in text


def test_a_rules_page_shows_its_alerts_and_what_became_of_the_messages(fired):
    text = words(fired.get("/rules/slow%20%3Cb%3E"))
    assert "slow &lt;b&gt;" in text
    assert "limit 100 ms" in text
    assert re.search(r"fired log sent", text)
    assert re.search(r"resolved log sent", text)


def test_where_a_rule_stands_comes_with_why(fired):
    assert "the trouble is over" in words(fired.get("/rules/slow%20%3Cb%3E"))
    assert "the condition holds" in words(fired.get("/rules/low"))


def test_a_rule_that_is_none_is_not_found(fired):
    assert fired.get("/rules/none").status_code == 404


def test_what_looks_odd_in_a_rule_comes_after_the_page(fired):
    assert 'hx-get="/partials/lint/low"' in fired.get("/rules/low").text
    assert fired.get("/partials/lint/low").status_code == 200


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {"slow <b>", "low"}),
        ("?state=firing", {"low"}),
        ("?state=resolved", {"slow <b>"}),
        ("?severity=warn", {"slow <b>"}),
        ("?rule=low", {"low"}),
        ("?since=24h", {"slow <b>", "low"}),
    ],
)
def test_alerts_can_be_filtered(fired, asked, found):
    page = fired.get(f"/alerts{asked}").text
    rows = re.findall(r'<td data-label="Rule" class="lead"><a[^>]*><bdi title="([^"]+)"', page)
    assert {row.replace("&lt;", "<").replace("&gt;", ">") for row in rows} == found


def test_a_filter_that_leaves_nothing_says_so(fired):
    assert "No alert is like that" in fired.get("/alerts?severity=critical").text


def test_each_alert_says_what_became_of_its_messages(fired):
    assert "2 sent" in words(fired.get("/alerts?rule=slow%20%3Cb%3E"))


def test_a_snoozed_rule_says_until_when(fired, eventually):
    assert "Wake" not in words(fired.get("/rules/low"))
    fired.post("/api/rules/low/snooze", json={"for": "1h"})
    assert "snoozed until" in words(fired.get("/rules/low"))
    assert "snoozed until" in words(fired.get("/rules"))
    eventually(lambda: "snoozed" in words(fired.get("/")))
    fired.ask("DELETE", "/api/rules/low/snooze")
    assert "snoozed until" not in words(fired.get("/rules/low"))


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("offline", "This machine is offline."),
        ("snoozed", "Everything is snoozed"),
        ("queue", "More than 10,000 numbers wait"),
        ("paused", "A collector is paused."),
        ("damage", "A part of the database can no longer be read"),
    ],
)
def test_how_oculus_itself_fares_stands_on_every_page(house, monkeypatch, trouble, said):
    monkeypatch.setattr("oculus.web.dashboard.shared.LASTS_S", 0.0)
    assert said not in words(house.get("/"))
    if trouble == "offline":
        monkeypatch.setattr(house.oculus.outage, "offline", lambda: True)
    if trouble == "snoozed":
        house.post("/api/snooze", json={"for": "1h"})
    if trouble == "queue":
        monkeypatch.setattr(house.oculus.writer, "queue_length", lambda: 12_345)
    if trouble == "damage":
        monkeypatch.setattr(house.oculus.upkeep, "damage", f"{said} (a block). There is no backup of it.")
    if trouble == "paused":
        house.oculus.scheduler.replace([TcpSettings(target="127.0.0.1:9", name="gw")])
        house.oculus.scheduler.pause("gw")
    for place in ("/", "/alerts", "/collectors"):
        assert said in words(house.get(place))


def test_a_database_that_was_damaged_is_told_on_every_page_until_the_next_start(tmp_path, open_house):
    with open_house(tmp_path) as house:
        file = house.oculus.database.path
    file.write_bytes(b"no database at all")
    with open_house(tmp_path) as house:
        for place in ("/", "/alerts", "/collectors"):
            said = words(house.get(place))
            assert "The database could not be read" in said
            assert f"It is kept as {file.name}.damaged-" in said
            assert "Oculus went on with an empty database." in said
    with open_house(tmp_path) as house:
        assert "could not be read" not in words(house.get("/"))


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_database_that_is_deleted_is_told_on_every_page(house):
    house.oculus.database.path.unlink()
    for place in ("/", "/alerts", "/collectors"):
        assert "oculus.db has been deleted or moved away. What it holds is there" in words(house.get(place))


def test_what_is_over_says_how_bad_it_was_and_what_fires_how_it_is(fired):
    text = words(fired.get("/alerts"))
    assert "worst 500 ms, limit 100 ms" in text
    assert "0.500 ms, limit 1.00 ms" in text
    assert "worst 0.500" not in text


MANY_LATER = """
    INSERT INTO alerts (id, rule, instance, severity, state, message, started_at, fired_at, ended_at, tags)
    SELECT 1 + i, 'low', '', 'info', 'resolved', 'over', ts, ts, ts, '{}'
    FROM (SELECT i, now() + i * INTERVAL 1 SECOND AS ts FROM range(1001) t(i))
"""


def test_an_alert_can_be_seen_and_acknowledged_however_many_came_after_it(tmp_path, open_house, eventually):
    with open_house(tmp_path, rules=[SLOW]) as house:
        house.store(house.metric("net.ping.gw", 500))
        [(old, _)] = eventually(lambda: house.oculus.reader.alerts(state="firing"))
        house.oculus.writer.change(lambda cursor: cursor.execute(MANY_LATER)).result(30)
        assert house.get(f"/api/alerts/{old.id}").json()["state"] == "firing"
        assert f"/api/alerts/{old.id}/ack" in house.get("/alerts").text
        assert house.post(f"/api/alerts/{old.id}/ack").json()["acknowledged_at"]
        eventually(lambda: house.get(f"/api/alerts/{old.id}").json()["acknowledged_at"])
        oldest_of_many = house.post("/api/alerts/1/ack")
    assert oldest_of_many.status_code == 409
    assert "Alert 1 has ended" in oldest_of_many.json()["error"]["message"]
