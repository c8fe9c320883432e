import itertools

from oculus.core.durations import Duration
from oculus.notify.channel import Limit
from oculus.notify.sending.rate_limiter import RateLimiter
from oculus.notify.sending.retry import EXPIRES, wait_s


def test_the_wait_doubles_from_one_second_to_five_minutes():
    waits = [wait_s(failures, None, chance=0) for failures in range(1, 12)]
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert wait_s(10_000, None, chance=0) == 300


def test_chance_takes_up_to_a_quarter_off_so_that_many_do_not_return_together():
    assert {wait_s(4, None, chance) for chance in (0.0, 0.5, 1.0)} == {8, 7, 6}


def test_a_service_that_says_how_long_to_wait_is_obeyed():
    assert wait_s(1, 30.5, chance=1) == 30.5
    assert wait_s(10, 30.5, chance=0) == 300


def test_no_wait_is_longer_than_a_message_lives():
    assert Duration(hours=6) == EXPIRES
    assert wait_s(1, 1e12, chance=0) == EXPIRES.total_seconds()


def sends(limits, times):
    """When each of the sends wished for at `times` goes out."""
    limiter, gone = RateLimiter(limits), []
    for wish in times:
        gone.append(max(wish, limiter.free_at()))
        limiter.note(gone[-1])
    return gone


def test_a_channel_without_limits_never_waits():
    assert sends((), [0, 0, 0]) == [0, 0, 0]


def test_every_limit_of_a_service_is_kept():
    telegram = (Limit(1, 1), Limit(20, 60))
    gone = sends(telegram, [10.0] * 25)
    assert gone[:20] == [10.0 + second for second in range(20)]
    assert gone[20] == 70.0
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(gone))


def test_what_a_quiet_channel_saved_up_goes_out_at_once():
    assert sends((Limit(5, 2),), [0, 0, 0, 0, 0, 0]) == [0, 0, 0, 0, 0, 2]
