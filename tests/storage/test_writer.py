"""The writer: groups, promptness, and what happens when something cannot be written."""

from __future__ import annotations

import threading
import time

import duckdb
import pytest

from oculus.core.alert import Alert, AlertState, Delivery, DeliveryState, News, NewsKind
from oculus.core.errors import StorageError
from oculus.core.event import Event, EventType, Severity
from oculus.storage.writing import checkpointer as checkpointer_module
from oculus.storage.writing import writer as writer_module
from oculus.storage.writing.inbox import Inbox
from oculus.storage.writing.writer import Writer


def values(database):
    return [row[0] for row in database.cursor().execute("SELECT value FROM metrics").fetchall()]


def messages(database):
    return [row[0] for row in database.cursor().execute("SELECT message FROM events ORDER BY id").fetchall()]


def event(message="something happened"):
    return Event(ts_ms=1, source="oculus", type=EventType.SYSTEM, severity=Severity.INFO, message=message)


def delivery(number=1, state=DeliveryState.QUEUED):
    alert = Alert(id=7, rule="r", instance="", severity=Severity.WARN, state=AlertState.FIRING, message="m",
                  value=1.0, started_ms=1, fired_ms=1)  # fmt: skip
    news = News(kind=NewsKind.FIRED, alert=alert, ts_ms=1, channels=("log",))
    return Delivery(id=number, channel="log", news=news, state=state, created_ms=1, next_ms=1, expires_ms=2)


def test_what_was_handed_over_before_the_stop_is_written(writer, database, metric):
    writer.start()
    for value in range(100):
        writer.put([metric(float(value))])
    assert writer.stop()
    assert sorted(values(database)) == [float(value) for value in range(100)]


def test_a_writer_that_was_never_started_writes_nothing_and_stops(writer, metric):
    writer.put([metric()])
    assert writer.stop()


def test_rows_are_kept_in_time_order_in_whole_milliseconds(writer, database, metric):
    writer.put([metric(3.0, at=3), metric(1.0, at=1)])
    writer.put([metric(2.0, at=2)])
    writer.step()
    assert values(database) == [1.0, 2.0, 3.0]
    rows = database.cursor().execute("SELECT epoch_us(ts) FROM metrics").fetchall()
    assert rows == [(1000,), (2000,), (3000,)]


def test_a_metric_comes_back_as_it_was_given(writer, database, metric):
    odd = metric(0.1 + 0.2, symbol="custom.o'brien", probe='a "quoted" \\ {word}', unit="°C")
    writer.put([odd])
    writer.step()
    row = (
        database.cursor()
        .execute("SELECT epoch_ms(ts), category, symbol, value, tags FROM metrics")
        .fetchone()
    )
    assert row[:4] == (odd.ts_ms, odd.category, odd.symbol, odd.value)
    read = database.cursor().execute("SELECT tags->>'probe', tags->>'unit' FROM metrics").fetchone()
    assert read == ('a "quoted" \\ {word}', "°C")


def test_a_number_that_is_none_is_refused_at_the_door_and_counted(writer, database, counters, metric):
    writer.put([metric(float("nan")), metric(float("inf")), metric(5.0), metric(float("-inf"))])
    writer.step()
    assert values(database) == [5.0]
    assert counters.get("writer.refused") == 3


def test_what_comes_close_together_is_one_commit(writer, database, counters, metric):
    for value in range(50):
        writer.put([metric(float(value))])
    writer.step()
    assert counters.get("writer.commits") == 1
    assert counters.get("writer.rows") == 50


def test_a_commit_holds_no_more_than_5000_rows(writer, counters, metric):
    for _ in range(60):
        writer.put([metric()] * 100)
    writer.step()
    assert counters.get("writer.rows") == 5000


def test_a_lone_number_is_committed_within_a_quarter_of_a_second(writer, database, metric, eventually):
    writer.start()
    writer.put([metric()])
    eventually(lambda: values(database))


def test_an_urgent_change_ends_the_wait_for_more():
    inbox: Inbox[str] = Inbox(10, 0)
    inbox.put("number", 1)
    threading.Timer(0.05, lambda: inbox.put("alert", 1, urgent=True)).start()
    begun = time.monotonic()
    assert inbox.take(100, linger_s=60) == ["number", "alert"]
    assert time.monotonic() - begun < 20


def test_stopping_does_not_wait_for_more_to_come(writer, metric, monkeypatch):
    monkeypatch.setattr(writer_module, "LINGER_S", (60.0, 60.0))
    writer.start()
    writer.put([metric()])
    assert writer.stop(30)


def test_listeners_hear_of_a_batch_only_once_it_is_stored(database, counters, clock, metric):
    stored = []
    writer = Writer(database, counters, clock, on_commit=[lambda batch: stored.append(values(database))])
    writer.put([metric(1.0), metric(2.0)])
    writer.step()
    assert stored == [[1.0, 2.0]]


