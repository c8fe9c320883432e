# ruff: noqa: E501
"""SQL from outside: what is refused, what is answered, and that nobody is held up by it."""

from __future__ import annotations

import threading
import time

import duckdb
import pytest

from oculus.core.errors import QueryError
from oculus.storage.file.batch import insert_metrics
from oculus.storage.reader import Reader
from oculus.storage.statements import query

HUGE = 10**9
BIG_TEXT = "SELECT '" + "x" * 70_000 + "'"


@pytest.fixture
def reader(database, counters, metric):
    insert_metrics(
        database.writing,
        [
            metric(float(n), symbol=f"net.ping.h{n % 3}", at=1_767_268_800_000 + n, probe="ping")
            for n in range(9)
        ],
    )
    return Reader(database, counters)


ATTACKS = {
    "two statements": "SELECT 1; SELECT 2",
    "a commit": "SELECT 1; COMMIT; DELETE FROM metrics",
    "a hidden commit": "COMMIT; SELECT 1",
    "delete": "DELETE FROM metrics",
    "insert": "INSERT INTO metrics VALUES (now(), 'a', 'b', 1, NULL)",
    "update": "UPDATE metrics SET value = 0",
    "drop": "DROP TABLE metrics",
    "create": "CREATE TABLE t AS SELECT 1",
    "create temp": "CREATE TEMP TABLE t AS SELECT 1",
    "create view": "CREATE VIEW v AS SELECT 1",
    "create macro": "CREATE MACRO m() AS 1",
    "alter": "ALTER TABLE metrics ADD COLUMN x INT",
    "truncate": "TRUNCATE metrics",
    "writing CTE": "WITH x AS (INSERT INTO metrics VALUES (now(), 'a', 'b', 1, NULL) RETURNING *) SELECT * FROM x",
    "deleting CTE": "WITH x AS (DELETE FROM metrics RETURNING *) SELECT * FROM x",
    "writing CTE in a subquery": "SELECT (WITH x AS (UPDATE metrics SET value=1 RETURNING value) SELECT max(value) FROM x)",
    "explained insert": "EXPLAIN ANALYZE INSERT INTO metrics VALUES (now(), 'a', 'b', 1, NULL)",
    "explained copy": "EXPLAIN ANALYZE COPY metrics TO '/tmp/stolen.csv'",
    "copy out": "COPY metrics TO '/tmp/stolen.csv'",
    "copy query out": "COPY (SELECT 1) TO '/tmp/stolen.csv'",
    "copy in": "COPY metrics FROM '/etc/passwd'",
    "export": "EXPORT DATABASE '/tmp/stolen'",
    "import": "IMPORT DATABASE '/tmp/stolen'",
    "attach": "ATTACH '/tmp/other.db' AS other",
    "detach": "DETACH oculus",
    "use": "USE memory",
    "set": "SET threads = 64",
    "reset": "RESET memory_limit",
    "pragma": "PRAGMA database_list",
    "call": "CALL pragma_database_size()",
    "checkpoint": "CHECKPOINT",
    "vacuum": "VACUUM",
    "install": "INSTALL httpfs",
    "load": "LOAD httpfs",
    "begin": "BEGIN TRANSACTION",
    "prepare": "PREPARE p AS SELECT 1",
    "execute": "EXECUTE p",
    "read_text": "SELECT * FROM read_text('/etc/passwd')",
    "read_blob of the database": "SELECT * FROM read_blob('oculus.db')",
    "read_csv": "SELECT * FROM read_csv('/etc/passwd')",
    "read_csv_auto": "SELECT * FROM read_csv_auto('/etc/passwd')",
    "read_json": "SELECT * FROM read_json('/tmp/x.json')",
    "read_parquet": "SELECT * FROM read_parquet('/tmp/x.parquet')",
    "parquet_metadata": "SELECT * FROM parquet_metadata('/tmp/x.parquet')",
    "sniff_csv": "SELECT * FROM sniff_csv('/etc/passwd')",
    "glob": "SELECT * FROM glob('/etc/*')",
    "a file as a table": "SELECT * FROM '/etc/passwd'",
    "a quoted file as a table": 'SELECT * FROM "/tmp/x.csv"',
    "a file behind a CTE of its name": 'SELECT * FROM (WITH "/tmp/x.csv" AS (SELECT 1) SELECT 1), "/tmp/x.csv"',
    "the unfinished copy": "SELECT * FROM read_blob('oculus.db.copying')",
    "a file in a lateral join": "SELECT * FROM metrics m, LATERAL (SELECT * FROM read_text('/etc/passwd'))",
    "a file in a subquery": "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "a file in a CTE": "WITH a AS (SELECT * FROM read_text('/etc/passwd')) SELECT 1 FROM a",
    "a file in an expression of LIMIT": "SELECT 1 LIMIT (SELECT count(*) FROM read_text('/etc/passwd'))",
    "a file in ORDER BY": "SELECT 1 ORDER BY (SELECT content FROM read_text('/etc/passwd'))",
    "a described file": "DESCRIBE SELECT * FROM read_csv('/etc/passwd')",
    "a summarized file": "SUMMARIZE '/etc/passwd'",
    "an explained file": "EXPLAIN SELECT * FROM read_text('/etc/passwd')",
    "query()": "SELECT * FROM query('SELECT 1')",
    "query_table()": "SELECT * FROM query_table('metrics')",
    "a serialized statement": "SELECT * FROM json_execute_serialized_sql('{}')",
    "a serialized plan": "SELECT json_serialize_plan('SELECT * FROM read_text(''/etc/passwd'')')",
    "a Python variable": "SELECT * FROM secret_frame",
    "a Python variable by function": "SELECT * FROM pandas_scan(1)",
    "settings": "SELECT * FROM duckdb_settings()",
    "settings as a view": "SELECT * FROM duckdb_settings",
    "secrets": "SELECT * FROM duckdb_secrets()",
    "a setting": "SELECT current_setting('secret_directory')",
    "a variable": "SELECT getvariable('x')",
    "the environment": "SELECT getenv('HOME')",
    "the system's catalog": "SELECT * FROM pg_catalog.pg_settings",
    "another database": "SELECT * FROM system.information_schema.tables_of_others",
    "nextval": "SELECT nextval('event_ids')",
    "nextval in a window": "SELECT sum(nextval('event_ids')) OVER () FROM metrics",
    "sleeping": "SELECT sleep_ms(60000)",
    "logging": "SELECT write_log('x')",
    "checkpoint as a table": "SELECT * FROM checkpoint()",
    "a huge repeat": f"SELECT repeat('abc', {HUGE})",
    "a huge computed repeat": f"SELECT repeat('abc', n) FROM (SELECT {HUGE} AS n)",
    "a repeat by parameter": "SELECT repeat('abc', ?)",
    "repeats of repeats": "SELECT repeat(repeat(repeat('x', 9999), 9999), 9999)",
    "repeats in turn": "WITH a AS (SELECT repeat('x', 9999) s), b AS (SELECT repeat(s, 9999) s FROM a) SELECT length(s) FROM b",
    "replacing one by many": "SELECT replace(repeat('a', 9999), 'a', repeat('b', 9999))",
    "a huge lpad": f"SELECT lpad('x', {HUGE}, 'y')",
    "a huge rpad": f"SELECT rpad('x', {HUGE}, 'y')",
    "a huge method": f"SELECT 'x'.repeat({HUGE})",
    "a huge range": f"SELECT range({HUGE})",
    "a huge computed range": f"SELECT range(n) FROM (SELECT {HUGE} AS n)",
    "a range in a range": "SELECT list_transform(range(999), lambda x: range(999))",
    "a long text, repeated": "SELECT repeat('" + "x" * 60_000 + "', 999)",
    "a huge bitstring": f"SELECT bitstring('1', {HUGE})",
    "a huge printf": "SELECT printf('%1000000000d', 1)",
    "a computed printf": "SELECT printf('%*d', 1000000000, 1)",
    "a huge format": "SELECT format('{:1000000000}', 1)",
    "a computed format": "SELECT format('{:{}}', 1, 1000000000)",
    "a huge list_resize": f"SELECT list_resize([1], {HUGE})",
    "a huge to_base": f"SELECT to_base(1, 2, {HUGE})",
    "the deaf distance": "SELECT damerau_levenshtein(repeat('a', 9000), repeat('b', 9000))",
    "text that doubles": "SELECT s FROM " + "(SELECT s||s s FROM " * 40 + "(SELECT 'x' s)" + ")" * 40,
    "text that doubles in a fold": "SELECT list_reduce([1, 2, 3], lambda a, b: a || a)",
    "lists of lists": "SELECT list_transform(l, lambda x: l) FROM (SELECT list(value) l FROM metrics)",
    "ranges in a lambda": "SELECT list_transform(range(9999), lambda x: range(9999))",
    "recursion that multiplies": "WITH RECURSIVE t(s) AS (SELECT 'x' UNION ALL SELECT repeat(s, 9999) FROM t) SELECT 1 FROM t",
    "too long": BIG_TEXT,
    "20,000 parentheses": "SELECT " + "(" * 20_000 + "1" + ")" * 20_000,
    "20,000 brackets": "SELECT " + "[" * 20_000 + "1" + "]" * 20_000,
    "900 brackets": "SELECT " + "[" * 900 + "1" + "]" * 900,
    "30,000 NOTs": "SELECT " + "NOT " * 15_000 + "true",
    "half a nest of WITHs": "WITH a AS (" * 9 + "SEL",
    "half a nest of commented WITHs": "WITH a AS (/* ( */" * 9 + "SEL",
    "no statement": " ; -- nothing",
    "a mistake": "SELEC 1",
    "an unknown column": "SELECT nothing FROM metrics",
    "a NUL": "SELECT 1\x00; DELETE FROM metrics",
    "half a surrogate": "SELECT '\ud800'",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_an_attack_is_refused_at_once_and_changes_nothing(reader, database, attack):
    secret_frame = [1, 2, 3]  # noqa: F841
    begun = time.monotonic()
    with pytest.raises(QueryError) as refused:
        reader.query(ATTACKS[attack], [HUGE] if "?" in ATTACKS[attack] else None)
    assert refused.value.code in {"bad_request", "not_read_only", "too_large"}
    assert time.monotonic() - begun < 20
    assert database.cursor().execute("SELECT count(*), sum(value) FROM metrics").fetchone() == (9, 36.0)
    assert reader.query("SELECT 1").rows == [[1]]


LEGITIMATE = {
    "SELECT count(*) FROM metrics": 1,
    "select count(*) from main.metrics;": 1,
    "FROM metrics": 9,
    "SELECT * FROM oculus.main.metrics m WHERE m.value > 3": 5,
    "WITH a AS (SELECT symbol, avg(value) AS v FROM metrics GROUP BY symbol) SELECT * FROM a ORDER BY v DESC": 3,
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM t": 5,
    "WITH RECURSIVE t(n, s) AS (SELECT 1, 'a' UNION ALL SELECT n + 1, s || 'b' FROM t WHERE n < 5) SELECT s FROM t": 5,
    "SELECT symbol, value - lag(value) OVER (PARTITION BY symbol ORDER BY ts) FROM metrics": 9,
    "SELECT * FROM metrics QUALIFY row_number() OVER (PARTITION BY symbol ORDER BY ts DESC) = 1": 3,
    "SELECT a.ts FROM metrics a JOIN metrics b USING (ts)": 9,
    "SELECT m.ts FROM metrics m ASOF JOIN events e ON m.ts >= e.ts": 0,
    "SELECT unnest([1, 2, 3])": 3,
    "SELECT j.key FROM metrics m, json_each(m.tags) j": 9,
    "SELECT tags->>'probe', tags->'$.probe' FROM metrics": 9,
    "SELECT i FROM range(10) r(i)": 10,
    "SELECT t FROM generate_series(now() - INTERVAL 1 HOUR, now(), INTERVAL 1 MINUTE) g(t)": 61,
    "SELECT symbol FROM metrics WHERE ts > TIMESTAMPTZ '2026-01-01' AND ts < now() GROUP BY ALL": 3,
    "SELECT time_bucket(INTERVAL '1 hour', ts) h, date_trunc('day', ts), avg(value) FROM metrics GROUP BY 1, 2": 1,
    "SELECT symbol, avg(value) a, max(value) - min(value) v FROM metrics WHERE category = 'net.ping' "
    "GROUP BY symbol HAVING v > a * 0.05": 3,
    "SELECT DISTINCT ON (symbol) * FROM metrics ORDER BY symbol, ts DESC": 3,
    "SELECT quantile_cont(value, [0.5, 0.95]), stddev(value), corr(value, value) FROM metrics": 1,
    "SELECT count(*) FILTER (value > 2), string_agg(symbol, ',' ORDER BY ts) FROM metrics": 1,
    "SELECT CASE WHEN value > 1 THEN 'high' ELSE 'low' END, coalesce(NULL, 1), value IN (1, 2) FROM metrics": 9,
    "SELECT * EXCLUDE (tags) REPLACE (value * 2 AS value) FROM metrics": 9,
    "SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3": 2,
    "VALUES (1, 'a'), (2, 'b')": 2,
    "SELECT EXISTS (SELECT 1 FROM metrics), (SELECT max(value) FROM metrics)": 1,
    "SELECT list_transform([1, 2], lambda x: x + 1), list_filter([1, 2], lambda x: x > 1), [x * 2 for x in [1]]": 1,
    "SELECT rpad(symbol, 30, '.') || repeat('=', 20) || bar(value, 0, 10, 30) FROM metrics": 9,
    "SELECT replace(symbol, 'net.', ''), regexp_extract(symbol, 'h(\\d)', 1), upper(symbol) FROM metrics": 9,
    "SELECT printf('%.2f ms', value), format('{:.1f}', value), strftime(ts, '%H:%M') FROM metrics": 9,
    "PIVOT metrics ON symbol IN ('net.ping.h0', 'net.ping.h1') USING avg(value) GROUP BY category": 1,
    "SELECT * FROM metrics USING SAMPLE 5": 5,
    "SELECT name FROM (SELECT table_name AS name FROM information_schema.tables) WHERE name = 'metrics'": 1,
    "DESCRIBE metrics": 5,
    "SUMMARIZE metrics": 5,
    "EXPLAIN SELECT * FROM metrics": 1,
    "-- how fast?\nEXPLAIN ANALYZE SELECT count(*) FROM metrics": 1,
    "SELECT 1 -- the end": 1,
    "SELECT [1, 2] -- the end": 1,
    "SELECT ';', '(((', \"value\" FROM metrics": 9,
}  # fmt: skip


@pytest.mark.parametrize("sql", LEGITIMATE, ids=str)
def test_a_question_is_answered(reader, sql):
    assert len(reader.query(sql).rows) == LEGITIMATE[sql]


@pytest.mark.parametrize(
    "written",
    ["1 day", "1 month 2 days 03:04:05.678", "-00:01:30", "00:00:00", "1 year 2 months", "400 days"],
)
def test_an_interval_is_answered_as_sql_reads_it(reader, written):
    sql = f"SELECT INTERVAL '{written}' AS span, [INTERVAL '{written}'] AS spans, NULL::INTERVAL AS none, 7 AS n"
    found = reader.query(sql)
    assert found.rows == [[written, [written], None, 7]]
    assert [kind for _, kind in found.columns] == ["INTERVAL", "INTERVAL[]", "INTERVAL", "INTEGER"]


def test_the_age_of_the_newest_number_of_each_symbol_reads_as_an_interval(reader):
    sql = "SELECT symbol, max(ts) - min(ts) AS age FROM metrics GROUP BY symbol ORDER BY symbol DESC"
    assert reader.query(sql).rows[0] == ["net.ping.h2", "00:00:00.006"]


def test_the_tables_are_listed(reader):
    names = [name for (name,) in reader.query("SHOW TABLES").rows]
    assert {"metrics", "events", "alerts", "alert_states", "deliveries", "schema_version"} <= set(names)


def test_a_statement_of_many_columns_may_join_text_in_each(reader):
    columns = ", ".join(f"symbol || category || 'x{n}' AS c{n}" for n in range(40))
    assert len(reader.query(f"SELECT {columns} FROM metrics").rows) == 9


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY metrics TO '/tmp/stolen.csv'",
        "ATTACH '/tmp/other.db' AS other",
        "INSTALL httpfs",
        "LOAD '/tmp/extension'",
        "SET threads = 64",
        "SET enable_external_access = true",
        "SELECT * FROM secret_frame",
    ],
)
def test_what_slipped_past_the_guard_would_find_the_doors_locked(database, sql):
    secret_frame = [1, 2, 3]  # noqa: F841
    with pytest.raises(duckdb.Error):
        database.fresh_cursor().execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS (INSERT INTO metrics VALUES (now(), 'a', 'b', 1, NULL) RETURNING *) SELECT * FROM x",
        "CREATE TABLE t AS SELECT 1",
        "SELECT nextval('event_ids')",
        "DELETE FROM metrics",
    ],
)
def test_what_slipped_past_the_guard_would_find_a_read_only_transaction(database, sql):
    cursor = database.fresh_cursor()
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    with pytest.raises(duckdb.Error, match="read-only"):
        cursor.execute(sql).fetchall()


