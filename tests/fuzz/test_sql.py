"""The guard of SQL from outside, with statements that nobody wrote by hand: refused, or harmless."""

from __future__ import annotations

import time

import pytest
from hypothesis import strategies as st

from fakes.fuzz import attempt, fuzzed, scrambled
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.errors import QueryError
from oculus.core.metric import Metric
from oculus.storage.file.batch import insert_metrics
from oculus.storage.file.database import open_database
from oculus.storage.reader import Reader
from oculus.storage.settings import StorageSettings

GOOD = [
    "WITH a AS (SELECT symbol, avg(value) AS v FROM metrics GROUP BY symbol) SELECT * FROM a ORDER BY v DESC",
    "SELECT symbol, value - lag(value) OVER (PARTITION BY symbol ORDER BY ts) FROM metrics LIMIT 5",
    "SELECT list_transform([1, 2], lambda x: x + 1), printf('%.2f', 1.5), [x * 2 for x in [1]]",
    "PIVOT metrics ON symbol IN ('a.b') USING avg(value) GROUP BY category",
    "SELECT j.key FROM metrics m, json_each(m.tags) j",
]
PIECES = [
    "; DELETE FROM metrics", "; COMMIT;",
    "INSERT INTO metrics VALUES (now(), 'x', 'x.y', 1, NULL) RETURNING *",
    "read_text('/etc/passwd')", "read_blob('oculus.db')", "'/etc/passwd'",
    "COPY metrics TO '/tmp/fuzzed.csv'",
    "ATTACH ':memory:' AS x", "SET memory_limit='1TB'", "PRAGMA database_list", "repeat('x', 99999999)",
    "range(100000000)", "getenv('HOME')", "duckdb_settings()", "nextval('event_ids')", "EXPLAIN ANALYZE",
    "UNION ALL",
    "(SELECT", ")", "WITH x AS (", "/*", "*/", "--", "$$", "'", '"', "\x00", "metrics", "events", "SELECT *",
    "FROM",
]  # fmt: skip
STATEMENTS = st.one_of(
    st.sampled_from(GOOD).flatmap(scrambled),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(" ".join),
    st.tuples(st.sampled_from(GOOD), st.sampled_from(PIECES), st.integers(0, 120)).map(
        lambda drawn: f"{drawn[0][: drawn[2]]} {drawn[1]} {drawn[0][drawn[2] :]}"
    ),
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    database = open_database(tmp_path_factory.mktemp("sql"), StorageSettings(), SystemClock())
    insert_metrics(
        database.writing, [Metric(1_767_268_800_000 + n, "a.b", "a.b", float(n), {}) for n in range(9)]
    )
    yield Reader(database, Counters()), database
    database.close()


@fuzzed(STATEMENTS, examples=250)
def test_a_statement_from_outside_is_answered_or_refused_and_changes_nothing(stored, sql):
    reader, database = stored
    answer, error = attempt(lambda: reader.query(sql, max_rows=20, timeout_s=5), QueryError)
    if error:
        assert error.code in {"bad_request", "not_read_only", "too_large", "query_timeout"}
    else:
        assert len(answer.rows) <= 20
        assert all("root:" not in str(value) for row in answer.rows for value in row)
    assert database.cursor().execute("SELECT count(*), sum(value) FROM metrics").fetchone() == (9, 36.0)
    assert database.cursor().execute("SELECT count(*) FROM events").fetchone() == (0,)


@pytest.mark.parametrize("depth", [9, 100, 950, 5000])
@pytest.mark.parametrize("named", [False, True])
def test_a_parameter_nested_without_end_is_refused_at_once(stored, depth, named):
    deep = 1
    for _ in range(depth):
        deep = [deep]
    sql, params = ("SELECT $a", {"a": deep}) if named else ("SELECT ?", [deep])
    begun = time.monotonic()
    _, error = attempt(lambda: stored[0].query(sql, params), QueryError)
    assert error.code == "too_large"
    assert time.monotonic() - begun < 30
    assert stored[0].active_queries() == 0  # none is left behind that cannot be interrupted


def test_lists_and_groups_are_parameters_as_before(stored):
    assert stored[0].query("SELECT len($a), $b.c[1]", {"a": [1, 2], "b": {"c": [[3]]}}).rows == [[2, [3]]]


def test_an_answer_nested_without_end_is_refused(stored):
    deep = "repeat('[', 950) || repeat(']', 950)"
    _, error = attempt(lambda: stored[0].query(f"SELECT ({deep})::JSON"), QueryError)
    assert error is None or "Traceback" not in str(error)


PARAMS = st.one_of(
    st.lists(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)), max_size=3
    ),
    st.dictionaries(
        st.text(max_size=4), st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=3
    ),
)


ASKING = ["SELECT ?", "SELECT $a, $b", "SELECT 1", "SELECT * FROM metrics WHERE value > ? AND symbol = ?"]


@fuzzed(st.sampled_from(ASKING), PARAMS, examples=100)
def test_parameters_fit_or_are_refused(stored, sql, params):
    _, error = attempt(lambda: stored[0].query(sql, params), QueryError)
    assert error is None or error.code in {"bad_request", "not_read_only", "too_large"}