def test_a_listener_that_fails_harms_neither_the_others_nor_the_writer(database, counters, clock, metric):
    heard = []

    def broken(batch):
        raise RuntimeError("mine")

    writer = Writer(database, counters, clock, on_commit=[broken, heard.extend])
    writer.put([metric(1.0)])
    writer.step()
    writer.put([metric(2.0)])
    writer.step()
    assert [one.value for one in heard] == [1.0, 2.0]
    assert values(database) == [1.0, 2.0]


def test_a_change_is_told_of_after_its_commit(writer, database):
    seen = []
    future = writer.change(
        lambda cursor: cursor.execute(
            "INSERT INTO metrics VALUES (now(), 'c', 's', 1, NULL) RETURNING 5"
        ).fetchone(),
        then=lambda row: seen.append((row, values(database))),
    )
    writer.step()
    assert future.result(0) == (5,)
    assert seen == [((5,), [1.0])]


def test_a_change_that_fails_leaves_nothing_and_the_rest_is_written(writer, database, counters, metric):
    def bad(cursor):
        cursor.execute("INSERT INTO metrics VALUES (now(), 'c', 's', 666, NULL)")
        raise ValueError("no such thing")

    writer.put([metric(1.0)])
    failed = writer.change(bad)
    good = writer.change(lambda cursor: "done")
    writer.put([metric(2.0)])
    writer.step()
    with pytest.raises(ValueError, match="no such thing"):
        failed.result(0)
    assert good.result(0) == "done"
    assert values(database) == [1.0, 2.0]
    assert counters.get("writer.failed") > 0


def test_one_bad_number_is_dropped_counted_and_told_and_its_neighbours_are_written(
    writer, database, counters, metric
):
    batch = [metric(float(value), at=value) for value in range(20)]
    batch[7] = metric(7.0, at=2**62)  # a time that no database knows
    writer.put(batch)
    writer.put([metric(100.0)])
    writer.step()
    writer.step()
    assert sorted(values(database)) == [float(v) for v in range(20) if v != 7] + [100.0]
    assert counters.get("writer.dropped") == 1
    assert any("net.tcp.db:5432" in message for message in messages(database))
    assert not writer._committer.trouble


def test_text_that_is_no_text_is_dropped_like_any_bad_number(writer, database, metric):
    writer.put([metric(1.0), metric(2.0, symbol="custom.\ud800"), metric(3.0)])
    writer.step()
    assert values(database) == [1.0, 3.0]


def test_what_finds_no_room_is_dropped_counted_and_told_once(writer, database, counters, metric, monkeypatch):
    writer._inbox.limit = 10
    for value in range(15):
        writer.put([metric(float(value))])
    writer.put([metric()] * 4)
    assert counters.get("writer.dropped") == 9
    while not writer._inbox.empty():
        writer.step()
    assert len(values(database)) == 10
    assert len([message for message in messages(database) if "dropped" in message]) == 1


def test_alerts_find_room_when_numbers_do_not(writer, metric):
    writer._inbox.limit = 10
    writer.put([metric()] * 10)
    future = writer.change(lambda cursor: 1)
    writer.step()
    assert future.result(0) == 1


def test_the_queue_length_is_what_waits(writer, metric):
    writer.put([metric()] * 3)
    writer.tell(event())
    assert writer.queue_length() == 4
    writer.step()
    assert writer.queue_length() == 0


def test_events_are_numbered_in_the_order_told(writer, database):
    for number in range(5):
        writer.tell(event(f"event {number}"))
    writer.step()
    assert messages(database) == [f"event {number}" for number in range(5)]


def test_an_event_that_the_table_refuses_does_not_block_the_next(writer, database, counters):
    writer.tell(Event(ts_ms=1, source="x", type="rumour", severity="info", message="bad"))
    writer.tell(event("good"))
    writer.step()
    assert messages(database) == ["good"]
    assert counters.get("writer.dropped") == 1


def test_a_database_that_refuses_everything_is_not_told_so_in_events_without_end(
    writer, database, counters, metric
):
    database.writing = Trouble(database.writing, 10**9, "for a reason that nobody has thought of")
    writer.put([metric()])
    writer.tell(event())
    for _ in range(4):
        if writer.queue_length():
            writer.step()
    assert writer.queue_length() == 0
    assert counters.get("writer.dropped") == 3, "the number, the event, and the event about the number"


def test_saving_deliveries_waits_for_the_commit(writer, database):
    writer.start()
    writer.save_deliveries([delivery(1), delivery(2)])
    writer.save_deliveries([delivery(1, DeliveryState.SENT)])
    rows = database.cursor().execute("SELECT id, state FROM deliveries ORDER BY id").fetchall()
    assert rows == [(1, "sent"), (2, "queued")]


