from itertools import pairwise

from oculus.collectors.slots import SPREAD_S, Slots, phase


def test_slots_do_not_drift_however_late_each_run_is():
    slots = Slots(first=100.0, interval_s=30.0)
    assert [slots.take(due + 0.4)[0] for due in (100, 130, 160)] == [100.0, 130.0, 160.0]
    assert slots.due == 190.0


def test_after_a_sleep_of_hours_one_slot_is_used_and_the_rest_are_counted():
    slots = Slots(first=0.0, interval_s=30.0)
    slots.take(0.0)
    slot, missed = slots.take(4 * 3600.0 + 7)
    assert (slot, missed) == (4 * 3600.0, 479)
    assert slots.due == 4 * 3600.0 + 30


def test_slots_left_out_on_purpose_are_not_missed():
    slots = Slots(first=0.0, interval_s=10.0)
    slots.skip_until(95.0)
    assert slots.due == 100.0
    assert slots.take(100.0) == (100.0, 0)


def test_ten_years_of_slots_lie_where_they_should():
    slots = Slots(first=0.1, interval_s=0.3)
    for number in range(1_000_000):
        slot, missed = slots.take(0.1 + number * 0.3)
        assert missed == 0
    assert abs(slot - (0.1 + 999_999 * 0.3)) < 1e-6


def test_many_that_start_together_are_spread_evenly():
    phases = sorted(phase(number, 2000, 5.0) for number in range(2000))
    steps = [later - earlier for earlier, later in pairwise(phases)]
    assert phases[0] >= 0
    assert phases[-1] < 5.0
    assert max(steps) < 3 * 5.0 / 2000


def test_the_spread_is_ten_seconds_at_most_and_short_for_a_few():
    assert max(phase(number, 500, 3600.0) for number in range(500)) < SPREAD_S
    assert max(phase(number, 5, 3600.0) for number in range(5)) < 1.0
