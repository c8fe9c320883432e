import threading

import pytest

from oculus.collectors.pool import Pool, Task


@pytest.fixture
def pool(clock):
    pool = Pool("test", 3, 6, clock, idle_s=0.05)
    yield pool
    pool.close()


def task(work, limit_s=5.0):
    return Task(work, limit_s, lambda: None)


def test_threads_come_when_needed_and_go_when_idle(pool, eventually):
    done = []
    pool.submit(task(lambda: done.append(1)))
    eventually(lambda: done == [1])
    eventually(lambda: pool.threads == 0)


def test_one_thread_is_enough_for_one_errand_after_the_other(pool, eventually):
    names = set()
    for _ in range(20):
        pool.submit(task(lambda: names.add(threading.current_thread().name)))
        eventually(lambda: pool.busy() == 0)
    assert len(names) <= 2


def test_there_are_never_more_threads_than_allowed_and_nothing_is_lost(pool, gate, eventually):
    done = []
    for number in range(10):
        pool.submit(task(lambda number=number: (gate.wait(60), done.append(number))))
    assert pool.threads == 3
    gate.set()
    eventually(lambda: sorted(done) == list(range(10)))


def begun(tasks):
    return [one for one in tasks if one.begun is not None]


def test_who_waits_leaves_its_place_to_those_who_work(pool, gate, clock, eventually):
    waiting, done = [task(lambda: gate.wait(60)) for _ in range(6)], []
    for one in waiting:
        pool.submit(one)
    eventually(lambda: len(begun(waiting)) == 3)
    pool.submit(task(lambda: done.append("too early")))
    clock.move(0.2)
    pool.give_up(clock.monotonic())
    eventually(lambda: len(begun(waiting)) == 6)
    assert not done
    clock.move(0.2)
    pool.submit(task(lambda: done.append("in time")))  # who comes need not wait for the next look
    eventually(lambda: sorted(done) == ["in time", "too early"])  # each on a thread of its own
    assert pool.threads <= 9


class Busy:
    """The clock of a machine on which each thread has to wait for its turn."""

    def __init__(self, clock, turn_s):
        self._clock, self._turn_s = clock, turn_s

    def monotonic(self):
        mine = threading.current_thread().name.startswith("test-")
        return self._clock.monotonic() + (self._turn_s if mine else 0)


def test_on_a_busy_machine_who_is_late_does_not_count_as_waiting(gate, clock, eventually):
    pool = Pool("test", 3, 6, Busy(clock, 0.2))
    late = [task(lambda: gate.wait(60)) for _ in range(6)]
    for one in late[:3]:
        pool.submit(one)
    eventually(lambda: len(begun(late)) == 3)
    for one in late[3:]:
        pool.submit(one)
    clock.move(0.9)
    pool.give_up(clock.monotonic())
    assert pool.threads == 3, "they were late by a few turns"
    clock.move(5)
    pool.give_up(clock.monotonic())
    assert pool.threads == 6, "nobody needs so many turns"
    pool.close()


def test_there_is_a_limit_to_those_who_wait_too(pool, gate, clock, eventually):
    waiting = [task(lambda: gate.wait(60)) for _ in range(12)]
    for one in waiting:
        pool.submit(one)
    for _ in range(4):
        eventually(lambda: all(thread.task.begun is not None for thread in list(pool._quick.busy)))
        clock.move(0.2)
        pool.give_up(clock.monotonic())
    assert pool.threads == 9
    assert len(begun(waiting)) == 9
    gate.set()
    eventually(lambda: len(begun(waiting)) == 12)


def test_who_is_known_to_wait_keeps_nobody_from_working_however_many_they_are(pool, gate, clock, eventually):
    slow = [Task(lambda: gate.wait(60), 5.0, lambda: None, slow=True) for _ in range(20)]
    for one in slow:
        pool.submit(one)
    eventually(lambda: len(begun(slow)) == 6)
    done = []
    for number in range(50):
        pool.submit(task(lambda number=number: done.append(number)))
    eventually(lambda: sorted(done) == list(range(50)))
    assert len(begun(slow)) == 6
    gate.set()
    eventually(lambda: len(begun(slow)) == 20 and pool.busy() == 0)


def test_an_errand_that_hangs_is_told_once_and_its_thread_works_on_when_it_comes_back(
    pool, gate, clock, eventually
):
    stuck = [task(lambda: gate.wait(60)) for _ in range(3)]
    for one in stuck:
        pool.submit(one)
    eventually(lambda: len(begun(stuck)) == 3)
    done = []
    pool.submit(task(lambda: done.append(1)))
    clock.move(6)
    assert set(pool.give_up(clock.monotonic())) == set(stuck)
    assert pool.give_up(clock.monotonic()) == []
    eventually(lambda: done == [1])
    gate.set()
    eventually(lambda: pool.busy() == 0)


def test_a_system_without_threads_is_told_once_and_those_there_are_go_on(
    pool, monkeypatch, caplog, gate, eventually
):
    pool.submit(task(lambda: gate.wait(60)))
    none_left = RuntimeError("can't start new thread")
    monkeypatch.setattr(threading.Thread, "start", lambda self: (_ for _ in ()).throw(none_left))
    done = []
    for number in range(3):
        pool.submit(task(lambda number=number: done.append(number)))
    assert [record.message for record in caplog.records] == ["test: can't start new thread; 1 threads go on"]
    gate.set()
    eventually(lambda: done == [0, 1, 2])


def test_the_limit_counts_from_the_start_of_the_work_not_from_the_queue(pool, gate, clock, eventually):
    for _ in range(3):
        pool.submit(task(lambda: gate.wait(60), limit_s=100))
    eventually(lambda: pool.busy() == 3)
    pool.submit(task(lambda: None, limit_s=1))
    clock.move(50)
    assert pool.give_up(clock.monotonic()) == []


def test_an_errand_that_raises_does_not_cost_a_thread(pool, eventually):
    done = []
    pool.submit(task(lambda: 1 / 0))
    pool.submit(task(lambda: done.append(1)))
    eventually(lambda: done == [1])


def test_closing_waits_for_work_under_way_but_not_for_ever(clock, gate, eventually):
    pool = Pool("test", 2, 2, clock)
    pool.submit(task(lambda: gate.wait(60)))
    eventually(lambda: pool.busy() == 1)
    assert not pool.close(0.05)
    gate.set()
    assert pool.close(5.0)
    eventually(lambda: pool.threads == 0)
