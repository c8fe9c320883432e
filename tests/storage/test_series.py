"""What is drawn of a symbol in one reading is what its course and its statistics say alone."""

import pytest

from oculus.storage.reader import Reader
from oculus.storage.reading import series as series_module
from oculus.storage.rollups import pieces as pieces_module
from oculus.storage.rollups.marks import RAW, Marks
from oculus.storage.rollups.sql import DAY_MS, HOUR_MS, MINUTE_MS

HALF_HOUR_MS = 30 * MINUTE_MS


@pytest.fixture
def filled(database, writer, clock, metric, counters):
    """Two days of a number every minute, rolled up."""
    writer.put([metric(float(n % 50), at=clock.ms - n * MINUTE_MS) for n in range(2 * 1440)])
    writer.step()
    while writer._rollups.keep_up(database.writing):
        pass
    return Reader(database, counters)


def parts(stats):
    return [getattr(stats, name) for name in stats.__struct_fields__]


@pytest.mark.parametrize("large", [0, 10**9])
@pytest.mark.parametrize("step_ms", [1, MINUTE_MS, HALF_HOUR_MS, HOUR_MS, DAY_MS])
def test_what_is_drawn_is_what_the_course_and_the_statistics_say(filled, clock, monkeypatch, large, step_ms):
    for module in (pieces_module, series_module):
        monkeypatch.setattr(module, "LARGE", large)
    since_ms, until_ms = clock.ms - DAY_MS - 12_345, clock.ms - 7_777
    drawn = filled.drawn("net.tcp.db:5432", since_ms, until_ms, step_ms)
    assert drawn.stats.count > 1000
    assert drawn.series == [
        pytest.approx(row) for row in filled.series("net.tcp.db:5432", since_ms, until_ms, step_ms)
    ]
    assert parts(drawn.stats) == pytest.approx(parts(filled.stats("net.tcp.db:5432", since_ms, until_ms)))


def test_nothing_is_drawn_of_what_nobody_has_measured(filled, clock):
    for since_ms, until_ms in ((0, clock.ms), (clock.ms, clock.ms - 1)):
        drawn = filled.drawn("nobody", since_ms, until_ms, MINUTE_MS)
        assert (drawn.series, drawn.stats.count, drawn.stats.avg) == ([], 0, None)


def test_minutes_stand_for_numbers_in_large_files_only(filled, database, clock, monkeypatch):
    def asked(step_ms):
        marks = Marks.read(database.cursor())
        return {part.table for part in pieces_module.pieces(marks, clock.ms - DAY_MS, clock.ms, step_ms)}

    assert asked(HALF_HOUR_MS) == {RAW}
    assert asked(HOUR_MS) == {RAW, "metrics_1h"}
    monkeypatch.setattr(pieces_module, "LARGE", 100)
    assert asked(HALF_HOUR_MS) == {RAW, "metrics_1m"}