def test_parameters_are_positional_or_named(reader):
    assert reader.query("SELECT ?::INT + ?::INT", [1, 2]).rows == [[3]]
    assert reader.query("SELECT $a || $b", {"a": "x'; DROP TABLE metrics --", "b": "!"}).rows == [
        ["x'; DROP TABLE metrics --!"]
    ]
    assert len(reader.query("FROM metrics WHERE symbol = $s", {"s": "net.ping.h1"}).rows) == 3


@pytest.mark.parametrize("params", [None, [1], [1, 2, 3], {"a": 1}])
def test_parameters_that_do_not_fit_are_a_mistake_of_the_caller(reader, params):
    with pytest.raises(QueryError) as refused:
        reader.query("SELECT ?, ?", params)
    assert refused.value.code == "bad_request"


def test_a_thousand_rows_and_the_word_that_there_are_more(reader):
    result = reader.query("SELECT i FROM range(1001) r(i)")
    assert (len(result.rows), result.truncated) == (1000, True)
    result = reader.query("SELECT i FROM range(1000) r(i)")
    assert (len(result.rows), result.truncated) == (1000, False)
    assert len(reader.query("SELECT i FROM range(10) r(i)", max_rows=3).rows) == 3


def test_columns_have_the_names_and_types_that_were_asked_for(reader):
    result = reader.query("SELECT ts AS a, value AS a, [value] AS l FROM metrics LIMIT 1")
    assert result.columns == [("a", "TIMESTAMP WITH TIME ZONE"), ("a", "DOUBLE"), ("l", "DOUBLE[]")]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'nan'::DOUBLE", None),
        ("'inf'::DOUBLE", None),
        ("-1.5", "-1.5"),
        ("1.5::DOUBLE", 1.5),
        ("NULL", None),
        ("true", True),
        ("9007199254740992::BIGINT", 9007199254740992),
        ("9007199254740993::BIGINT", "9007199254740993"),
        ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
        ("12345678901234567890.123456789::DECIMAL(38,9)", "12345678901234567890.123456789"),
        ("TIMESTAMPTZ '2026-01-01 12:00:00.123+02'", "2026-01-01T10:00:00.123000Z"),
        ("TIMESTAMP '2026-01-01 12:00:00'", "2026-01-01T12:00:00"),
        ("DATE '2026-01-01'", "2026-01-01"),
        ("TIME '12:00:01'", "12:00:01"),
        ("INTERVAL '90 minutes'", "01:30:00"),
        ("'\\xAB'::BLOB", "ab"),
        ("'6f1f0a6e-0000-4000-8000-000000000000'::UUID", "6f1f0a6e-0000-4000-8000-000000000000"),
        ("[1, NULL, 3]", [1, None, 3]),
        ("['nan'::DOUBLE, 1.5]", [None, 1.5]),
        ("[9007199254740993]", ["9007199254740993"]),
        ("{'a': 1, 'b': ['x']}", {"a": 1, "b": ["x"]}),
        ("MAP {'k': 2}", {"k": 2}),
        ("'{\"a\": 1}'::JSON", '{"a": 1}'),
    ],
)
def test_values_come_out_as_json_without_loss(reader, expression, expected):
    assert reader.query(f"SELECT {expression}").rows == [[expected]]


