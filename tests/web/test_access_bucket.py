import pytest
from hypothesis import given
from hypothesis import strategies as st

from oculus.web.access.bucket import TokenBucket


def test_so_many_at_once_and_then_so_many_a_second():
    bucket = TokenBucket(per_second=2, burst=3, now=100.0)
    assert [bucket.take(100.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert bucket.take(100.0) == pytest.approx(0.5)
    assert bucket.take(100.5) == 0.0
    assert bucket.take(100.5) > 0


def test_waiting_as_long_as_it_says_is_enough():
    bucket = TokenBucket(per_second=0.3, burst=1, now=0.0)
    assert bucket.take(0.0) == 0.0
    wait = bucket.take(1.0)
    assert bucket.take(1.0 + wait + 1e-9) == 0.0


def test_a_long_rest_saves_up_no_more_than_the_burst():
    bucket = TokenBucket(per_second=10, burst=5, now=0.0)
    assert [bucket.take(1e6) == 0.0 for _ in range(6)] == [True] * 5 + [False]


@given(st.lists(st.floats(0, 2), max_size=200))
def test_never_more_than_burst_and_rate_allow(pauses):
    bucket, now, taken = TokenBucket(per_second=4, burst=2, now=0.0), 0.0, 0
    for pause in pauses:
        now += pause
        taken += bucket.take(now) == 0.0
    assert taken <= 2 + 4 * now + 1e-6
