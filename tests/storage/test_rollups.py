"""Rollups say what the stored numbers say, whatever came late, whatever was deleted, wherever it stopped."""

from __future__ import annotations

import random

import pytest

from oculus.core.counters import Counters
from oculus.core.durations import Duration
from oculus.core.fields import Size
from oculus.core.metric import Metric
from oculus.storage.reader import Reader
from oculus.storage.rollups import late as rollups_late
from oculus.storage.rollups import rollup as rollups_module
from oculus.storage.rollups.marks import Marks
from oculus.storage.rollups.sql import DAY_MS, HOUR_MS, LEVELS, MINUTE_MS
from oculus.storage.settings import Rollups, StorageSettings
from oculus.storage.upkeep.upkeep import Upkeep
from oculus.storage.writing.writer import Writer

FROM_NUMBERS = """
    SELECT epoch_ms(date_trunc('{unit}', ts)) AS begun, right(symbol, 1)::INT, count(*),
        min(value), max(value), avg(value),
        arg_min(value, ts), arg_max(value, ts), coalesce(stddev_samp(value), -1)
    FROM {table} WHERE ts < make_timestamptz({until}000) GROUP BY begun, symbol ORDER BY begun, symbol
"""
ROLLED_UP = """
    SELECT epoch_ms(ts), right(symbol, 1)::INT, "count", "min", "max", "avg", "first", "last",
        coalesce("stddev", -1)
    FROM {table} WHERE ts < make_timestamptz({until}000) ORDER BY ts, symbol
"""


def caught_up(writer):
    """Have the writer roll up all it can."""
    while writer._rollups.keep_up(writer.database.writing):
        pass


def approx(row):
    """Every column to the last digits but for the deviation of minutes, which has seven."""
    *exact, deviation = row
    return (
        *(pytest.approx(one, rel=1e-9, abs=1e-9) for one in exact),
        pytest.approx(deviation, rel=1e-6, abs=1e-6),
    )


def assert_same(database, numbers="metrics"):
    """All rollups that must be finished are those of `numbers`."""
    cursor = database.cursor()
    rolled = Marks.read(cursor).rolled_ms
    for level in LEVELS:
        until = rolled // level.span_ms * level.span_ms
        wanted = cursor.execute(FROM_NUMBERS.format(unit=level.unit, table=numbers, until=until)).fetchall()
        found = cursor.execute(ROLLED_UP.format(table=level.table, until=until)).fetchall()
        assert found == [approx(row) for row in wanted], level.table