def test_an_answer_that_is_too_large_is_refused(reader):
    with pytest.raises(QueryError) as refused:
        reader.query("SELECT string_agg('twenty characters ...', '') FROM range(1000000)")
    assert refused.value.code == "too_large"


def test_a_statement_that_wants_all_memory_gets_an_error_and_the_next_one_runs(reader):
    with pytest.raises(QueryError) as refused:
        reader.query("SELECT len(list(a)) FROM range(100000000) t(a)")
    assert refused.value.code == "too_large"
    assert reader.query("SELECT 1").rows == [[1]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(100000000000)",
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range <> b.range",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
        "SELECT sum(levenshtein(repeat('a', 900), repeat('b', 900) || i)) FROM range(10000000) r(i)",
    ],
)
def test_a_statement_that_takes_too_long_is_ended(reader, eventually, sql):
    begun = time.monotonic()
    with pytest.raises(QueryError) as refused:
        reader.query(sql, timeout_s=0.3)
    assert refused.value.code == "query_timeout"
    assert time.monotonic() - begun < 20
    eventually(lambda: reader.active_queries() == 0)


def test_a_statement_that_nobody_waits_for_any_longer_is_ended_all_the_same(reader, eventually, monkeypatch):
    monkeypatch.setattr(query, "GRACE_S", -1.0)  # a busy machine hears of no interruption in that time
    with pytest.raises(QueryError, match="took too long"):
        reader.query("SELECT count(*) FROM range(1000000) a, range(1000000) b", timeout_s=0.1)
    eventually(lambda: reader.active_queries() == 0)


