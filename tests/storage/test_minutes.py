"""The table of minutes leaves out what its other columns tell, and nobody notices."""

from __future__ import annotations

import random

import duckdb
import pytest

from oculus.core.clock import SystemClock
from oculus.core.durations import Duration
from oculus.storage.file import schema
from oculus.storage.file.database import open_database
from oculus.storage.reader import Reader
from oculus.storage.rollups.sql import DAY_MS, HOUR_MS, MINUTE_MS
from oculus.storage.settings import Rollups, StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep

LEFT_OUT = 'SELECT "min", "max", "avg", "stddev" FROM metrics_1m_stored'
MINUTES = 'SELECT "count", "min", "max", "avg", "first", "last", "stddev" FROM metrics_1m ORDER BY ts, symbol'
COLUMNS = {
    "ts": "TIMESTAMP WITH TIME ZONE",
    "category": "VARCHAR",
    "symbol": "VARCHAR",
    "count": "BIGINT",
    **dict.fromkeys(("min", "max", "avg", "first", "last", "stddev"), "DOUBLE"),
}


def rolled_up(writer, metrics):
    writer.put(metrics)
    writer.step()
    while writer._rollups.keep_up(writer.database.writing):
        pass


def ask(database, sql):
    return database.cursor().execute(sql).fetchall()


@pytest.mark.parametrize("table", ["metrics_1m", "metrics_1h", "metrics_1d"])
def test_rollups_have_the_promised_columns(database, table):
    assert {name: kind for name, kind, *_ in ask(database, f"DESCRIBE {table}")} == COLUMNS


def test_of_a_minute_of_one_or_two_numbers_only_the_first_and_the_last_are_stored(
    database, writer, clock, metric
):
    begun = clock.ms - HOUR_MS
    rolled_up(
        writer, [metric(7.0, at=begun), metric(5.0, at=begun + MINUTE_MS), metric(9.0, at=begun + 70_000)]
    )
    assert ask(database, LEFT_OUT) == [(None, None, None, None)] * 2
    assert ask(database, MINUTES) == [
        (1, 7.0, 7.0, 7.0, 7.0, 7.0, None),
        (2, 5.0, 9.0, 7.0, 5.0, 9.0, pytest.approx(8**0.5)),
    ]


def test_minutes_of_more_numbers_are_whole(database, writer, clock, metric):
    begun = clock.ms - HOUR_MS
    rolled_up(writer, [metric(value, at=begun + n) for n, value in enumerate((5.0, 1.0, 9.5, 4.0))])
    assert ask(database, MINUTES) == [(4, 1.0, 9.5, 4.875, 5.0, 4.0, pytest.approx(3.5207717, rel=1e-6))]


def test_numbers_of_any_size_can_be_rolled_up(database, writer, clock, metric):
    begun = clock.ms - HOUR_MS
    values = [(1e300, 1.5e300), (1e149, -1e149), (1e45, 2e45, 5e45), (1e-310, 3e-310)]
    rolled_up(
        writer,
        [
            metric(value, at=begun + n * MINUTE_MS + m)
            for n, pair in enumerate(values)
            for m, value in enumerate(pair)
        ],
    )
    minutes = ask(database, MINUTES)
    assert [row[1:3] for row in minutes] == [(min(some), max(some)) for some in values]
    assert minutes[0][3] == 1.25e300
    assert [row[6] for row in minutes] == [
        None,
        pytest.approx(2**0.5 * 1e149),
        None,
        pytest.approx(2**0.5 * 1e-310),
    ]


def test_minutes_of_an_older_file_say_the_same_afterwards(tmp_path):
    path, chance = tmp_path / "oculus.db", random.Random(3)
    with duckdb.connect(str(path)) as old:
        schema.apply(old, schema.MIGRATIONS[:7])
        old.execute(
            "INSERT INTO metrics SELECT to_timestamp(i * 17.3), 'c', 'c.s' || (i % 3), "
            "round($1 * hash(i) % 997, 2), '{}' FROM range(5000) t(i)",
            [chance.random()],
        )
        old.execute(
            "INSERT INTO metrics_1m SELECT date_trunc('minute', ts) AS m, 'c', symbol, count(*), min(value), "
            "max(value), avg(value), arg_min(value, ts), arg_max(value, ts), stddev_samp(value) FROM metrics "
            "GROUP BY m, symbol"
        )
        before = old.execute(MINUTES).fetchall()
    database = open_database(tmp_path, StorageSettings(), SystemClock())
    after = ask(database, MINUTES)
    database.close()
    assert {row[0] for row in before} >= {1, 2}
    assert [row[:-1] for row in after] == [row[:-1] for row in before]
    assert [row[-1] is None for row in after] == [row[-1] is None for row in before]
    assert [row[-1] or 0 for row in after] == pytest.approx([row[-1] or 0 for row in before], rel=1e-6)


def test_a_backup_has_its_minutes(database, writer, clock, metric, counters, tmp_path):
    rolled_up(writer, [metric(float(n), at=clock.ms - n * 30_000) for n in range(200)])
    copy = Reader(database, counters).backup(tmp_path / "copy.db")
    with duckdb.connect(str(copy), read_only=True) as opened:
        assert opened.execute(MINUTES).fetchall() == ask(database, MINUTES)


def test_sql_from_outside_may_ask_for_them(database, writer, clock, metric, counters):
    rolled_up(writer, [metric(float(n), at=clock.ms - n * 30_000) for n in range(200)])
    found = Reader(database, counters).query('SELECT count(*), max("max") FROM metrics_1m')
    assert found.rows == [[98, 199.0]]


@pytest.fixture
def aged(database, writer, clock, metric):
    """Four days of numbers, of which one day is kept, and two of minutes."""
    rolled_up(writer, [metric(float(n), at=clock.ms - n * 100_000) for n in range(864 * 4)])
    writer.start()
    Upkeep(writer, StorageSettings(retention=Duration(days=1), rollups=Rollups(minutes="2d")), clock).clean()
    return database


@pytest.mark.parametrize("name", ["all.csv", "all.parquet"])
def test_an_export_reaches_back_beyond_the_numbers_and_says_so(aged, counters, tmp_path, name):
    target = Reader(aged, counters).export(tmp_path / name)
    assert duckdb.sql(f"SELECT * FROM '{target}'").columns == [
        *("ts", "category", "symbol", "value", "tags", "rollup"),
        *("count", "min", "max", "first", "last", "stddev"),
    ]
    read = f"SELECT rollup, count(*), sum(\"count\") FROM '{target}' GROUP BY 1 ORDER BY min(ts)"
    found = duckdb.sql(read).fetchall()
    assert [(rollup, rows) for rollup, rows, _ in found][1:] == [("1m", 864), (None, 865)]
    assert found[0][0] == "1h"
    assert found[0][2] + 864 + 865 == 864 * 4, "every number is in it, or in the count of a rollup"
    times = duckdb.sql(f"SELECT ts FROM '{target}'").fetchall()
    assert times == sorted(times)


def test_rules_are_played_over_numbers_then_minutes_then_hours_each_time_once_and_in_order(
    aged, clock, counters
):
    since = clock.ms - 4 * DAY_MS + 12_345
    found = list(Reader(aged, counters).played([], "net\\.tcp\\..*", since, clock.ms))
    times = [one.ts_ms for one in found]
    assert times == sorted(set(times))
    sources = [one.tags.get("rolled", "metrics") for one in found]
    assert sources == ["metrics_1h"] * sources.count("metrics_1h") + ["metrics_1m"] * 864 + ["metrics"] * 865
    assert 40 <= sources.count("metrics_1h") <= 48
