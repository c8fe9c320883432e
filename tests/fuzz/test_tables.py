"""Files dropped into the folder of tables: a table, or a reason; whatever the bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import strategies as st

from fakes.fuzz import attempt, fuzzed, scrambled
from oculus.storage.table_file import TableFile, Unreadable, table_name

CSV = 'day,what,price,"when"\n2026-11-25,"a, b",1.5,2026-11-25 12:00:00\n2026-11-26,c,-3e5,\n'


def read(name, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        file = TableFile(path)
        try:
            rows = 0
            for part in file.parts():
                assert len(part) == len(file.columns)
                assert len({len(column) for column in part}) == 1
                rows += len(part[0])
            return file.columns, rows
        finally:
            file.close()


def holds(name, content):
    found, error = attempt(lambda: read(name, content), Unreadable)
    if error:
        assert str(error).strip()
        return
    names = [column.name for column in found[0]]
    assert len(names) == len(set(names))
    assert all(each and not each[0].isdigit() for each in names)


@fuzzed(scrambled(CSV, most=6), examples=40)
def test_a_torn_csv_file_is_a_table_or_a_reason(text):
    holds("prices.csv", text.encode("utf-8", "replace"))


@fuzzed(st.binary(max_size=200), st.sampled_from(["noise.csv", "noise.parquet"]), examples=40)
def test_noise_is_a_table_or_a_reason(content, name):
    holds(name, content)


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet") / "prices.parquet"
    asked = "SELECT range AS n, 'x' || range AS t, now() AS at, [range] AS l FROM range(50)"
    duckdb.connect().execute(f"COPY ({asked}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


CHANGES = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=5)


@fuzzed(CHANGES, st.one_of(st.none(), st.integers(0, 4000)), examples=40)
def test_a_torn_parquet_file_is_a_table_or_a_reason(parquet, changes, cut):
    made = bytearray(parquet)
    for at, byte in changes:
        made[at % len(made)] = byte
    holds("prices.parquet", bytes(made[:cut]))


@fuzzed(st.text(max_size=30))
def test_any_file_name_makes_a_name_for_sql(text):
    name = table_name(Path(f"{text.replace('/', '').replace(chr(0), '')}.csv"))
    assert name.isidentifier()
    assert name == name.lower()