def test_to_end_a_statement_that_ended_this_moment_is_no_mistake(reader):
    queries = reader._queries
    statement = query.Statement(queries, "SELECT 1", None, 10, time.monotonic())
    assert queries._places.acquire(timeout=60)
    statement.run()
    statement.interrupt()  # as a stop does, and a time limit


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM metrcs", "There is no table 'metrcs' to read here. Did you mean metrics?"),
        ("SELECT symbl FROM metrics", "in FROM clause. Did you mean symbol?"),
        ("SELECT * FROM metrics WHERE value > $most", "There is no value for $most"),
        ("SELECT * FROM metrics WHERE value > ?", "There is no value for $1"),
    ],
)
def test_a_mistake_in_a_statement_is_answered_with_what_was_meant(reader, sql, said):
    with pytest.raises(QueryError) as refused:
        reader.query(sql)
    assert said in str(refused.value)


@pytest.fixture
def deaf(monkeypatch, database):
    """Statements hang, as one long call of a single function does, until the test lets them go."""
    go = threading.Event()
    real = query.check

    def check(parser, sql, *rest):
        if "deaf" in sql:
            go.wait(60)
        return real(parser, sql, *rest)

    monkeypatch.setattr(query, "check", check)
    yield go
    go.set()


def test_a_long_parameter_cannot_be_multiplied_either(reader):
    with pytest.raises(QueryError) as refused:
        reader.query("SELECT repeat($x, 999)", {"x": "x" * 60_000})
    assert refused.value.code == "too_large"


