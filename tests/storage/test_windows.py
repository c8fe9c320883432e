"""What rules ask of the past is answered from the file, in the functions' own sense."""

import pytest

from oculus.core.windowstats import WindowStats
from oculus.storage.reader import Reader

NOON_MS = 1_767_268_800_000
ALL = ("avg", "median", "p95", "change", "rate", "stddev")


@pytest.fixture
def reader(database, counters, writer, metric):
    values = {10: 5.0, 20: 4.0, 30: 8.0, 40: 2.0, 50: 6.0, 60: 9.0}
    writer.put([metric(value, symbol="a.b", at=NOON_MS + second * 1000) for second, value in values.items()])
    writer.put([metric(1.0, symbol="c.d", at=NOON_MS + 5000), metric(1.0, symbol="e.f", at=NOON_MS + 30_000)])
    writer.step()
    return Reader(database, counters)


def test_a_window_takes_in_its_end_and_leaves_out_its_start(reader):
    found = reader.windows(["a.b", "c.d", "x.y"], NOON_MS + 10_000, NOON_MS + 50_000, ALL)
    assert found["a.b"] == WindowStats(
        count=4, total=20, spread=20, low=2, high=8, first=4, last=6, first_ms=NOON_MS + 20_000,
        last_ms=NOON_MS + 50_000, before=5, median=5, p95=pytest.approx(7.7), risen=4 + 2 + 4,
    )  # fmt: skip
    assert found["c.d"] == WindowStats(before=1.0)
    assert "x.y" not in found


def test_functions_that_need_every_sample_are_computed_for_a_few_symbols_at_a_time(reader, monkeypatch):
    together = reader.windows(["a.b", "c.d", "e.f"], NOON_MS, NOON_MS + 60_000, ALL)
    monkeypatch.setattr("oculus.storage.reading.windows.FEW", 1)
    assert reader.windows(["a.b", "c.d", "e.f"], NOON_MS, NOON_MS + 60_000, ALL) == together
    assert len(together) == 3


def test_what_nobody_asks_for_is_left_out(reader):
    found = reader.windows(["a.b"], NOON_MS + 10_000, NOON_MS + 50_000, ("max",))["a.b"]
    assert (found.high, found.median, found.before, found.risen) == (8, None, None, 0)


def test_the_samples_since_a_moment_come_with_the_last_one_before(reader):
    found = reader.samples(["a.b", "c.d"], NOON_MS + 40_000)
    assert sorted(found) == [
        ("a.b", NOON_MS + 40_000, 2.0),
        ("a.b", NOON_MS + 50_000, 6.0),
        ("a.b", NOON_MS + 60_000, 9.0),
        ("c.d", NOON_MS + 5000, 1.0),
    ]


def test_statements_of_rules_do_not_wait_for_those_of_people(reader):
    for _ in range(4):
        assert reader._queries._places.acquire(blocking=False)
    assert reader.judge("SELECT count(*) AS n FROM metrics WHERE value > $v", {"v": 5}, 10).rows == [[3]]
