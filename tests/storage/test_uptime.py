"""Uptime: of the time in which somebody watched."""

import pytest

from oculus.core.gap import Gap, GapReason
from oculus.storage.file.batch import insert_metrics
from oculus.storage.reader import Reader
from oculus.storage.records import gaps

NOON = 1_767_268_800_000
MINUTE = 60_000
UP = "net.tcp.db:5432.up"


@pytest.fixture
def reader(database, counters, metric):
    """An hour, a probe a minute: down for the last quarter of it."""
    insert_metrics(
        database.writing,
        [metric(float(n < 45), symbol=UP, at=NOON + n * MINUTE) for n in range(60)],
    )
    return Reader(database, counters)


def gap(database, from_minute, to_minute):
    to_ms = None if to_minute is None else NOON + to_minute * MINUTE
    gaps.add(database.writing, Gap(NOON + from_minute * MINUTE, to_ms, GapReason.OFFLINE))


def uptime(reader, since=0, until=60):
    return reader.uptime(UP, NOON + since * MINUTE, NOON + until * MINUTE)


def test_it_is_the_share_of_the_probes_that_were_answered(reader):
    assert uptime(reader) == 0.75
    assert uptime(reader, 50) == 0
    assert reader.uptime("net.tcp.nobody.up", NOON, NOON + MINUTE) is None


def test_what_was_measured_in_a_gap_is_left_out(reader, database):
    gap(database, 45, 60)
    assert uptime(reader) == 1
    assert uptime(reader, 50) is None


def test_a_gap_that_lasts_is_left_out_up_to_now(reader, database):
    gap(database, 50, None)
    assert uptime(reader) == pytest.approx(45 / 50)


def test_several_gaps_count_once(reader, database):
    gap(database, 0, 30)
    gap(database, 10, 30)
    assert uptime(reader) == 0.5


def test_of_rollups_only_those_wholly_in_a_gap_are_left_out(database, counters):
    hour = "INSERT INTO metrics_1h VALUES (make_timestamptz(?), 'net.tcp', ?, 60, 0, 1, ?, 1, 1, 0)"
    for n, share in enumerate([1.0, 0.0, 0.5]):
        database.writing.execute(hour, [(NOON + n * 60 * MINUTE) * 1000, UP, share])
    later = (NOON + 24 * 60 * MINUTE) * 1000
    kept = "UPDATE rollup_marks SET kept_from_at = make_timestamptz(?) WHERE name <> 'metrics_1h'"
    database.writing.execute(kept, [later])
    rolled = "UPDATE rollup_marks SET rolled_until_at = make_timestamptz(?) WHERE name = 'metrics'"
    database.writing.execute(rolled, [later])
    reader = Reader(database, counters)
    assert uptime(reader, 0, 180) == 0.5
    gap(database, 60, 150)  # the second hour, and half of the third
    assert uptime(reader, 0, 180) == 0.75
