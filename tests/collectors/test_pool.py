import threading

import pytest

from oculus.collectors.pool import Errand, Pool


@pytest.fixture
def pool(clock):
    pool = Pool("test", 3, clock, idle_s=0.05)
    yield pool
    pool.close()


@pytest.fixture
def gate():
    gate = threading.Event()
    yield gate
    gate.set()


def errand(work, limit_s=5.0):
    return Errand(work, limit_s, lambda: None)


def test_threads_come_when_needed_and_go_when_idle(pool, eventually):
    done = []
    pool.submit(errand(lambda: done.append(1)))
    eventually(lambda: done == [1])
    eventually(lambda: pool.threads == 0)


def test_one_thread_is_enough_for_one_errand_after_the_other(pool, eventually):
    names = set()
    for _ in range(20):
        pool.submit(errand(lambda: names.add(threading.current_thread().name)))
        eventually(lambda: pool.busy() == 0)
    assert len(names) <= 2


def test_there_are_never_more_threads_than_allowed_and_nothing_is_lost(pool, gate, eventually):
    done = []
    for number in range(10):
        pool.submit(errand(lambda number=number: (gate.wait(5), done.append(number))))
    assert pool.threads == 3
    gate.set()
    eventually(lambda: sorted(done) == list(range(10)))


def test_a_thread_that_hangs_is_replaced_and_ends_when_it_comes_back(pool, gate, clock, eventually):
    stuck = [errand(lambda: gate.wait(5)) for _ in range(3)]
    for one in stuck:
        pool.submit(one)
    eventually(lambda: all(one.begun is not None for one in stuck))
    done = []
    pool.submit(errand(lambda: done.append(1)))
    clock.move(6)
    assert set(pool.give_up(clock.monotonic())) == set(stuck)
    eventually(lambda: done == [1])
    assert pool.lost == 3
    gate.set()
    eventually(lambda: pool.lost == 0)


def test_the_limit_counts_from_the_start_of_the_work_not_from_the_queue(pool, gate, clock, eventually):
    for _ in range(3):
        pool.submit(errand(lambda: gate.wait(5), limit_s=100))
    eventually(lambda: pool.busy() == 3)
    pool.submit(errand(lambda: None, limit_s=1))
    clock.move(50)
    assert pool.give_up(clock.monotonic()) == []


def test_the_lost_are_bounded_too(pool, gate, clock, eventually):
    given_up = []
    for _ in range(12):
        pool.submit(errand(lambda: gate.wait(5)))
    for _ in range(4):
        eventually(lambda: all(hand.errand.begun is not None for hand in list(pool._busy)))
        clock.move(6)
        given_up += pool.give_up(clock.monotonic())
    assert len(given_up) == 6
    assert pool.lost + pool.threads <= 6


def test_an_errand_that_raises_does_not_cost_a_thread(pool, eventually):
    done = []
    pool.submit(errand(lambda: 1 / 0))
    pool.submit(errand(lambda: done.append(1)))
    eventually(lambda: done == [1])


def test_closing_waits_for_work_under_way_but_not_for_ever(clock, gate, eventually):
    pool = Pool("test", 2, clock)
    pool.submit(errand(lambda: gate.wait(5)))
    eventually(lambda: pool.busy() == 1)
    assert not pool.close(0.05)
    gate.set()
    assert pool.close(5.0)
    eventually(lambda: pool.threads == 0)


def test_slow_errands_leave_threads_to_the_others_and_get_their_turn_all_the_same(clock, gate, eventually):
    pool, done = Pool("test", 4, clock, idle_s=0.05), []
    slow = [Errand(lambda: gate.wait(5), 5.0, lambda: None, slow=True) for _ in range(8)]
    for one in slow:
        pool.submit(one)
    eventually(lambda: sum(one.begun is not None for one in slow) == 3)
    for number in range(50):
        pool.submit(errand(lambda number=number: done.append(number)))
    eventually(lambda: done == list(range(50)))
    assert sum(one.begun is not None for one in slow) == 3
    clock.move(6)
    assert len(pool.give_up(clock.monotonic())) == 3  # others of them take the place of those that are lost
    eventually(lambda: sum(one.begun is not None for one in slow) == 6)
    gate.set()
    eventually(lambda: all(one.begun is not None for one in slow) and pool.busy() == 0)
    pool.close()
