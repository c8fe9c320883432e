"""What the writer does while the file cannot be written."""

import contextlib
import threading

import duckdb
import pytest

from oculus.core.errors import LockedError
from oculus.core.event import Event, EventType, Severity
from oculus.storage.file import trouble
from oculus.storage.file.transaction import transaction
from oculus.storage.file.trouble import Backoff


class Between:
    """Stands between the writer and DuckDB."""

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        return getattr(self._connection, name)


class Fatal(Between):
    """DuckDB will do nothing more until it is opened afresh."""

    def begin(self):
        raise duckdb.FatalException("FATAL Error: the database has been invalidated")


def test_a_file_that_another_program_has_open_when_it_is_opened_afresh_costs_no_number(
    writer, database, counters, metric, monkeypatch, eventually
):
    tries, healthy, reopen = [], database.writing, database.reopen

    def held_at_first():
        tries.append(1)
        if len(tries) < 3:
            raise LockedError("oculus.db is open in another program", "Close that program.")
        database.writing = healthy
        reopen()

    monkeypatch.setattr(database, "reopen", held_at_first)
    database.writing = Fatal(healthy)
    writer.start()
    writer.put([metric(1.0)])
    count = "SELECT count(*) FROM metrics"
    eventually(lambda: len(tries) == 3 and database.cursor().execute(count).fetchall() == [(1,)])
    assert counters.get("writer.dropped") == 0


SHORT = "Out of Memory Error: failed to allocate data of size 256.0 KiB (244.1 MiB/244.1 MiB used)"


class Short(Between):
    """Memory is used up, for the next rollbacks too: the transaction stays open, as with DuckDB itself."""

    def __init__(self, connection, rollbacks=1, commits=0):
        super().__init__(connection)
        self.rollbacks, self.commits = rollbacks, commits

    def rollback(self):
        self.rollbacks -= 1
        if self.rollbacks >= 0:
            raise duckdb.OutOfMemoryException(SHORT)
        self._connection.rollback()

    def commit(self):
        self.commits -= 1
        if self.commits >= 0:
            self._connection.rollback()
            raise duckdb.TransactionException(f"TransactionContext Error: Failed to commit: {SHORT}")
        self._connection.commit()


def test_a_rollback_that_fails_leaves_nothing_behind_and_stops_nothing(database):
    cursor = Short(database.writing, rollbacks=2)
    for _ in range(2):
        with pytest.raises(duckdb.ConstraintException), transaction(cursor):  # noqa: PT012  the first half counts
            cursor.execute("INSERT INTO schema_version (version, says) VALUES (900, 'half')")
            cursor.execute("INSERT INTO schema_version (version, says) VALUES (900, 'twice')")
        with contextlib.suppress(duckdb.OutOfMemoryException), transaction(cursor):
            cursor.execute("INSERT INTO schema_version (version, says) VALUES (901, 'whole')")
    said = cursor.execute("SELECT says FROM schema_version WHERE version >= 900").fetchall()
    assert said == [("whole",)]


def short_of_memory(times):
    """Work that DuckDB has no memory for the first times; its transaction is of no more use then."""

    def work(cursor):
        if times:
            times.pop()
            with contextlib.suppress(duckdb.ConstraintException):
                cursor.execute("INSERT INTO schema_version (version, says) VALUES (1, 'again')")
            raise duckdb.OutOfMemoryException(SHORT)
        return "done"

    return work


def test_short_memory_costs_no_number_though_not_even_a_rollback_has_any(writer, database, counters, metric):
    database.writing = Short(database.writing)
    writer.put([metric(1.0)])
    writer.tell(Event(ts_ms=1, source="test", type=EventType.SYSTEM, severity=Severity.INFO, message="kept"))
    done = writer.change(short_of_memory([1]))
    writer.step()
    assert done.result(0) == "done"
    assert counters.get("writer.dropped") == 0
    assert database.cursor().execute("SELECT count(*) FROM metrics").fetchall() == [(1,)]
    assert ("kept",) in database.cursor().execute("SELECT message FROM events").fetchall()


def test_a_commit_that_finds_no_memory_is_made_again(writer, database, counters, metric):
    database.writing = Short(database.writing, rollbacks=0, commits=2)
    writer.put([metric(1.0), metric(2.0)])
    writer.step()
    assert counters.get("writer.dropped") == 0
    assert database.cursor().execute("SELECT count(*) FROM metrics").fetchall() == [(2,)]


@pytest.mark.parametrize(("patient", "dropped"), [(True, 0), (False, 1)])
def test_an_alert_is_not_given_up_while_memory_is_short_for_seconds(
    writer, counters, monkeypatch, patient, dropped
):
    monkeypatch.setattr(trouble, "SHORTEST_S", 0.001)
    monkeypatch.setattr(trouble, "LONGEST_S", 0.001)
    writer.change(short_of_memory([1] * 9), patient=patient)
    writer.step()
    assert counters.get("writer.dropped") == dropped


def test_a_disk_that_is_full_for_days_is_still_waited_for():
    stopping = threading.Event()
    stopping.set()  # so that the test need not
    backoff = Backoff(stopping, last_tries_s=60.0)
    backoff.tries = 100_000
    assert backoff.wait()
