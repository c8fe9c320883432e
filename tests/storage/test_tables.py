"""Files dropped into a folder are tables for SQL, kept up to date, and never a danger to the rest."""

import os
import re

import duckdb
import pytest

from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.storage import table_file
from oculus.storage.file import schema
from oculus.storage.file.copies import copy_database
from oculus.storage.file.database import open_database
from oculus.storage.file.migrations import Migration
from oculus.storage.reader import Reader
from oculus.storage.settings import StorageSettings
from oculus.storage.tables import Tables
from oculus.storage.writing.writer import Writer


@pytest.fixture
def told():
    return []


@pytest.fixture
def tables(database, tmp_path, told, monkeypatch):
    """The tables of the folder `tables`; step() twice is a look at settled files."""
    writer = Writer(database, Counters(), SystemClock())
    tell = writer.tell
    monkeypatch.setattr(writer, "tell", lambda event: (told.append(event), tell(event)))
    writer.start()
    made = Tables(writer, tmp_path / "tables", SystemClock())
    made.step()
    yield made
    writer.stop()


@pytest.fixture
def drop(tables, tmp_path):
    """Write a file and let it be found."""

    def put(name, content):
        path = tmp_path / "tables" / name
        path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
        tables.step()
        tables.step()
        return path

    return put


@pytest.fixture
def ask(database):
    """Through the door that everybody's SQL goes through."""
    reader = Reader(database, Counters())
    return lambda sql: reader.query(sql).rows


def messages(told):
    return [(event.severity.value, event.message) for event in told]


def test_a_csv_file_becomes_a_table_with_types(drop, ask, told):
    drop("Prices 2026.csv", "Day,Close Price,Note\n2026-01-01,1.5,a\n2026-01-02,,\n")
    assert ask("SELECT * FROM prices_2026") == [["2026-01-01", 1.5, "a"], ["2026-01-02", None, None]]
    assert ask("SELECT sum(close_price) FROM prices_2026 WHERE day > '2025-12-31'") == [[1.5]]
    assert messages(told) == [("info", "tables/Prices 2026.csv is the table prices_2026 now (2 rows)")]


def test_every_type_of_a_parquet_file_comes_through(drop, ask, tmp_path):
    duckdb.connect().execute(f"""
        COPY (SELECT 9007199254740993::BIGINT AS i, 0.1::DOUBLE AS d, 1.10::DECIMAL(10, 2) AS c, true AS b,
                     TIMESTAMPTZ '2026-01-01 00:00:00.123456+02' AS t, DATE '2026-01-01' AS day,
                     'x' AS v, NULL::INT AS n, [1, 2] AS l, {{'a': 1}} AS s, '\\xAA'::BLOB AS raw)
        TO '{tmp_path / "made.parquet"}'
    """)
    drop("made.parquet", (tmp_path / "made.parquet").read_bytes())
    found = ask(
        "SELECT i, d, c::VARCHAR, b, epoch_us(t), day::VARCHAR, v, n, l->>1, s->>'a', hex(raw) FROM made"
    )
    moment_us = 1_767_218_400_123_456
    assert found == [
        ["9007199254740993", 0.1, "1.10", True, moment_us, "2026-01-01", "x", None, "2", "1", "AA"]
    ]


def test_a_changed_file_is_read_again_and_a_gone_one_takes_its_table_along(drop, ask, tables, told):
    path = drop("t.csv", "a\n1\n")
    drop("t.csv", "a,b\n2,x\n3,y\n")
    assert ask("SELECT * FROM t") == [[2, "x"], [3, "y"]]
    path.unlink()
    tables.step()
    with pytest.raises(Exception, match="There is no table 't'"):
        ask("SELECT * FROM t")
    assert messages(told)[-1] == ("info", "tables/t.csv is gone, and the table t with it")


def test_a_file_that_is_still_being_written_is_left_alone(tables, tmp_path, ask):
    path = tmp_path / "tables" / "t.csv"
    for turn in range(3):
        path.write_text("a\n" + "1\n" * (turn + 1))
        tables.step()
    with pytest.raises(Exception, match="There is no table"):
        ask("SELECT * FROM t")
    tables.step()
    assert ask("SELECT count(*) FROM t") == [[3]]


def test_an_unchanged_file_is_not_read_again_even_after_a_restart(
    drop, tables, tmp_path, monkeypatch, database
):
    drop("t.csv", "a\n1\n")
    again = Tables(tables._writer, tmp_path / "tables", SystemClock())
    monkeypatch.setattr(again, "_load", lambda *a: pytest.fail("it was read again"))
    again.step()
    again.step()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", "", "it is empty"),
        ("t.parquet", b"PAR1 and then nothing", "t.parquet|too small|magic"),
        ("t.csv", b"a,b\n1,\xff\xfe\n", "unicode|utf-8"),
        ("metrics.csv", "a\n1\n", "metrics is a table of Oculus itself"),
        ("schema_version.csv", "a\n1\n", "is a table of Oculus itself"),
    ],
)
def test_a_broken_file_is_told_once_and_breaks_nothing(drop, tables, told, name, content, words, ask):
    drop(name, content)
    tables.step()
    [(severity, message)] = messages(told)
    assert severity == "warn"
    assert message.startswith(f"tables/{name} is not read: ")
    assert re.search(words, message, re.IGNORECASE)
    assert "\n" not in message
    assert "LINE 1" not in message  # whose file it is did not write that
    assert ask("SELECT count(*) FROM metrics") == [[0]]
    drop("good.csv", "a\n1\n")
    assert ask("SELECT * FROM good") == [[1]]


