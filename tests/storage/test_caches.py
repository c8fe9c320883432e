"""What DuckDB keeps in memory for later is given back, and nobody notices."""

from __future__ import annotations

import ctypes
import sys
import threading

import pytest

from oculus.storage.file.caches import drop_caches

ADD = """
    INSERT INTO metrics (ts, category, symbol, value)
    SELECT now(), 'net', 'net.tcp.s' || (range % 50), random() FROM range(?)
"""
ASK = "SELECT symbol, count(*), max(value) FROM metrics GROUP BY symbol"


class MallInfo(ctypes.Structure):
    """Of the C library: `uordblks` are the bytes in use."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in ("arena", *"abcdef", "uordblks", "fordblks", "keep"))


def in_use():
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2"):
        pytest.skip("only the C library of GNU tells how much memory is in use")
    library.mallinfo2.restype = MallInfo
    return library.mallinfo2().uordblks


def cached(cursor):
    return cursor.execute("SELECT coalesce(sum(memory_usage_bytes), 0) FROM duckdb_memory()").fetchall()[0][0]


def work(database, times):
    """As pages and the writer do."""
    for _ in range(times):
        database.writing.execute(ADD, [3])
        database.cursor().execute(ASK).fetchall()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells how much memory is in use")
def test_statement_after_statement_takes_no_memory_for_good(database):
    database.writing.execute(ADD, [5000])
    work(database, 100)
    drop_caches(database)
    before = in_use()
    work(database, 1000)
    grown = in_use() - before
    drop_caches(database)
    assert in_use() - before < grown / 2  # what is left are the rows


def test_pages_of_the_file_are_given_back_and_read_again(database):
    database.writing.execute(ADD, [200_000])
    database.writing.execute("CHECKPOINT")
    cursor = database.cursor()
    answer = sorted(cursor.execute(ASK).fetchall())
    full = cached(cursor)
    drop_caches(database)
    assert cached(cursor) < full / 2
    assert sorted(cursor.execute(ASK).fetchall()) == answer


@pytest.mark.parametrize("rows", [0, 5000])
def test_the_limit_is_afterwards_what_it_was(database, rows):
    database.writing.execute(ADD, [rows])
    before = database.cursor().execute("SELECT current_setting('memory_limit')").fetchall()
    drop_caches(database)
    assert database.cursor().execute("SELECT current_setting('memory_limit')").fetchall() == before
    assert len(database.cursor().execute("SELECT range(100000)").fetchall()) == 1


def test_who_reads_and_writes_meanwhile_notices_nothing(database):
    database.writing.execute(ADD, [100_000])
    database.writing.execute("CHECKPOINT")
    failed, read_all, done = [], [], threading.Event()

    def read():
        try:
            while not done.is_set():
                read_all.append(len(database.cursor().execute("SELECT value FROM metrics").fetchall()))
                database.cursor().execute("SELECT ts, symbol FROM metrics ORDER BY value LIMIT 3").fetchall()
        except Exception as error:
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(50):
        drop_caches(database)
        database.writing.execute(ADD, [100])
    done.set()
    for reader in readers:
        reader.join(60)
    assert not failed
    assert min(read_all) >= 100_000
    assert database.cursor().execute("SELECT count(*) FROM metrics").fetchall() == [(105_000,)]
