"""Old numbers go, the file stays within its size, and a backup lies beside it."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

import duckdb
import pytest

from oculus.core.durations import Duration
from oculus.core.errors import StorageError
from oculus.core.fields import Size
from oculus.storage.file.recovery import daily_backup
from oculus.storage.reader import Reader
from oculus.storage.settings import StorageSettings
from oculus.storage.upkeep import retention as retention_module
from oculus.storage.upkeep.upkeep import Upkeep

HOUR_MS = 3_600_000
FILL = """
    INSERT INTO metrics
    SELECT make_timestamptz(($1 + i * $2) * 1000), 'c.c', 'c.c.s' || (i % 10), random(), '{}'
    FROM range($3) t(i)
"""


def fill(database, begin_ms, step_ms, rows):
    database.writing.execute(FILL, [begin_ms, step_ms, rows])


def stored(database):
    return database.cursor().execute("SELECT count(*), epoch_ms(min(ts)) FROM metrics").fetchall()[0]


def messages(database):
    return [row[0] for row in database.cursor().execute("SELECT message FROM events").fetchall()]


def test_numbers_older_than_the_retention_go_and_the_others_stay(running, database, clock):
    fill(database, clock.ms - 10 * 24 * HOUR_MS, HOUR_MS, 240)
    Upkeep(running, StorageSettings(retention=Duration(days=7)), clock).clean()
    assert stored(database) == (7 * 24, clock.ms - 7 * 24 * HOUR_MS)


def test_the_clock_decides_what_is_old(running, database, clock):
    fill(database, clock.ms, HOUR_MS, 10)
    upkeep = Upkeep(running, StorageSettings(retention=Duration(days=1)), clock)
    upkeep.clean()
    assert stored(database)[0] == 10
    clock.ms += 2 * 24 * HOUR_MS
    upkeep.clean()
    assert stored(database)[0] == 0


def test_it_cleans_when_it_starts(running, database, clock, eventually):
    fill(database, clock.ms - 30 * 24 * HOUR_MS, 1, 100)
    fill(database, clock.ms - 20 * HOUR_MS, 1, 1)  # Oculus ran yesterday
    upkeep = Upkeep(running, StorageSettings(), clock)
    upkeep.start()
    eventually(lambda: stored(database)[0] == 1)
    assert upkeep.stop()


def test_a_cleaning_that_fails_is_not_tried_again_every_second(running, clock, monkeypatch):
    upkeep = Upkeep(running, StorageSettings(), clock)
    tried = []

    def fail(*_given):
        tried.append(1)
        raise StorageError("no")

    monkeypatch.setattr(retention_module.Retention, "clean", fail)
    with pytest.raises(StorageError):
        upkeep.step()
    upkeep.calendar.jobs[0].next_run -= timedelta(hours=2)
    with pytest.raises(StorageError):
        upkeep.step()
    upkeep.step()
    assert len(tried) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_file_that_somebody_deletes_is_told_of_once_and_can_be_saved(running, database, clock, tmp_path):
    upkeep = Upkeep(running, StorageSettings(), clock)
    fill(database, clock.now_ms() - 1000, 1, 3)
    database.path.unlink()
    for _ in range(2):
        upkeep.step()
    running.change(lambda cursor: None).result(30)
    told = [message for message in messages(database) if "deleted or moved away" in message]
    assert len(told) == 1
    assert "oculus backup --to FILE" in told[0]
    assert database.file_bytes() == 0
    upkeep.tidy()
    assert daily_backup(database.path).exists()


def test_it_cleans_every_hour_and_tidies_every_day(running, clock):
    jobs = Upkeep(running, StorageSettings(), clock).calendar.jobs
    assert [(job.unit, job.interval, job.job_func.__name__) for job in jobs] == [
        ("hours", 1, "hourly"),
        ("days", 1, "tidy"),
    ]
    jobs = Upkeep(running, StorageSettings(vacuum="off"), clock).calendar.jobs
    assert [job.job_func.__name__ for job in jobs] == ["hourly"]


def test_every_hour_what_the_database_keeps_for_later_is_given_back(running, database, clock):
    fill(database, clock.ms - HOUR_MS, 1, 200_000)
    database.writing.execute("CHECKPOINT")
    cursor = database.cursor()
    kept = "SELECT coalesce(sum(memory_usage_bytes), 0) FROM duckdb_memory()"
    cursor.execute("SELECT symbol, max(value) FROM metrics GROUP BY symbol").fetchall()
    before = cursor.execute(kept).fetchall()[0][0]
    Upkeep(running, StorageSettings(), clock).hourly()
    assert cursor.execute(kept).fetchall()[0][0] < before / 2


def test_a_large_deletion_goes_in_slices_between_which_others_are_written(
    running, database, clock, counters, metric, monkeypatch
):
    monkeypatch.setattr(retention_module.Retention, "_adapt", lambda *_: None)
    fill(database, clock.ms - 9 * 24 * HOUR_MS, 500, 100_000)
    fill(database, clock.ms - HOUR_MS, 1, 1)  # or the clock would be in doubt
    before = counters.get("writer.commits")
    worker = threading.Thread(target=Upkeep(running, StorageSettings(), clock).clean)
    worker.start()
    longest = 0.0
    while worker.is_alive():
        done = counters.timing("writer.commit")
        longest = max(longest, *done.recent) if done.recent else longest
        running.change(lambda cursor: None).result(30)
    worker.join()
    assert stored(database)[0] == 1
    assert counters.get("writer.commits") - before > 10


def test_stopping_does_not_wait_for_a_large_deletion(running, database, clock, eventually, monkeypatch):
    monkeypatch.setattr(retention_module.Retention, "_adapt", lambda *_: None)
    fill(database, clock.ms - 9 * 24 * HOUR_MS, 1000, 300_000)
    fill(database, clock.ms - HOUR_MS, 1, 1)
    upkeep = Upkeep(running, StorageSettings(), clock)
    upkeep.start()
    eventually(lambda: stored(database)[0] < 300_000)
    assert upkeep.stop(30)
    assert stored(database)[0] > 1


def test_a_stop_in_the_moment_in_which_a_backup_is_done_is_no_mistake(running, database, clock):
    upkeep = Upkeep(running, StorageSettings(), clock)
    upkeep._copying = database.fresh_cursor()
    upkeep._copying.close()
    assert upkeep.stop()


def test_the_oldest_go_first_when_the_file_is_too_large(running, database, clock, eventually, monkeypatch):
    monkeypatch.setattr(retention_module, "PAUSE_S", 0.0)
    fill(database, clock.ms - 24 * HOUR_MS, 80, 700_000)
    database.writing.execute("CHECKPOINT")
    used = database.path.stat().st_size
    limit = Size(used * 9 // 10)  # the rollups are a fifth of it
    Upkeep(running, StorageSettings(max_size=limit), clock).clean()
    count, oldest = stored(database)
    assert 100_000 < count < 600_000
    assert oldest > clock.ms - 24 * HOUR_MS
    assert database.cursor().execute(retention_module.USED).fetchall()[0][0] <= limit
    eventually(lambda: any("max_size" in message for message in messages(database)))


def test_questions_keep_no_old_state_of_the_file_alive(running, database, clock, counters):
    reader = Reader(database, counters)
    fill(database, clock.ms - 24 * HOUR_MS, 80, 400_000)
    database.writing.execute("CHECKPOINT")
    before = database.cursor().execute(retention_module.USED).fetchall()
    reader.ping()
    reader.stats("c.c.s1", 0)
    reader.query("SELECT * FROM metrics")
    database.writing.execute("DELETE FROM metrics")
    running.checkpoint().result(30)
    running.checkpoint().result(30)
    assert database.cursor().execute(retention_module.USED).fetchall() < before


def test_tidying_up_frees_room_and_keeps_a_backup(running, database, clock, tmp_path):
    fill(database, clock.ms, 1, 1000)
    Upkeep(running, StorageSettings(), clock).tidy()
    assert database.log_bytes() < 1_000  # but for what was rolled up since
    backup = daily_backup(database.path)
    with duckdb.connect(str(backup), read_only=True) as copy:
        assert copy.execute("SELECT count(*) FROM metrics").fetchone() == (1000,)
    assert backup.stat().st_mode & 0o077 == 0


def test_a_backup_that_fails_is_told_and_the_last_good_one_stays(
    running, database, clock, eventually, monkeypatch
):
    upkeep = Upkeep(running, StorageSettings(), clock)
    upkeep.tidy()
    good = daily_backup(database.path).read_bytes()

    def fail(*_):
        raise OSError("no space")

    monkeypatch.setattr("oculus.storage.file.copies.move", fail)
    upkeep.tidy()
    assert daily_backup(database.path).read_bytes() == good
    eventually(lambda: any("backup" in message for message in messages(database)))
    assert not list(database.path.parent.glob("*.copying*"))
