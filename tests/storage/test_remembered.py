"""What collectors keep beyond a run: it outlives restarts, and never holds anybody up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oculus.core.clock import SystemClock
from oculus.core.metric import Close, Metric
from oculus.storage.file.database import open_database
from oculus.storage.memory.remembered import DailyCloses, Remembered
from oculus.storage.settings import StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer

DAY = date(2026, 11, 24)


@pytest.fixture
def remembered(database, writer, clock):
    return Remembered(database, writer, clock)


def names(database):
    return [
        name for (name,) in database.cursor().execute("SELECT name FROM remembered ORDER BY 1").fetchall()
    ]


def test_what_was_saved_is_known_at_once_and_written_once(remembered, database, writer):
    for value in range(100):
        remembered.save("a", {"n": value})
    assert remembered.load("a") == {"n": 99}
    assert remembered.load("b") is None
    assert writer.queue_length() == 1
    writer.step()
    assert names(database) == ["a"]


def test_what_is_saved_while_it_is_being_written_is_written_too(remembered, database, writer):
    remembered.save("a", 1)
    writer.step()
    remembered.save("b", 2)
    remembered.save("a", 3)
    writer.step()
    assert names(database) == ["a", "b"]
    assert writer.queue_length() == 0


def test_the_same_again_costs_nothing(remembered, writer):
    remembered.save("a", [1])
    writer.step()
    remembered.save("a", [1])
    assert writer.queue_length() == 0


def test_what_nobody_asks_for_any_more_is_forgotten_after_a_year_and_nothing_else(
    remembered, database, writer, clock, counters
):
    for name in ("ended market", "quota"):
        remembered.save(name, 1)
    writer.step()
    writer.start()
    for _ in range(9):
        clock.ms += 45 * 86_400_000
        writer.put([Metric(clock.ms, "c.c", "c.c.s", 1.0, {})])  # Oculus runs: its clock is believed
        assert remembered.load("quota") == 1
    writer.change(lambda _cursor: None).result(30)
    Upkeep(writer, StorageSettings(), clock).clean()
    assert [name for name in names(database) if not name.startswith("storage.")] == ["quota"]


def test_it_outlives_a_restart(tmp_path, counters):
    for expected in (None, {"month": 1}, {"month": 2}):
        database = open_database(tmp_path, StorageSettings(), SystemClock())
        writer = Writer(database, counters, SystemClock())
        writer.start()
        memory = Remembered(database, writer, SystemClock())
        assert memory.load("source.coingecko") == expected
        memory.save("source.coingecko", {"month": (expected or {"month": 0})["month"] + 1})
        assert writer.stop()
        database.close()


def test_a_failed_write_is_told_and_the_next_one_works(remembered, database, writer, caplog):
    database.writing.execute("ALTER TABLE remembered RENAME TO elsewhere")
    remembered.save("a", 1)
    writer.step()
    assert "remembered: not written" in caplog.text
    database.writing.execute("ALTER TABLE elsewhere RENAME TO remembered")
    remembered.save("b", 2)
    writer.step()
    assert names(database) == ["b"]
    assert remembered.load("a") == 1


def test_closes_are_kept_by_day_and_replaced(database, writer):
    closes = DailyCloses(database, writer)
    closes.save([Close("x", DAY, 1.0, "s"), Close("x", DAY, 2.0, "s"), Close("y", DAY, 9.0, "s")])
    writer.step()
    closes.save([Close("x", DAY - timedelta(days=1), 1.5, "s"), Close("x", DAY, 3.0, "t")])
    writer.step()
    found = closes.load(["x", "z"], DAY - timedelta(days=1))
    assert found == {"x": {DAY - timedelta(days=1): 1.5, DAY: 3.0}}
    assert closes.load(["x"], DAY) == {"x": {DAY: 3.0}}
    closes.save([])
    assert writer.queue_length() == 0


def test_both_are_tables_that_a_person_can_ask(database, writer):
    DailyCloses(database, writer).save([Close("crypto.price.btc_usd", DAY, 1.0, "coingecko")])
    writer.step()
    row = (
        database.cursor()
        .execute("SELECT symbol, CAST(day AS VARCHAR), close, source FROM daily_closes")
        .fetchall()
    )
    assert row == [("crypto.price.btc_usd", "2026-11-24", 1.0, "coingecko")]


def test_it_is_committed_together_with_the_numbers_that_come_close_after_it(
    remembered, database, writer, metric, counters, eventually
):
    writer.start()
    eventually(lambda: writer.alive())
    before = counters.get("writer.commits")
    for value in range(20):
        remembered.save(f"key {value}", value)
        writer.put([metric(float(value))])
    eventually(lambda: counters.get("writer.rows") >= 20 and len(names(database)) == 20)
    assert counters.get("writer.commits") - before <= 6