def test_a_statement_that_finds_no_thread_is_refused_in_words_and_keeps_no_place(reader, monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as short:
        short.setattr(threading.Thread, "start", refuse)
        for _ in range(query.AT_ONCE + 1):
            with pytest.raises(QueryError, match="no more threads"):
                reader.query("SELECT 1")
    assert reader.query("SELECT 1").rows == [[1]]


def test_the_caller_is_answered_in_time_even_if_the_statement_is_deaf(reader, deaf):
    begun = time.monotonic()
    with pytest.raises(QueryError) as refused:
        reader.query("SELECT 'deaf'", timeout_s=0.2)
    assert refused.value.code == "query_timeout"
    assert time.monotonic() - begun < 20
    assert reader.active_queries() == 1


def test_a_fifth_statement_waits_for_a_place_within_its_own_time(reader, deaf, eventually):
    def ask():
        with pytest.raises(QueryError):
            reader.query("SELECT 'deaf'", timeout_s=1)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    assert reader.active_queries() == 4
    with pytest.raises(QueryError, match="other statements"):
        reader.query("SELECT 1", timeout_s=0.1)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(reader.query("SELECT 1").rows))
    waiting.start()
    deaf.set()
    waiting.join(30)
    assert answers == [[[1]]]
    eventually(lambda: reader.active_queries() == 0)