def random_metrics(chance, now_ms, count, late_ms):
    """Mostly new ones, some late; no two of a symbol at the same time."""
    times = {now_ms - chance.randrange(60_000) for _ in range(count)}
    times |= {now_ms - chance.randrange(late_ms) for _ in range(count // 5)}
    return [
        Metric(ts, "net.tcp", f"net.tcp.s{ts % 3}", round(chance.uniform(-50, 50), 3), {})
        for ts in chance.sample(sorted(times), len(times))
    ]


@pytest.mark.parametrize("seed", range(4))
def test_rollups_are_those_of_the_stored_numbers_after_late_ones_and_restarts(database, clock, seed):
    chance = random.Random(seed)
    writer, seen = Writer(database, Counters(), clock), set()
    for _ in range(25):
        clock.ms += chance.choice([1_000, 20_000, 60_000, 7 * MINUTE_MS, 3 * HOUR_MS])
        if chance.random() < 0.2:
            writer = Writer(database, Counters(), clock)  # all that it knew is gone
        fresh = random_metrics(chance, clock.ms, 30, chance.choice([10 * MINUTE_MS, 2 * DAY_MS]))
        writer.put([metric for metric in fresh if (metric.ts_ms, metric.symbol) not in seen])
        seen |= {(metric.ts_ms, metric.symbol) for metric in fresh}
        writer.step()
        if chance.random() < 0.7:
            caught_up(writer)
        if Marks.read(database.cursor()).rolled_ms:
            assert_same(database)
    caught_up(writer)
    assert_same(database)
    assert Marks.read(database.cursor()).rolled_ms == (clock.ms - 2 * MINUTE_MS) // MINUTE_MS * MINUTE_MS


def test_many_late_numbers_are_rolled_up_in_slices(database, writer, clock, metric, monkeypatch):
    monkeypatch.setattr(rollups_module, "SLICE_ROWS", 100)
    writer.put([metric(at=clock.ms - n * 10_000) for n in range(200)])
    writer.step()
    clock.ms += HOUR_MS
    caught_up(writer)
    many = rollups_late.MOST_MINUTES * 3
    writer.put([metric(7.0, at=clock.ms - n * MINUTE_MS - 1) for n in range(many)])
    writer.step()
    assert Marks.read(database.cursor()).rolled_ms < clock.ms - 100 * MINUTE_MS
    assert_same(database)
    caught_up(writer)
    assert_same(database)


def test_thousands_of_late_numbers_are_rolled_up_together_once_no_more_follow(
    database, writer, clock, metric
):
    writer.put([metric(at=clock.ms - n * 10_000) for n in range(200)])
    writer.step()
    caught_up(writer)
    for begin in range(3):
        late = [metric(float(n), at=clock.ms - HOUR_MS + begin * 700_000 + n * 200) for n in range(3_000)]
        writer.put(late)
        writer.step()
    assert Marks.read(database.cursor()).rolled_ms == clock.ms - HOUR_MS
    assert_same(database)
    clock.ms += MINUTE_MS
    caught_up(writer)
    assert Marks.read(database.cursor()).rolled_ms == clock.ms - 2 * MINUTE_MS
    assert_same(database)


def test_what_comes_later_than_the_numbers_are_kept_is_merged(database, writer, clock, metric):
    cold = [metric(float(n), at=clock.ms - 20 * DAY_MS + n * 7_000) for n in range(1_000)]
    writer.put(cold + [metric(float(n), at=clock.ms - n * 50_000) for n in range(300)])
    writer.step()
    caught_up(writer)
    database.writing.execute("CREATE TABLE everything AS FROM metrics")
    writer.start()
    upkeep = Upkeep(writer, StorageSettings(retention=Duration(days=7)), clock)
    upkeep.clean()
    late = [metric(900.5, at=cold[500].ts_ms + 1), metric(-3.0, at=cold[501].ts_ms + 1)]
    late.append(metric(1.5, symbol="net.tcp.3", at=clock.ms - 15 * DAY_MS))
    writer.put(late)
    writer.change(lambda cursor: insert_everything(cursor, late)).result(30)
    upkeep.clean()
    assert database.cursor().execute("SELECT count(*) FROM metrics").fetchall() == [(300,)]
    assert_same(database, "everything")


def insert_everything(cursor, metrics):
    for one in metrics:
        cursor.execute(
            "INSERT INTO everything VALUES (make_timestamptz(?), 'c', ?, ?, NULL)",
            [one.ts_ms * 1000, one.symbol, one.value],
        )


def test_rollups_have_their_own_time_to_live_and_nothing_goes_before_the_next_has_taken_it_in(
    database, writer, clock, metric
):
    writer.put([metric(float(n % 9), at=clock.ms - n * 600_000) for n in range(6 * 24 * 40)])
    writer.step()
    caught_up(writer)
    database.writing.execute("CREATE TABLE everything AS FROM metrics")
    days = [HOUR_MS * 24 * n for n in (1, 10, 30)]
    writer.start()
    short = Rollups(minutes="1s", hours="10d", days="30d")
    Upkeep(writer, StorageSettings(retention=Duration(days=1), rollups=short), clock).clean()
    oldest = [
        database.cursor().execute(f"SELECT epoch_ms(min(ts)) FROM {table}").fetchall()[0][0]
        for table in ("metrics", "metrics_1m", "metrics_1h", "metrics_1d")
    ]
    hour = (clock.ms - 2 * MINUTE_MS) // HOUR_MS * HOUR_MS
    assert oldest[:3] == [clock.ms - days[0], hour, clock.ms - days[1]]
    assert oldest[3] == -(-(clock.ms - days[2]) // DAY_MS) * DAY_MS
    writer.put([metric(100.0, at=clock.ms - 2 * DAY_MS + 1)])  # its minute is gone, its hour is not
    writer.change(lambda cursor: None).result(30)
    hours = 'SELECT "max" FROM metrics_1h WHERE ts = make_timestamptz(?)'
    assert database.cursor().execute(hours, [(clock.ms - 2 * DAY_MS) * 1000]).fetchall() == [(100.0,)]


def test_missing_rollups_are_made_good_at_the_start(database, clock, metric):
    writer = Writer(database, Counters(), clock)
    writer.put([metric(float(n), at=clock.ms - n * 100_000) for n in range(3_000)])
    writer.step()
    caught_up(writer)
    for table, where in (
        ("metrics_1m_stored", "ts < now()"),
        ("metrics_1h", "hour(ts) = 3"),
        ("metrics_1d", "true"),
    ):
        database.writing.execute(f"DELETE FROM {table} WHERE {where}")
        caught_up(Writer(database, Counters(), clock))
        assert_same(database)


def test_numbers_of_a_file_from_before_rollups_are_rolled_up(database, writer, clock):
    database.writing.execute(
        "INSERT INTO metrics SELECT make_timestamptz(($1 - i * 60000) * 1000), 'c', 's' || (i % 3), i, '{}' "
        "FROM range(20000) t(i)",
        [clock.ms],
    )
    caught_up(writer)
    assert_same(database)


def test_a_wrong_clock_harms_no_rollups(database, writer, clock, metric):
    for jump in (0, 400 * DAY_MS, -400 * DAY_MS, -HOUR_MS, HOUR_MS):
        clock.ms += jump
        for _ in range(5):
            clock.ms += MINUTE_MS
            writer.put([metric(float(n), at=clock.ms - n * 9_000) for n in range(9)])
            writer.step()
            caught_up(writer)
            assert_same(database)


def questions(reader, since, until):
    """What pages and rules ask about a span."""
    symbol = "net.tcp.db:5432"
    return [
        *(reader.series(symbol, since, until, step) for step in (MINUTE_MS, 7_000, HOUR_MS, DAY_MS)),
        *(reader.candles(symbol, since, until, step) for step in (MINUTE_MS, HOUR_MS, DAY_MS)),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_charts_say_the_same_with_and_without_rollups(database, writer, clock, metric, counters, seed):
    chance = random.Random(seed)
    times = sorted(chance.sample(range(clock.ms - 3 * DAY_MS, clock.ms), 4_000))
    writer.put([metric(round(chance.gauss(0, 9), 2), at=ms) for ms in times])
    writer.step()
    reader = Reader(database, counters)
    spans = [
        (times[0], clock.ms),
        (times[700] + 3, times[3_000]),
        (times[5], times[9]),
        (0, clock.ms + DAY_MS),
    ]
    before = [questions(reader, *span) for span in spans]
    caught_up(writer)
    after = [questions(reader, *span) for span in spans]
    for one, other in zip(before, after, strict=True):
        for rows, others in zip(one, other, strict=True):
            assert rows == [pytest.approx(row) for row in others]


def test_charts_and_statistics_reach_back_beyond_the_numbers(database, writer, clock, metric, counters):
    writer.put([metric(float(n % 7), at=clock.ms - n * 20_000) for n in range(3 * 24 * 180)])
    writer.step()
    reader = Reader(database, counters)
    symbol, span = "net.tcp.db:5432", (clock.ms - 3 * DAY_MS, clock.ms)
    chart, before = reader.series(symbol, *span, HOUR_MS), reader.stats(symbol, *span)
    caught_up(writer)
    writer.start()
    Upkeep(writer, StorageSettings(retention=Duration(hours=1)), clock).clean()
    assert database.cursor().execute("SELECT count(*) FROM metrics").fetchall() < [(200,)]
    assert reader.series(symbol, *span, HOUR_MS) == [pytest.approx(row) for row in chart]
    after = reader.stats(symbol, *span)
    assert (after.count, after.min, after.max) == (before.count, before.min, before.max)
    assert (after.avg, after.stddev) == (pytest.approx(before.avg), pytest.approx(before.stddev))
    assert (after.first, after.last) == (before.first, before.last)
    fine = reader.series(symbol, clock.ms - DAY_MS, clock.ms - DAY_MS + HOUR_MS, 10_000)
    assert len(fine) == 60, "nothing finer than minutes is left"


def test_numbers_go_first_and_then_minutes_when_the_file_is_too_large(running_small, database, clock):
    settings = StorageSettings(max_size=Size(1), retention=Duration(days=400))
    Upkeep(running_small, settings, clock).clean()
    left = [
        database.cursor().execute(f"SELECT count(*) FROM {level.table}").fetchall()[0][0] for level in LEVELS
    ]
    assert left[0] < 61
    assert left[1] < 25
    assert left[2] == 4


@pytest.fixture
def running_small(writer, clock, metric, monkeypatch):
    monkeypatch.setattr("oculus.storage.upkeep.retention.PAUSE_S", 0.0)
    monkeypatch.setattr("oculus.storage.upkeep.retention.SHARE", 0.5)
    writer.put([metric(float(n), at=clock.ms - n * 60_000) for n in range(3 * 24 * 60)])
    writer.step()
    caught_up(writer)
    writer.start()
    writer.checkpoint().result(30)
    return writer


def test_windows_say_the_same_from_rollups_and_reach_back_beyond_the_numbers(
    database, writer, clock, metric, counters
):
    writer.put([metric(float(n % 13), at=clock.ms - n * 30_000) for n in range(3 * 24 * 120)])
    writer.step()
    reader, symbols = Reader(database, counters), ["net.tcp.db:5432"]
    span = (clock.ms - 2 * DAY_MS - 12_345, clock.ms - 45)
    [before] = reader.windows(symbols, *span, ("avg", "change")).values()
    caught_up(writer)
    [rolled_up] = reader.windows(symbols, *span, ("avg", "change")).values()
    writer.start()
    Upkeep(writer, StorageSettings(retention=Duration(hours=1)), clock).clean()
    [beyond] = reader.windows(symbols, *span, ("avg", "change", "rate")).values()
    assert (rolled_up.first, rolled_up.before) == (before.first, before.before)
    for found in (rolled_up, beyond):
        assert (found.low, found.high, found.last) == (before.low, before.high, before.last)
        assert found.count == pytest.approx(before.count, abs=2)
        assert found.total == pytest.approx(before.total, rel=0.01)
        assert found.spread == pytest.approx(before.spread, rel=0.01)
    assert len(reader.samples(symbols, clock.ms - DAY_MS)) > 1300
