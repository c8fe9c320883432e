"""What is old goes: each thing after its own time, in pieces that hold nobody up."""

from __future__ import annotations

from functools import partial

import duckdb
import pytest

from oculus.core.alert import Alert, Delivery, DeliveryState, News, NewsKind, Verdict
from oculus.core.durations import Duration
from oculus.core.event import Event, EventType, Severity
from oculus.core.fields import Size
from oculus.core.gap import Gap
from oculus.storage.reader import Reader
from oculus.storage.records import alerts, gaps
from oculus.storage.rollups.sql import DAY_MS, HOUR_MS
from oculus.storage.settings import Rollups, StorageSettings
from oculus.storage.upkeep import retention
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing import checkpointer

FILL = """
    INSERT INTO metrics
    SELECT make_timestamptz(($1 + i * $2) * 1000), 'c.c', 'c.c.s' || (i % 10), round(random(), 3), '{}'
    FROM range($3) t(i)
"""


def fill(database, begin_ms, step_ms, rows):
    database.writing.execute(FILL, [begin_ms, step_ms, rows])


def ask(database, sql, given=None):
    return database.cursor().execute(sql, given).fetchall()


def fired(number, ms, *, state="resolved"):
    """An alert that fired at `ms`, with its news."""
    alert = Alert(
        id=number, rule="r", instance="c.c.s", severity=Severity.WARN, message="m", value=1.0, threshold=2.0,
        worst=3.0, started_ms=ms, fired_ms=ms, ended_ms=None if state == "firing" else ms, state=state,
        acknowledged_ms=None, tags={},
    )  # fmt: skip
    return News(kind=NewsKind.FIRED, alert=alert, ts_ms=ms)


def store_alert(writer, news):
    ms = news.ts_ms
    sent = Delivery(
        id=news.alert.id, event_id=0, channel="log", news=news, state=DeliveryState.SENT, attempts=1,
        created_ms=ms, next_ms=ms, sent_ms=ms, expires_ms=ms, last_error="",
    )  # fmt: skip
    writer.change(lambda cursor: alerts.record(cursor, Verdict(news=[news]), [sent])).result(30)


def test_events_alerts_and_deliveries_go_after_a_year_and_no_day_sooner(running, database, clock, metric):
    year = 365 * DAY_MS
    times = {1: clock.ms - year - 1, 2: clock.ms - year + 1, 3: clock.ms - 1}
    for number, ms in times.items():
        store_alert(running, fired(number, ms))
        running.tell(
            Event(
                ts_ms=ms, source="oculus", type=EventType.SYSTEM, severity=Severity.INFO, message=f"{number}"
            )
        )
    store_alert(running, fired(9, clock.ms - 2 * year, state="firing"))
    Upkeep(running, StorageSettings(), clock).clean()
    assert ask(database, "SELECT id FROM alerts ORDER BY id") == [(2,), (3,), (9,)]
    assert ask(database, "SELECT alert_id FROM deliveries ORDER BY id") == [(2,), (3,), (9,)]
    kept = ask(database, "SELECT message FROM events WHERE type = 'system' ORDER BY id")
    assert kept == [("2",), ("3",)]
    oldest = ask(database, "SELECT min(epoch_ms(ts)) FROM events")
    assert oldest == [(clock.ms - year + 1,)]


@pytest.mark.parametrize(
    ("hours", "left"), [("2y", ["now", "recent"]), ("1d", ["now"]), ("forever", ["now", "recent", "old"])]
)
def test_gaps_go_with_the_numbers_they_are_holes_in(running, database, clock, hours, left):
    days = {"old": 2 * 365 + 1, "recent": 2 * 365 - 1}
    for reason, ago in days.items():
        end_ms = clock.ms - ago * DAY_MS
        running.change(partial(gaps.add, gap=Gap(end_ms - HOUR_MS, end_ms, reason))).result(30)
    running.change(partial(gaps.add, gap=Gap(clock.ms - 3 * 365 * DAY_MS, None, "now"))).result(30)
    Upkeep(running, StorageSettings(rollups=Rollups(hours=hours)), clock).clean()
    found = ask(database, "SELECT reason FROM gaps ORDER BY to_at DESC NULLS FIRST")
    assert [reason for (reason,) in found] == left


def test_what_fires_for_longer_than_a_year_is_still_known(running, database, clock, counters):
    store_alert(running, fired(1, clock.ms - 500 * DAY_MS, state="firing"))
    Upkeep(running, StorageSettings(), clock).clean()
    [record] = Reader(database, counters).alerts(state="firing")
    assert record.alert.id == 1
    assert len(record.deliveries) == 1


@pytest.fixture
def pieces(monkeypatch):
    """How many rows each piece of a deletion had."""
    found: list[int] = []
    delete = retention.delete

    def counted(cursor: duckdb.DuckDBPyConnection, table: str, until_ms: int) -> int:
        found.append(delete(cursor, table, until_ms))
        return found[-1]

    monkeypatch.setattr(retention, "delete", counted)
    monkeypatch.setattr(retention, "PAUSE_S", 0.0)
    return found


