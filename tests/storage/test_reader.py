"""Questions: pages of metrics, charts, alerts with their messages, exports and backups."""

from __future__ import annotations

import csv
import threading

import duckdb
import pytest

from oculus.core.alert import (
    Alert,
    AlertState,
    Delivery,
    DeliveryState,
    News,
    NewsKind,
    SavedState,
    Verdict,
)
from oculus.core.errors import QueryError, StorageError
from oculus.core.event import Event, EventType, Severity
from oculus.storage.file.batch import insert_events, insert_metrics
from oculus.storage.file.database import open_database
from oculus.storage.live import LiveCache
from oculus.storage.reader import Reader
from oculus.storage.reading.export import is_empty
from oculus.storage.reading.metrics import MetricFilter
from oculus.storage.records import alerts
from oculus.storage.settings import StorageSettings

NOON_MS = 1_767_268_800_000
HOUR_MS = 3_600_000


@pytest.fixture
def reader(database, counters):
    return Reader(database, counters)


@pytest.fixture
def stored(database, metric):
    def store(*metrics):
        insert_metrics(database.writing, metrics)

    return store


def page(reader, **wanted):
    return [one.value for one in reader.metrics(MetricFilter(**wanted)).metrics]


# Metrics


def test_metrics_come_newest_first_as_they_were_stored(reader, stored, metric):
    stored(metric(1.0, probe="tcp"), metric(2.0, at=NOON_MS + 1, probe="tcp"))
    found = reader.metrics(MetricFilter())
    assert found.metrics == [metric(2.0, at=NOON_MS + 1, probe="tcp"), metric(1.0, probe="tcp")]
    assert (found.cursor, found.truncated) == ("", False)


