from oculus.collectors.backoff import LONGEST_S, LONGEST_WISH_S, Backoff


def always(share):
    return lambda: share


def test_the_wait_doubles_up_to_a_quarter_of_an_hour():
    backoff = Backoff(30.0, always(1.0))
    waits = [backoff.failed() for _ in range(100)]
    assert waits[:5] == [60.0, 120.0, 240.0, 480.0, LONGEST_S]
    assert max(waits) == LONGEST_S == 900.0


def test_the_jitter_is_full_so_that_many_do_not_return_together():
    assert Backoff(30.0, always(0.0)).failed() == 0.0
    assert Backoff(30.0, always(0.5)).failed() == 30.0


def test_a_source_that_asks_for_patience_gets_it_within_reason():
    assert Backoff(30.0, always(0.0)).failed(wish_s=119.0) == 119.0
    assert Backoff(30.0, always(0.0)).failed(wish_s=1e9) == LONGEST_WISH_S


def test_one_success_forgives_all():
    backoff = Backoff(30.0, always(1.0))
    backoff.failed()
    backoff.failed()
    backoff.worked()
    assert backoff.failed() == 60.0