def test_a_broken_new_state_leaves_the_table_as_it_was(drop, ask):
    drop("t.csv", "a\n1\n")
    drop("t.csv", "")
    assert ask("SELECT * FROM t") == [[1]]


def test_too_large_a_file_is_refused_before_it_is_read_and_too_many_rows_while(drop, told, monkeypatch):
    monkeypatch.setattr(table_file, "MOST_BYTES", 100)
    drop("large.csv", "a\n" + "1\n" * 100)
    monkeypatch.setattr(table_file, "MOST_BYTES", 10**6)
    monkeypatch.setattr(table_file, "MOST_ROWS", 50)
    drop("long.csv", "a\n" + "1\n" * 100)
    assert [severity for severity, _ in messages(told)] == ["warn", "warn"]
    assert "more than 50 rows" in messages(told)[1][1]


def test_two_files_of_one_name_do_not_fight(drop, ask, told):
    drop("t.csv", "a\n1\n")
    drop("T .csv", "a\n2\n")
    assert ask("SELECT * FROM t") == [[1]]
    assert "t.csv is the table t already" in messages(told)[-1][1]


def test_odd_names_of_files_and_columns_are_cleaned(drop, ask):
    drop("[2026] *wow*.csv", "a b,A B,1st,select\n1,2,3,4\n")
    assert ask('SELECT a_b, a_b_1, c_1st, "select" FROM t_2026_wow') == [[1, 2, 3, 4]]


def test_other_files_and_folders_are_no_tables(drop, tables, tmp_path, told):
    (tmp_path / "tables" / "folder.csv").mkdir()
    drop("notes.txt", "a\n1\n")
    drop(".hidden.csv", "a\n1\n")
    assert told == []


def test_many_rows_go_in_part_by_part(drop, ask, tables):
    commits = tables._writer._counters.get("writer.commits")
    drop("big.csv", "a,b\n" + "".join(f"{n},x{n}\n" for n in range(100_000)))
    assert ask("SELECT count(*), sum(a), max(b) FROM big") == [[100_000, 4_999_950_000, "x99999"]]
    assert tables._writer._counters.get("writer.commits") - commits > 4


def test_the_tables_are_in_backups_and_the_database_opens_again_with_them(drop, tables, database, tmp_path):
    drop("order.csv", "a\n1\n")
    copy_database(database.cursor(), database.path, tmp_path / "copy.db")
    tables._writer.stop()
    database.close()
    again = open_database(tmp_path, StorageSettings(), SystemClock())
    assert again.cursor().execute('SELECT * FROM "order"').fetchall() == [(1,)]
    again.close()
    assert duckdb.connect(str(tmp_path / "copy.db")).execute('SELECT * FROM "order"').fetchall() == [(1,)]


def test_a_new_table_of_ours_is_not_stopped_by_one_from_a_file(drop, tables, database, tmp_path):
    drop("silos.csv", "a\n1\n")
    tables._writer.stop()
    number = schema.MIGRATIONS[-1].number + 1
    schema.apply(database.writing, [Migration(number, "silos", "CREATE TABLE silos (b INT)")])
    assert "silos" in schema.own_tables(database.cursor())


def test_stopping_does_not_wait_for_a_large_file(tables, tmp_path, eventually):
    path = tmp_path / "tables" / "big.csv"
    path.write_text("a,b,c,d\n" + "1,2,3,4\n" * 300_000)
    os.utime(path, ns=(1, 1))
    tables.pause_s = 0.01
    tables.start()
    eventually(lambda: tables._reading)
    assert tables.stop(30)


def test_a_stop_in_the_moment_in_which_a_file_is_read_to_its_end_is_no_mistake(tables, tmp_path):
    (tmp_path / "tables" / "t.csv").write_text("a\n1\n")
    tables._reading = table_file.TableFile(tmp_path / "tables" / "t.csv")
    tables._reading.close()
    assert tables.stop()


def test_a_database_that_cannot_write_just_now_is_no_fault_of_the_file(
    tables, tmp_path, ask, monkeypatch, told
):
    (tmp_path / "tables" / "t.csv").write_text("a\n1\n")
    tables.step()
    monkeypatch.setattr(tables, "_write", lambda work: (_ for _ in ()).throw(TimeoutError()))
    with pytest.raises(TimeoutError):
        tables.step()
    monkeypatch.undo()
    tables.step()
    assert ask("SELECT * FROM t") == [[1]]
