"""SQL as of some moment of the past: what was there then is seen, and nothing from later."""

import pytest

from oculus.core.errors import QueryError
from oculus.storage.file.batch import insert_metrics
from oculus.storage.reader import Reader

NOON = 1_767_268_800_000  # 2026-01-01 12:00 UTC
THEN = NOON + 30_000


@pytest.fixture
def reader(database, counters, metric):
    """One sample a second for a minute: its value says when."""
    insert_metrics(database.writing, [metric(float(n), at=NOON + n * 1000) for n in range(60)])
    return Reader(database, counters)


def as_of(reader, sql, ms=THEN, params=None):
    return reader.judge_as_of(ms, sql, params or {}, 1000).rows


def test_nothing_from_later_is_seen(reader):
    assert as_of(reader, "SELECT count(*), max(value) FROM metrics") == [[31, 30.0]]
    assert as_of(reader, "SELECT count(*) FROM main.metrics", NOON - 1) == [[0]]
    assert reader.judge("SELECT count(*) FROM metrics", {}, 1000).rows == [[60]]


def test_events_and_rollups_are_those_of_then(reader, database):
    columns = "INSERT INTO events (ts, source, type, severity, message)"
    event = f"{columns} VALUES (make_timestamptz(?), 'x', 'system', 'info', '')"
    for n in range(4):
        database.writing.execute(event, [(NOON + n * 20_000) * 1000])
    assert as_of(reader, "SELECT count(*) FROM events") == [[2]]
    day = "INSERT INTO metrics_1d VALUES (make_timestamptz(?), 'net', 'a', 1, 1, 1, 1, 1, 1, 0)"
    for n in (12, 36):
        database.writing.execute(day, [(NOON - n * 3_600_000) * 1000])
    assert as_of(reader, "SELECT count(*) FROM metrics_1d") == [[1]]  # the other one had not ended
    close = "INSERT INTO daily_closes VALUES ('a', ?, 1, 'x')"
    for text in ("2025-12-31", "2026-01-01"):
        database.writing.execute(close, [text])
    assert as_of(reader, "SELECT count(*) FROM daily_closes") == [[1]]


@pytest.mark.parametrize(
    ("now", "is_"),
    [
        ("now()", "2026-01-01T12:00:30Z"),
        ("current_timestamp", "2026-01-01T12:00:30Z"),
        ("get_current_timestamp()", "2026-01-01T12:00:30Z"),
        ("transaction_timestamp()", "2026-01-01T12:00:30Z"),
        ("localtimestamp", "2026-01-01T12:00:30"),
        ("today()", "2026-01-01"),
        ("current_date", "2026-01-01"),
        ("localtime", "12:00:30"),
        ("current_time", "12:00:30+00:00"),
        ("age(TIMESTAMP '2025-12-31')::VARCHAR", "1 day"),
        ("age(TIMESTAMP '2026-01-01', TIMESTAMP '2025-12-31')::VARCHAR", "1 day"),
        ("(now() - INTERVAL '1 hour')::VARCHAR", "2026-01-01 11:00:30+00"),
    ],
)
def test_every_clock_of_sql_shows_that_moment(reader, now, is_):
    assert str(as_of(reader, f"SELECT {now}")[0][0]) == is_


def test_a_rule_as_people_write_it_is_answered_as_then(reader):
    sql = """
        WITH recent AS (SELECT * FROM metrics WHERE ts > now() - to_seconds($span))
        SELECT symbol, avg(value) AS mean, max(value) - min(value) AS swing FROM recent
        GROUP BY symbol HAVING swing > $threshold
    """
    given = {"span": 10, "threshold": 5}
    assert as_of(reader, sql, params=given) == [["net.tcp.db:5432", 25.5, 9.0]]
    assert as_of(reader, sql, NOON + 3000, given) == []


def test_what_a_statement_calls_like_a_table_is_its_own(reader):
    assert as_of(reader, "WITH alerts AS (SELECT 1 AS x) SELECT * FROM alerts") == [[1]]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM alerts", "reads alerts, of which only the present is kept"),
        ("SELECT (SELECT count(*) FROM deliveries) AS n", "reads deliveries"),
        ("SELECT count(*) FROM oculus.main.metrics", "names the file of metrics"),
        ("DELETE FROM metrics", "SELECT"),
        ("SELECT * FROM 'x.csv'", "no table"),
    ],
)
def test_what_has_no_past_is_refused_in_words(reader, sql, said):
    with pytest.raises(QueryError, match=said):
        as_of(reader, sql)


def test_the_limits_are_those_of_any_statement(reader, monkeypatch):
    assert reader.judge_as_of(THEN, "SELECT range::VARCHAR FROM range(100000)", {}, 1000).truncated
    monkeypatch.setattr("oculus.storage.reader.RULE_S", 0.2)
    with pytest.raises(QueryError, match="took too long"):
        as_of(reader, "SELECT count(*) FROM range(1000000) a, range(1000000) b")


def test_nobody_else_goes_back(reader, database):
    as_of(reader, "SELECT count(*) FROM metrics")
    assert database.fresh_cursor().execute("SELECT count(*) FROM metrics").fetchall() == [(60,)]
    assert database.fresh_cursor().execute(
        "SELECT now() > make_timestamptz(?)", [THEN * 1000]
    ).fetchall() == [(True,)]
