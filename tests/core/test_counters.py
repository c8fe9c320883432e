import threading

import pytest

from oculus.core.counters import BOUNDS_S, RECENT, Counters, Timing


def test_a_total_grows_and_one_never_named_is_zero():
    counters = Counters()
    counters.add("rows", 5)
    counters.add("rows")
    assert counters.get("rows") == 6
    assert counters.get("never") == 0
    assert counters.totals() == {"rows": 6}


def test_threads_that_count_together_lose_nothing():
    counters = Counters()

    def count():
        for _ in range(2000):
            counters.add("n")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.get("n") == 8000


def test_what_was_handed_out_does_not_change_any_more():
    counters = Counters()
    counters.add("n")
    counters.time("query", 0.02)
    totals, timing = counters.totals(), counters.timing("query")
    counters.add("n")
    counters.time("query", 0.02)
    assert (totals["n"], timing.count) == (1, 1)


def test_timings_fall_into_buckets_whose_bounds_they_do_not_exceed():
    timing = Timing()
    for seconds in (0.001, 0.005, 0.0051, 2.5, 99.0):
        timing.note(seconds)
    assert timing.buckets[:2] == [2, 1]
    assert timing.buckets[BOUNDS_S.index(2.5)] == 1
    assert timing.buckets[-1] == 1
    assert sum(timing.buckets) == timing.count == 5
    assert timing.total_s == pytest.approx(101.5111)


def test_percentiles_are_of_the_recent_ones():
    timing = Timing()
    assert timing.percentile(0.95) is None
    for hundredth in range(1, 101):
        timing.note(hundredth / 100)
    assert timing.percentile(0.5) == 0.51
    assert timing.percentile(0.95) == 0.96
    assert timing.percentile(1.0) == 1.0
    for _ in range(RECENT):
        timing.note(7.0)
    assert timing.percentile(0.01) == 7.0


def test_a_timing_never_noted_is_empty():
    assert Counters().timing("never").count == 0
