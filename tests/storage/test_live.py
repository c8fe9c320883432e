"""The live cache: every symbol's latest value and last hour, from the first moment on."""

from __future__ import annotations

import threading

import pytest

from oculus.core.metric import Metric
from oculus.storage.live import LiveCache

NOON_MS = 1_767_268_800_000
MINUTE_MS = 60_000


@pytest.fixture
def live(clock):
    return LiveCache(clock)


def points(live, symbol="net.tcp.db:5432"):
    return next(trail.points for trail in live.snapshot() if trail.symbol == symbol)


def test_the_latest_value_of_a_symbol_is_known(live, metric):
    live.update([metric(1.0), metric(2.0, at=NOON_MS + 1), metric(9.0, symbol="crypto.price.btc_usd")])
    assert live.latest("net.tcp.db:5432").value == 2.0
    assert live.latest("crypto.price.btc_usd").value == 9.0
    assert live.latest("nobody") is None
    assert live.symbols() == ["crypto.price.btc_usd", "net.tcp.db:5432"]


def test_a_number_that_comes_late_does_not_replace_a_newer_one(live, metric):
    live.update([metric(2.0, at=NOON_MS), metric(1.0, at=NOON_MS - 1)])
    assert live.latest("net.tcp.db:5432").value == 2.0
    assert points(live) == [(NOON_MS, 2.0)]


def test_a_trail_has_the_symbols_points_oldest_first(live, metric):
    live.update([metric(float(n), at=NOON_MS + n * MINUTE_MS) for n in range(5)])
    assert points(live) == [(NOON_MS + n * MINUTE_MS, float(n)) for n in range(5)]


def test_a_trail_covers_an_hour_with_at_most_122_points_and_always_the_newest(live, metric):
    for second in range(0, 3 * 3600, 5):
        live.update([metric(float(second), at=NOON_MS + second * 1000)])
        assert points(live)[-1] == (NOON_MS + second * 1000, float(second))
    kept = points(live)
    assert len(kept) <= 122
    assert 3_500_000 <= kept[-1][0] - kept[0][0] <= 3_600_000


def test_a_symbol_that_speaks_once_a_day_keeps_two_points_for_its_trend(live, metric):
    day_ms = 24 * 60 * MINUTE_MS
    live.update([metric(float(n), at=NOON_MS + n * day_ms) for n in range(4)])
    assert [value for _, value in points(live)] == [2.0, 3.0]


def test_symbols_that_come_and_go_are_forgotten_although_nobody_looks(live, metric, clock):
    live.update([metric(symbol="custom.job.stays", at=clock.ms)])
    for day in range(30):
        clock.ms += 24 * 60 * MINUTE_MS
        live.update([metric(symbol=f"custom.job.{day}", at=clock.ms)])
        live.update([metric(symbol="custom.job.stays", at=clock.ms)])
    assert live.symbols() == sorted(["custom.job.stays", *(f"custom.job.{day}" for day in range(22, 30))])


def test_a_trail_is_the_same_object_until_something_comes(live, metric):
    live.update([metric(1.0), metric(5.0, symbol="net.tcp.other:1")])
    [one, other] = live.snapshot()
    live.update([metric(2.0, at=NOON_MS + 1)])
    again = live.snapshot()
    assert again[0] is not one
    assert again[1] is other
    assert one.points == [(NOON_MS, 1.0)]


def test_a_symbol_not_heard_of_for_a_week_is_forgotten(live, metric, clock):
    live.update([metric(1.0)])
    clock.ms += 6 * 24 * 3_600_000
    assert len(live.snapshot()) == 1
    clock.ms += 2 * 24 * 3_600_000
    assert live.snapshot() == []
    assert live.latest("net.tcp.db:5432") is None


def test_it_may_be_asked_while_it_is_filled(live, metric):
    stop = threading.Event()
    failures = []

    def ask():
        while not stop.is_set():
            try:
                live.snapshot()
                live.symbols()
            except RuntimeError as error:
                failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    for n in range(3000):
        live.update([metric(1.0, symbol=f"net.tcp.h{n}:1")])
    stop.set()
    asking.join()
    assert failures == []


def test_what_it_was_seeded_with_is_there_in_any_order_with_its_tags(live):
    live.seed([
        Metric(NOON_MS, "c.c", "c.c.s", 3.0, {}),
        Metric(NOON_MS - MINUTE_MS, "c.c", "c.c.s", 2.0, {}),
        Metric(NOON_MS, "c.c", "c.c.s", 3.0, {"unit": "ms"}),
    ])  # fmt: skip
    assert live.latest("c.c.s").tags == {"unit": "ms"}
    assert points(live, "c.c.s") == [(NOON_MS - MINUTE_MS, 2.0), (NOON_MS, 3.0)]