def test_statements_are_timed(reader, counters):
    reader.query("SELECT 1")
    assert counters.timing("reader.query").count == 1


def test_the_writer_goes_on_while_four_statements_fight_for_everything(
    reader, writer, metric, counters, eventually
):
    hogs = [
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range <> b.range",
        "SELECT len(list(a)) FROM range(100000000) t(a)",
        "SELECT a FROM range(50000000) t(a) ORDER BY hash(a)",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
    ]
    stop = threading.Event()

    def fight(sql):
        while not stop.is_set():
            with pytest.raises(QueryError):
                reader.query(sql, timeout_s=1)

    threads = [threading.Thread(target=fight, args=[sql]) for sql in hogs]
    for thread in threads:
        thread.start()
    writer.start()
    try:
        for value in range(30):
            before = counters.get("writer.rows")
            writer.put([metric(float(value))])
            eventually(lambda before=before: counters.get("writer.rows") > before)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert counters.get("writer.dropped") == 0


def test_behind_the_guard_the_transaction_can_only_read(reader, database, monkeypatch):
    """Each line of defence holds alone: should the guard let something through, nothing is written."""
    monkeypatch.setattr(query, "check", lambda _parser, sql, *_rest: sql)
    for sql in ("DELETE FROM metrics", "WITH x AS (DELETE FROM metrics RETURNING *) SELECT count(*) FROM x"):
        with pytest.raises(QueryError):
            reader.query(sql)
    assert database.cursor().execute("SELECT count(*) FROM metrics").fetchone() == (9,)


@pytest.mark.parametrize("sql", ["SELECT * FROM read_text('/etc/hostname')", "SET threads = 64"])
def test_behind_the_guard_nothing_but_the_database_can_be_reached(reader, monkeypatch, sql):
    monkeypatch.setattr(query, "check", lambda _parser, sql, *_rest: sql)
    with pytest.raises(QueryError):
        reader.query(sql)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("enable_external_access", False),
        ("python_enable_replacements", False),
        ("lock_configuration", True),
        ("autoload_known_extensions", False),
        ("memory_limit", "244.1 MiB"),  # 256MB
    ],
)
def test_every_cursor_is_locked_down(database, setting, value):
    assert database.fresh_cursor().execute("SELECT current_setting(?)", [setting]).fetchone() == (value,)