def test_no_piece_is_large_however_the_rows_lie(running, database, clock, pieces, monkeypatch):
    monkeypatch.setattr(retention, "SLICE_ROWS", 5_000)
    fill(database, clock.ms - 200 * DAY_MS, DAY_MS, 150)  # one a day, so that a piece grows to many days
    fill(database, clock.ms - 20 * DAY_MS, 10, 60_000)  # then all in ten minutes
    fill(database, clock.ms - HOUR_MS, 1, 1)
    Upkeep(running, StorageSettings(retention=Duration(days=1)), clock).clean()
    assert ask(database, "SELECT count(*) FROM metrics") == [(1,)]
    assert sum(pieces) >= 60_150
    assert max(pieces) <= 5_000


def test_a_busy_machine_makes_pieces_small_but_not_ever_smaller(
    running, database, clock, pieces, monkeypatch
):
    monkeypatch.setattr(retention, "LONGEST_S", 0.0)  # each takes too long
    monkeypatch.setattr(retention, "LEAST_ROWS", 5_000)
    fill(database, clock.ms - DAY_MS - 1_500_000, 10, 150_000)
    fill(database, clock.ms - HOUR_MS, 1, 1)
    Upkeep(running, StorageSettings(retention=Duration(days=1)), clock).clean()
    assert ask(database, "SELECT count(*) FROM metrics") == [(1,)]
    assert len(pieces) < 40


def test_events_go_in_pieces_too(running, database, clock):
    database.writing.execute(
        "INSERT INTO events (ts, source, type, severity, message) "
        "SELECT make_timestamptz($1 * 1000 + i), 'oculus', 'system', 'info', 'x' FROM range(5000) t(i)",
        [clock.ms - 400 * DAY_MS],
    )
    gone, change = [], running.change

    def counted(work, then=None, hurry=True):
        def kept(cursor):
            result = work(cursor)
            gone.append(result)
            return result

        return change(kept, then, hurry)

    running.change = counted
    fill(database, clock.ms - HOUR_MS, 1, 1)
    Upkeep(running, StorageSettings(), clock).clean()
    assert ask(database, "SELECT count(*) FROM events") == [(0,)]
    assert [number for number in gone if isinstance(number, int) and number] == [2000, 2000, 1000]


def test_below_max_size_nothing_goes_and_above_it_no_more_than_must(database, writer, clock, pieces):
    database.writing.execute(
        FILL.replace("round(random(), 3)", "random()"),
        [clock.ms - 6 * DAY_MS, 6 * DAY_MS // 1_500_000, 1_500_000],
    )
    while writer._rollups.keep_up(database.writing):
        pass
    writer.start()
    writer.checkpoint().result(20)
    used = ask(database, retention.USED)[0][0]
    Upkeep(writer, StorageSettings(max_size=Size(used + 2**20)), clock).clean()
    assert sum(pieces) == 0
    minutes = ask(database, "SELECT count(*) FROM metrics_1m")
    limit = Size(round(used * 0.85))
    Upkeep(writer, StorageSettings(max_size=limit), clock).clean()
    assert limit * 0.75 < ask(database, retention.USED)[0][0] <= limit
    assert ask(database, "SELECT count(*) FROM metrics_1m") == minutes, "only numbers went"


def test_a_long_question_that_keeps_the_room_of_deleted_rows_costs_no_more_of_them(
    database, writer, clock, pieces, monkeypatch
):
    monkeypatch.setattr(retention, "MOST_HELD", 100_000)
    monkeypatch.setattr(checkpointer, "WISH_S", 0.1)
    monkeypatch.setattr("oculus.storage.writing.writer.IDLE_S", 0.1)
    database.writing.execute(
        FILL.replace("round(random(), 3)", "random()"),
        [clock.ms - 6 * DAY_MS, 6 * DAY_MS // 600_000, 600_000],
    )
    while writer._rollups.keep_up(database.writing):
        pass
    writer.start()
    writer.checkpoint().result(20)
    limit = Size(round(ask(database, retention.USED)[0][0] * 0.95))
    upkeep = Upkeep(writer, StorageSettings(max_size=limit), clock)
    exporting = database.fresh_cursor()
    exporting.begin()
    exporting.execute("SELECT count(*) FROM metrics").fetchall()
    upkeep.clean()
    assert 100_000 <= sum(pieces) < 150_000
    assert not [text for (text,) in ask(database, "SELECT message FROM events") if "nothing is left" in text]
    exporting.close()
    upkeep.clean()
    assert ask(database, retention.USED)[0][0] <= limit
    assert ask(database, "SELECT count(*) > 100000 FROM metrics") == [(True,)]


def test_a_size_that_cannot_be_kept_to_is_told_once_and_nothing_untrue_is(
    database, writer, clock, pieces, monkeypatch
):
    monkeypatch.setattr(retention, "SHARE", 0.5)
    fill(database, clock.ms - 6 * DAY_MS, 6 * DAY_MS // 20_000, 20_000)
    while writer._rollups.keep_up(database.writing):
        pass
    writer.start()
    writer.checkpoint().result(20)
    upkeep = Upkeep(writer, StorageSettings(max_size=Size(1)), clock)
    for _ in range(3):
        upkeep.clean()
    writer.change(lambda cursor: None).result(30)
    told = [text for (text,) in ask(database, "SELECT message FROM events ORDER BY id")]
    assert len([text for text in told if "larger than storage.max_size" in text]) == 1
    deleted = [text for text in told if "were deleted" in text]
    assert len(deleted) == len(set(deleted)), "only what was done is told"
    assert all(any(what in text for text in deleted) for what in (": numbers", "metrics_1m", "metrics_1h"))
    assert ask(database, "SELECT count(*) > 5 FROM metrics_1d") == [(True,)]
