"""The write-ahead log goes into the file although somebody is always reading."""

from __future__ import annotations

import threading

import pytest

from oculus.core.errors import StorageError
from oculus.storage.writing import checkpointer
from oculus.storage.writing import writer as writer_module

FILL = """
    INSERT INTO metrics
    SELECT make_timestamptz(($1 + i) * 1000), 'c.c', 'c.c.s' || (i % 10), random(), '{}'
    FROM range(30000) t(i)
"""
SLOW = "SELECT symbol, sum(sqrt(value + range)) FROM metrics, range(12) GROUP BY symbol"
KEEP = "INSERT OR REPLACE INTO remembered VALUES ('n', 'x', now())"  # until its readers end, no checkpoint


def keep(cursor):
    cursor.execute(KEEP)


@pytest.fixture
def reading(database):
    """Somebody who goes on reading one state of the file, in which there is something to replace."""
    database.writing.execute(KEEP)
    cursor = database.fresh_cursor()
    cursor.begin()
    cursor.execute("SELECT count(*) FROM metrics").fetchall()
    return cursor


@pytest.fixture
def restless(database, clock, eventually):
    """Two who read again and again, so that at every moment somebody does."""
    database.writing.execute(FILL, [clock.ms])
    database.writing.execute(KEEP)
    over, asked = threading.Event(), []

    def ask():
        while not over.is_set():
            asked.append(len(database.cursor().execute(SLOW).fetchall()))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(asked) > 3)
    yield asked
    over.set()
    for thread in threads:
        thread.join()


def test_the_log_stays_bounded_while_readers_never_rest(
    writer, database, counters, restless, metric, monkeypatch
):
    monkeypatch.setattr(writer_module, "LINGER_S", (0.0, 0.0))
    monkeypatch.setattr(checkpointer, "CHECKPOINT_BYTES", 10_000)
    monkeypatch.setattr(checkpointer, "MOST_BYTES", 50_000)
    monkeypatch.setattr(checkpointer, "LONGEST_S", 2.0)
    database.writing.execute("CHECKPOINT")
    before, longest = len(restless), 0
    for value in range(12):
        writer.put([metric(float(value), at=value * 1000 + n) for n in range(400)])
        writer.change(keep)
        writer.step()
        longest = max(longest, database.log_bytes())
    assert counters.get("writer.checkpoints_refused") > 0
    assert longest < 150_000, "of some 250,000 in all"
    assert len(restless) > before
    assert counters.get("writer.failed") == 0


def test_a_checkpoint_that_readers_stand_in_the_way_of_is_made_when_they_end(
    writer, database, reading, counters, eventually
):
    writer.start()
    writer.change(keep).result(30)
    wish = writer.checkpoint()
    writer.change(keep).result(30)
    eventually(lambda: counters.get("writer.checkpoints_refused") > 0)
    assert not wish.done()
    reading.close()
    assert wish.result(30) is None
    assert database.cursor().execute("SELECT message FROM events").fetchall() == []


def test_who_comes_while_a_deletion_is_committed_does_not_wait_for_the_checkpoint_after_it(
    writer, database, metric
):
    order = []

    def come_meanwhile(_):
        writer.put([metric(7.0)])
        writer.change(keep).add_done_callback(lambda _: order.append("committed"))

    writer.change(lambda cursor: cursor.execute("DELETE FROM metrics").fetchone(), then=come_meanwhile)
    writer.checkpoint().add_done_callback(lambda _: order.append("checkpoint"))
    writer.put([metric(1.0)])
    writer.step()
    assert order == ["committed", "checkpoint"]
    assert database.cursor().execute("SELECT value FROM metrics").fetchall() == [(7.0,)]


def test_who_reads_for_ever_is_told_of_once_and_holds_up_no_wish(
    writer, database, reading, metric, monkeypatch
):
    monkeypatch.setattr(checkpointer, "MOST_BYTES", 1_000)
    monkeypatch.setattr(checkpointer, "LONGEST_S", 0.01)
    monkeypatch.setattr(checkpointer, "WISH_S", 0.0)
    for value in range(3):
        writer.put([metric(float(value), at=value)])
        writer.change(keep)
        wish = writer.checkpoint()
        writer.step()
        with pytest.raises(StorageError, match="reading"):
            wish.result(0)
    [(told,)] = database.cursor().execute("SELECT message FROM events").fetchall()
    assert told.startswith("oculus.db.wal grows")


def test_a_wish_is_answered_when_oculus_stops(writer, reading):
    writer.start()
    writer.change(keep).result(30)
    wish = writer.checkpoint()
    writer.change(keep).result(30)
    assert writer.stop(5)
    with pytest.raises(StorageError, match="stopped"):
        wish.result(0)
