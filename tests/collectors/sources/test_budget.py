"""Allowances and cool-downs: pure, so a year of them takes no time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.market import NOON
from oculus.collectors.sources.budget import Budget, end_of, name_of
from oculus.collectors.sources.circuit import LONGEST_S, OPEN_S, Circuit
from oculus.collectors.sources.providers import Limits
from oculus.core.clock import to_iso

HOUR_MS, DAY_MS = 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("span", "end"),
    [("hour", "2026-11-25T13"), ("day", "2026-11-26T00"), ("month", "2026-12-01T00")],
)
def test_hours_days_and_months_end_where_the_calendar_says(span, end):
    assert to_iso(end_of(span, NOON)).startswith(f"{end}:00:00")
    assert name_of(span, end_of(span, NOON) - 1) == name_of(span, NOON)
    assert name_of(span, end_of(span, NOON)) != name_of(span, NOON)


def test_an_hour_holds_no_more_than_allowed():
    budget = Budget(Limits(per_hour=10))
    for _ in range(10):
        budget.spend(NOON)
    assert budget.wait(NOON + 60_000) == (3540.0, "10 of this hour")
    assert budget.wait(NOON + HOUR_MS) == (0.0, "")


@given(st.lists(st.integers(0, 20_000), max_size=200), st.integers(1, 20))
def test_no_sixty_seconds_ever_hold_more_than_a_minutes_allowance(pauses, most):
    budget, now, asked = Budget(Limits(per_minute=most)), NOON, []
    for pause in pauses:
        now += pause
        if budget.wait(now)[0] == 0:
            budget.spend(now)
            asked.append(now)
    for first in asked:
        assert sum(first <= ms < first + 60_000 for ms in asked) <= most


def test_a_clock_put_back_does_not_lock_anybody_out():
    budget = Budget(Limits(per_minute=1))
    budget.spend(NOON + DAY_MS)
    assert budget.wait(NOON) == (0.0, "")


def test_what_is_kept_is_all_there_is_to_know():
    budget = Budget(Limits(per_minute=2, per_day=5))
    budget.spend(NOON)
    again = Budget(Limits(per_minute=2, per_day=5), budget.saved())
    assert (again.left(NOON), again.used("day", NOON), again.used("month", NOON)) == (4, 1, 1)


def test_a_spent_day_stretches_without_end():
    budget = Budget(Limits(per_day=1))
    budget.spend(NOON)
    assert budget.stretch("a", 1, 60, NOON) == float("inf")


def test_a_month_lasts_when_everybody_stretches_as_told():
    """Two collectors that want four times what there is, simulated to the end of the month."""
    budget, now = Budget(Limits(per_month=2000)), NOON - 24 * DAY_MS
    end, due = end_of("month", now), {"a": now, "b": now}
    while (now := min(due.values())) < end:
        who = min(due, key=due.__getitem__)
        assert budget.wait(now)[0] == 0
        budget.spend(now)
        due[who] = now + round(600_000 * budget.stretch(who, 1, 600, now))
    assert 1700 < budget.used("month", end - 1) <= 2000


@given(st.floats(0, 1), st.integers(1, 40))
def test_rests_grow_with_failures_and_never_beyond_a_quarter_of_an_hour(share, failures):
    circuit = Circuit(random_share=lambda: share)
    for _ in range(failures):
        circuit.failed("answered 502", NOON)
    rest_s = circuit.rest_s(NOON)
    assert rest_s <= LONGEST_S
    assert circuit.open == (failures >= 3)
    if circuit.open:
        assert rest_s >= OPEN_S
    assert rest_s == pytest.approx(
        max(share * min(LONGEST_S, 10 * 2.0 ** (failures - 1)), OPEN_S if circuit.open else 0), abs=0.001
    )


def test_a_provider_may_not_ask_for_more_than_an_hour():
    circuit = Circuit()
    circuit.failed("later", NOON, wish_s=1e9)
    assert circuit.rest_s(NOON) == 3600


def test_a_cool_down_kept_by_a_clock_that_was_wrong_ends_within_an_hour():
    circuit = Circuit({"failures": 1, "until_ms": NOON + 400 * DAY_MS, "reason": "x"})
    assert circuit.rest_s(NOON) == 3600