def test_one_delivery_may_change_twice_in_one_commit(writer, database, counters):
    from oculus.storage.records.alerts import save_deliveries

    for state in (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.SENT):
        writer.change(lambda cursor, state=state: save_deliveries(cursor, [delivery(1, state)]))
    writer.step()
    assert database.cursor().execute("SELECT state FROM deliveries").fetchall() == [("sent",)]
    assert counters.get("writer.commits") == 1


def test_saving_deliveries_after_the_stop_is_refused_at_once(writer):
    writer.start()
    writer.stop()
    with pytest.raises(StorageError, match="stopped"):
        writer.save_deliveries([delivery()], timeout_s=60)


def test_what_comes_while_the_writer_ends_is_answered_and_counted(writer, counters, metric, monkeypatch):
    late = []

    def come_late():
        late.append(writer.change(lambda cursor: None))
        writer.put([metric(1.0), metric(2.0)])

    monkeypatch.setattr(writer._checkpointer, "end", come_late)
    writer.start()
    assert writer.stop(30)
    with pytest.raises(StorageError, match="stopped"):
        late[0].result(0)
    assert (counters.get("writer.dropped"), writer.queue_length()) == (3, 0)


FULL = "Could not write file: No space left on device"


class Trouble:
    """Stands between the writer and DuckDB, and fails commits for a `reason`, such as a full disk."""

    def __init__(self, connection, failures, reason=FULL):
        self._connection = connection
        self.failures = failures
        self.reason = reason

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def commit(self):
        if self.failures > 0:
            self.failures -= 1
            self._connection.rollback()
            raise duckdb.TransactionException(f"TransactionContext Error: Failed to commit: {self.reason}")
        return self._connection.commit()


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        (FULL, "free some disk space"),
        ('Cannot open file "oculus.db.wal": Permission denied', "make the data folder writable"),
        ('Cannot open file "oculus.db.wal": Read-only file system', "make the data folder writable"),
        ("Could not fsync: Input/output error", "the disk may be failing"),
        ("Could not write: something new", "it is tried again until it can be"),
    ],
)
def test_a_commit_that_fails_for_the_disk_is_kept_told_and_tried_again(
    writer, database, counters, metric, eventually, reason, advice
):
    database.writing = Trouble(database.writing, 2, reason)
    writer.start()
    writer.put([metric(1.0)])
    eventually(lambda: counters.get("writer.failed"))
    assert not writer.healthy()
    eventually(lambda: values(database) == [1.0])
    eventually(writer.healthy)
    eventually(lambda: len(messages(database)) == 2)
    told = messages(database)
    assert "cannot be written" in told[0]
    assert f"New numbers wait; {advice}" in told[0]
    assert "again" in told[1]
    assert counters.get("writer.dropped") == 0


def test_stopping_while_the_disk_is_full_ends_in_time_and_says_what_is_lost(
    writer, database, counters, metric
):
    database.writing = Trouble(database.writing, failures=10**9)
    writer.start()
    writer.put([metric(), metric()])
    future = writer.change(lambda cursor: None)
    assert writer.stop(30)
    assert counters.get("writer.dropped") >= 2
    with pytest.raises(StorageError):
        future.result(0)


def test_a_thing_that_always_looks_like_disk_trouble_does_not_block_the_others_for_ever(
    writer, database, metric, monkeypatch
):
    monkeypatch.setattr("oculus.storage.file.trouble.SHORTEST_S", 0.001)

    def bad(cursor):
        raise duckdb.IOException("IO Error: Could not write somewhere else")

    future = writer.change(bad)
    writer.put([metric(1.0)])
    writer.step()
    assert values(database) == [1.0]
    with pytest.raises(duckdb.IOException):
        future.result(0)


def test_a_database_that_gave_up_is_opened_afresh(writer, database, metric):
    writer.put([metric(1.0)])
    writer.step()
    database.writing.close()
    writer.put([metric(2.0)])
    writer.step()
    assert values(database) == [1.0, 2.0]


def test_the_log_is_folded_into_the_file_between_commits(writer, database, metric):
    writer.put([metric(float(n)) for n in range(100)])
    writer.step()
    assert database.log_bytes() > 1_000
    future = writer.checkpoint()
    writer.step()
    future.result(0)
    assert database.log_bytes() < 1_000  # but for what was rolled up since


def test_the_log_does_not_grow_without_end(writer, database, metric, monkeypatch):
    monkeypatch.setattr(checkpointer_module, "CHECKPOINT_BYTES", 50_000)
    monkeypatch.setattr(writer_module, "LINGER_S", (0.0, 0.0))
    for value in range(60):
        writer.put([metric(float(value), at=value * 1000 + n) for n in range(100)])
        writer.step()
    assert database.log_bytes() < 100_000
    assert len(values(database)) == 6000


def test_commits_are_timed(writer, counters, metric):
    writer.put([metric()])
    writer.step()
    assert counters.timing("writer.commit").count == 1
