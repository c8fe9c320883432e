"""What the writer does while the file cannot be written."""

import threading

import duckdb

from oculus.core.errors import LockedError
from oculus.storage.file.trouble import Backoff


class Fatal:
    """Stands between the writer and DuckDB, which will do nothing more until it is opened afresh."""

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        return getattr(self._connection, name)

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


def test_a_disk_that_is_full_for_days_is_still_waited_for():
    stopping = threading.Event()
    stopping.set()  # so that the test need not
    backoff = Backoff(stopping, last_tries_s=60.0)
    backoff.tries = 100_000
    assert backoff.wait()