def test_metrics_are_chosen_by_symbol_category_time_and_tag(reader, stored, metric):
    stored(
        metric(1.0, symbol="net.tcp.a:1", probe="tcp"),
        metric(2.0, symbol="net.tcp.b:1", at=NOON_MS + 1, **{"a/b~c": "x"}),
        metric(3.0, symbol="net.http.a", at=NOON_MS + 2),
        metric(4.0, symbol="net_tcp.a:1", at=NOON_MS + 3),
    )
    assert page(reader, symbol="net.tcp.a:1") == [1.0]
    assert page(reader, symbol="net.tcp.*") == [2.0, 1.0]
    assert page(reader, symbol="*a*1", order="asc") == [1.0, 4.0]
    assert page(reader, symbol="net_*") == [4.0]
    assert page(reader, category="net.http") == [3.0]
    assert page(reader, since_ms=NOON_MS + 1, until_ms=NOON_MS + 3, order="asc") == [2.0, 3.0]
    assert page(reader, tags={"probe": "tcp"}) == [1.0]
    assert page(reader, tags={"a/b~c": "x"}) == [2.0]
    assert page(reader, tags={"probe": "' OR true --"}) == []


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("apart_ms", [1, 600_000, 7 * 3_600_000])
def test_following_the_cursor_shows_every_metric_once(reader, stored, metric, order, apart_ms):
    stored(*[metric(float(n), symbol=f"s.s.{n % 7}", at=NOON_MS + n // 10 * apart_ms) for n in range(95)])
    seen, cursor = [], ""
    while True:
        found = reader.metrics(MetricFilter(order=order, limit=6, cursor=cursor))
        seen += [one.value for one in found.metrics]
        cursor = found.cursor
        if not cursor:
            break
    assert sorted(seen) == [float(n) for n in range(95)]
    tens = [n // 10 for n in seen]
    assert tens == sorted(tens, reverse=order == "desc")


def test_new_metrics_do_not_disturb_who_turns_the_pages(reader, stored, metric):
    stored(*[metric(float(n), at=NOON_MS + n) for n in range(10)])
    first = reader.metrics(MetricFilter(limit=4))
    stored(metric(99.0, at=NOON_MS + 1000))
    second = reader.metrics(MetricFilter(limit=4, cursor=first.cursor))
    assert [one.value for one in first.metrics + second.metrics] == [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0]


@pytest.mark.parametrize("cursor", ["x", "1", "1.", "1.2.3", "1; DROP TABLE metrics", "9" * 50 + ".1"])
def test_a_cursor_that_is_none_is_the_callers_mistake(reader, cursor):
    with pytest.raises(QueryError) as refused:
        reader.metrics(MetricFilter(cursor=cursor))
    assert refused.value.code == "bad_request"


def test_a_page_has_at_most_a_thousand_metrics(reader, stored, metric):
    stored(*[metric(float(n), at=NOON_MS + n) for n in range(1100)])
    found = reader.metrics(MetricFilter(limit=5000))
    assert len(found.metrics) == 1000
    assert found.truncated


def test_a_chart_has_average_lowest_and_highest_of_each_step(reader, stored, metric):
    stored(*[metric(float(n), at=NOON_MS + n * 1000) for n in range(120)], metric(7.0, symbol="other.x.y"))
    assert reader.series("net.tcp.db:5432", NOON_MS, NOON_MS + 120_000, 60_000) == [
        [NOON_MS, 29.5, 0.0, 59.0],
        [NOON_MS + 60_000, 89.5, 60.0, 119.0],
    ]
    assert reader.series("net.tcp.db:5432", NOON_MS + 119_000, NOON_MS + 119_000, 60_000) == []


def test_a_symbol_has_its_figures(reader, stored, metric):
    stored(*[metric(float(n), at=NOON_MS + n) for n in range(101)])
    found = reader.stats("net.tcp.db:5432", NOON_MS)
    assert (found.count, found.min, found.max, found.avg, found.p95) == (101, 0.0, 100.0, 50.0, 95.0)
    assert (found.first, found.last) == (0.0, 100.0)
    assert reader.stats("nobody", 0).count == 0
    assert reader.stats("nobody", 0).avg is None


def test_the_newest_of_every_symbol_comes_with_its_tags(reader, stored, metric):
    stored(metric(1.0, symbol="a.a.a"), metric(2.0, symbol="b.b.b", at=NOON_MS - 10, unit="ms"))
    stored(metric(3.0, symbol="a.a.a", at=NOON_MS + 5, unit="s"), metric(0.0, symbol="c.c.c", at=1))
    assert reader.latest_all(NOON_MS - HOUR_MS) == [
        metric(3.0, symbol="a.a.a", at=NOON_MS + 5, unit="s"),
        metric(2.0, symbol="b.b.b", at=NOON_MS - 10, unit="ms"),
    ]


def test_after_a_restart_every_symbol_of_the_last_day_is_there_at_once(reader, stored, metric, clock):
    stored(*[metric(float(n), symbol="net.ping.fast", at=NOON_MS - n * 5000, unit="ms") for n in range(1000)])
    stored(metric(42.0, symbol="crypto.sentiment.fng", at=NOON_MS - 23 * HOUR_MS))
    live = LiveCache(clock)
    live.seed(reader.seeds(NOON_MS))
    trails = {trail.symbol: trail for trail in live.snapshot()}
    assert trails["crypto.sentiment.fng"].points == [(NOON_MS - 23 * HOUR_MS, 42.0)]
    fast = trails["net.ping.fast"]
    assert fast.tags == {"unit": "ms"}
    assert fast.points[-1] == (NOON_MS, 0.0)
    assert 100 <= len(fast.points) <= 122


# Events and alerts


def alert(number, **changes):
    given = {
        "id": number, "rule": "slow", "instance": "net.tcp.db", "severity": Severity.WARN,
        "state": AlertState.FIRING, "message": "too slow", "value": 9.5, "threshold": 5.0, "worst": 9.5,
        "started_ms": NOON_MS - 5, "fired_ms": NOON_MS + number, "tags": {"unit": "ms"},
    }  # fmt: skip
    return Alert(**given | changes)


def news(number, kind=NewsKind.FIRED, held="", **changes):
    return News(
        kind=kind, alert=alert(number, **changes), ts_ms=NOON_MS + number, held=held, channels=("log",)
    )


def delivery(number, about, state=DeliveryState.QUEUED):
    return Delivery(id=number, channel="log", news=about, state=state, created_ms=NOON_MS, next_ms=NOON_MS,
                    expires_ms=NOON_MS + HOUR_MS)  # fmt: skip


def saved(rule="slow", state="firing"):
    return SavedState(rule=rule, instance="net.tcp.db", state=state, since_ms=NOON_MS, body={"count": 3})


def test_a_verdict_is_written_whole_and_can_be_taken_up_again(writer, database):
    fired = news(1)
    verdict = Verdict(states=(saved(),), news=(fired,))
    future = writer.change(lambda cursor: alerts.record(cursor, verdict, [delivery(10, fired)]))
    writer.step()
    [told] = future.result(0)
    [(event_id, source, kind, severity)] = (
        database.cursor().execute("SELECT id, source, type, severity FROM events").fetchall()
    )
    assert (source, kind, severity) == ("rule.slow", "alert", "warn")
    assert told.event_id == event_id
    assert alerts.load_states(database.cursor()) == [saved()]
    assert alerts.open_alerts(database.cursor()) == [fired.alert]
    assert alerts.load_deliveries(database.cursor()) == [told]


def test_a_firing_is_one_alert_that_later_resolves_and_two_events(writer, database, reader):
    ended = {"state": AlertState.RESOLVED, "ended_ms": NOON_MS + HOUR_MS}
    for one in (news(1), news(1, NewsKind.RESOLVED, **ended)):
        writer.change(lambda cursor, one=one: alerts.record(cursor, Verdict(news=(one,)), []))
        writer.step()
    [record] = reader.alerts()
    assert record.alert == alert(1, **ended)
    assert alerts.open_alerts(database.cursor()) == []
    assert [one.message for one in reader.events()] == ["RESOLVED: too slow", "too slow"]


def test_news_that_were_held_back_are_events_with_the_reason(writer, reader):
    writer.change(lambda cursor: alerts.record(cursor, Verdict(news=(news(1, held="cooldown"),)), []))
    writer.step()
    [event] = reader.events()
    assert event.payload["held"] == "cooldown"
    assert event.payload["alert_id"] == 1


def test_a_state_that_is_no_longer_needed_is_forgotten(writer, database):
    verdict = Verdict(states=(saved("a"), saved("b"), saved("a", "ok")))
    writer.change(lambda cursor: alerts.record(cursor, verdict, []))
    writer.change(lambda cursor: alerts.record(cursor, Verdict(forgotten=(("b", "net.tcp.db"),)), []))
    writer.step()
    assert alerts.load_states(database.cursor()) == [saved("a", "ok")]


def test_only_what_is_not_final_is_sent_after_a_restart(writer, database):
    fired = news(1)
    every = [delivery(n, fired, state) for n, state in enumerate(DeliveryState)]
    writer.change(lambda cursor: alerts.save_deliveries(cursor, every))
    writer.step()
    loaded = alerts.load_deliveries(database.cursor())
    assert [one.state for one in loaded] == [
        DeliveryState.QUEUED,
        DeliveryState.SENDING,
        DeliveryState.RETRYING,
    ]
    assert loaded[0].news == fired


def test_what_was_refused_is_found_again_while_it_fires_and_nobody_was_told(writer, database):
    ended = {"state": AlertState.RESOLVED, "ended_ms": NOON_MS + 5}
    seen = news(4, acknowledged_ms=NOON_MS + 9)
    every = [news(1), news(2), news(3, NewsKind.RESOLVED, **ended), seen]
    writer.change(lambda cursor: alerts.record(cursor, Verdict(news=tuple(every)), []))
    failed = [delivery(10 + n, about, DeliveryState.FAILED) for n, about in enumerate(every)]
    failed.append(delivery(20, news(1, NewsKind.REMINDER), DeliveryState.FAILED))
    failed.append(delivery(21, news(2, NewsKind.REMINDER), DeliveryState.SENT))
    writer.change(lambda cursor: alerts.save_deliveries(cursor, failed))
    writer.step()
    assert [each.id for each in alerts.refused_deliveries(database.cursor(), NOON_MS)] == [20]
    assert alerts.refused_deliveries(database.cursor(), NOON_MS + HOUR_MS) == []


def test_alerts_are_chosen_and_come_with_their_deliveries(writer, reader):
    first, second = news(1), news(2, rule="down", severity=Severity.CRITICAL)
    gone = news(3, state=AlertState.RESOLVED, ended_ms=NOON_MS + 5)
    sent = [delivery(1, first), delivery(2, second), delivery(3, second, DeliveryState.SENT)]
    writer.change(lambda cursor: alerts.record(cursor, Verdict(news=(first, second, gone)), sent))
    writer.step()
    assert [record.alert.id for record in reader.alerts()] == [3, 2, 1]
    assert [record.alert.id for record in reader.alerts(state="firing")] == [2, 1]
    assert [record.alert.id for record in reader.alerts(severity="critical")] == [2]
    assert [record.alert.id for record in reader.alerts(since_ms=NOON_MS + 2, until_ms=NOON_MS + 3)] == [2]
    assert [record.alert.id for record in reader.alerts(limit=1)] == [3]
    [record] = reader.rule_history("down")
    assert [one.id for one in record.deliveries] == [2, 3]


def test_events_are_chosen(database, reader):
    insert_events(
        database.writing,
        [
            Event(ts_ms=NOON_MS + n, source=source, type=EventType.ERROR, severity=severity, message=str(n))
            for n, (source, severity) in enumerate(
                [("oculus", Severity.INFO), ("collector.a", Severity.ERROR), ("oculus", Severity.ERROR)]
            )
        ],
    )
    assert [event.message for event in reader.events()] == ["2", "1", "0"]
    assert [event.message for event in reader.events(source="oculus", severity="error")] == ["2"]
    assert [event.message for event in reader.events(since_ms=NOON_MS + 1, limit=1)] == ["2"]


# Files


def test_an_export_as_csv_can_be_read_back(reader, stored, metric, tmp_path):
    stored(metric(1.5, symbol="a.a.x", unit='"odd", one'), metric(2.5, symbol="b.b.x", at=NOON_MS + 1))
    target = reader.export(tmp_path / "out.csv", "a.*")
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["ts"], row["symbol"], row["value"]) for row in rows] == [
        ("2026-01-01T12:00:00.000Z", "a.a.x", "1.5")
    ]
    assert rows[0]["tags"] == '{"unit":"\\"odd\\", one"}'


def test_an_export_as_parquet_can_be_read_back(reader, stored, metric, tmp_path):
    stored(metric(1.0), metric(2.0, at=NOON_MS + 10))
    target = reader.export(tmp_path / "out.parquet", since_ms=NOON_MS + 5)
    rows = (
        duckdb.connect().execute("SELECT epoch_ms(ts), value FROM read_parquet(?)", [str(target)]).fetchall()
    )
    assert rows == [(NOON_MS + 10, 2.0)]


@pytest.mark.parametrize("glob", ["x' OR true --", "x\\", "%", "_", "net.tcp.db:543"])
def test_an_export_takes_the_symbol_as_it_is_and_says_when_there_is_none(
    reader, stored, metric, tmp_path, glob
):
    stored(metric(1.0), metric(2.0, symbol="crypto.price.btc_usd"))
    with pytest.raises(QueryError, match="No symbol matches") as refused:
        reader.export(tmp_path / "out.csv", glob)
    assert ("nearest: net.tcp.db:5432" in str(refused.value)) == glob.startswith("net")
    assert list(tmp_path.glob("out*")) == []


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_an_export_of_a_time_in_which_nothing_came_is_an_empty_table(reader, stored, metric, tmp_path, name):
    stored(metric(1.0))
    assert is_empty(reader.export(tmp_path / name, "net.*", NOON_MS + 1))
    assert not is_empty(reader.export(tmp_path / name, "net.*", NOON_MS))


def test_an_export_that_cannot_be_written_says_where_and_why(reader, tmp_path):
    with pytest.raises(StorageError, match="neither"):
        reader.export(tmp_path / "out.xlsx")
    with pytest.raises(StorageError, match="nowhere"):
        reader.export(tmp_path / "nowhere" / "out.csv")
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_made_while_rows_are_written_opens_and_is_whole(reader, writer, metric, clock, tmp_path):
    writer.start()
    stop = threading.Event()
    folder = tmp_path / "copies"
    folder.mkdir()

    def write():
        n = 0
        while not stop.wait(0.001):
            n += 1
            writer.put([metric(float(n), at=NOON_MS + n)] * 10)

    busy = threading.Thread(target=write)
    busy.start()
    try:
        reader.backup(folder / "oculus.db")
        reader.backup(folder / "oculus.db")  # over the first
    finally:
        stop.set()
        busy.join()
    copy = open_database(folder, StorageSettings(), clock)
    [(count, distinct)] = (
        copy.cursor().execute("SELECT count(*), count(DISTINCT value) FROM metrics").fetchall()
    )
    assert count == distinct * 10
    event = Event(ts_ms=1, source="o", type=EventType.AUDIT, severity=Severity.INFO, message="still works")
    insert_events(copy.writing, [event])
    copy.close()


def test_a_backup_over_the_database_itself_is_refused(reader, database):
    with pytest.raises(StorageError, match="itself"):
        reader.backup(database.path)
    reader.ping()


def test_a_backup_that_cannot_be_written_says_where(reader, tmp_path):
    with pytest.raises(StorageError, match="nowhere"):
        reader.backup(tmp_path / "nowhere" / "copy.db")


def test_a_reader_finds_the_file_again_after_it_was_opened_afresh(reader, database, stored, metric):
    stored(metric(1.0))
    assert len(reader.metrics(MetricFilter()).metrics) == 1
    database.reopen()
    assert len(reader.metrics(MetricFilter()).metrics) == 1
    reader.ping()


def test_a_closed_database_is_told_of(reader, database):
    database.close()
    with pytest.raises(StorageError):
        reader.ping()
