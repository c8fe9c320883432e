"""The workers behind the event loop."""

import threading

import pytest

from oculus.web.serving.pool import Pool, PoolFull


def test_work_is_done_and_its_result_returned():
    pool = Pool("t", workers=2, waiting=0)
    assert pool.submit(lambda a, b: a + b, 1, b=2).result(30) == 3


def test_a_failure_reaches_whoever_asked_and_the_worker_goes_on():
    pool = Pool("t", workers=1, waiting=0)
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(30)
    assert pool.submit(lambda: 1).result(30) == 1


def test_what_finds_no_room_is_refused_at_once(gate):
    pool = Pool("t", workers=1, waiting=1)
    first, second = pool.submit(gate.wait, 60), pool.submit(gate.wait, 60)
    with pytest.raises(PoolFull):
        pool.submit(gate.wait)
    gate.set()
    assert first.result(30)
    assert second.result(30)
    assert pool.submit(lambda: 1).result(30) == 1


def test_threads_are_made_when_needed_and_end_when_closed(gate):
    pool = Pool("pooled", workers=4, waiting=0)
    running = [pool.submit(gate.wait, 60) for _ in range(2)]
    names = {thread.name for thread in threading.enumerate()}
    assert {"pooled-1", "pooled-2"} <= names
    assert "pooled-3" not in names
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("pooled-")]
    gate.set()
    for future in running:
        future.result(30)
    pool.close()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    with pytest.raises(PoolFull):
        pool.submit(gate.wait)


def test_where_the_system_gives_no_more_threads_the_first_does_all(monkeypatch):
    pool = Pool("alone", workers=4, waiting=10)

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    answers = [pool.submit(lambda number=number: number) for number in range(10)]
    assert [answer.result(30) for answer in answers] == list(range(10))
    assert pool.busy() == 0
    pool.close()
