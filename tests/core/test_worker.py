import threading
import time

from oculus.core.errors import in_words
from oculus.core.worker import Worker


class Counting(Worker):
    pause_s = 0.001

    def __init__(self, failing=()):
        super().__init__("counting")
        self.steps = 0
        self.finished = 0
        self.failing = failing

    def step(self):
        self.steps += 1
        if self.steps in self.failing:
            raise OSError("the cable is out")

    def finish(self):
        self.finished += 1


def test_a_worker_works_on_a_thread_of_its_name_until_it_is_stopped(eventually):
    worker = Counting()
    assert not worker.alive()
    worker.start()
    eventually(lambda: worker.steps > 3)
    assert worker.alive()
    assert "counting" in {thread.name for thread in threading.enumerate()}
    assert worker.stop()
    assert not worker.alive()
    assert worker.finished == 1


def test_an_error_of_the_system_is_told_without_its_number():
    assert (
        in_words(PermissionError(13, "Permission denied", "/data/tables"))
        == "/data/tables: Permission denied"
    )
    assert in_words(OSError("the cable is out")) == "the cable is out"


def test_stopping_does_not_wait_for_the_pause_to_end(eventually):
    worker = Counting()
    worker.pause_s = 60
    worker.start()
    eventually(lambda: worker.steps == 1)
    begun = time.monotonic()
    assert worker.stop()
    assert time.monotonic() - begun < 30


def test_one_bad_step_does_not_end_the_thread_and_is_forgotten_after_a_good_one(eventually):
    worker = Counting(failing={1})
    worker.start()
    eventually(lambda: worker.steps > 2)
    assert worker.last_error is None
    assert worker.stop()


def test_what_stays_broken_is_said_once(caplog, eventually):
    worker = Counting(failing=range(1000))
    worker.start()
    eventually(lambda: worker.steps > 3)
    assert str(worker.last_error) == "the cable is out"
    assert worker.stop()
    said = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [record.getMessage() for record in said] == ["counting: the cable is out"]


def test_a_step_that_waits_for_work_is_woken_to_stop():
    class Waiting(Worker):
        pause_s = 0

        def __init__(self):
            super().__init__("waiting")
            self.work = threading.Event()

        def step(self):
            self.work.wait(60)

        def wake(self):
            self.work.set()

    worker = Waiting()
    worker.start()
    assert worker.stop(30)


def test_a_step_that_hangs_makes_stop_say_so_in_time():
    begun, release = threading.Event(), threading.Event()

    class Hanging(Worker):
        def step(self):
            begun.set()
            release.wait(60)

    worker = Hanging("hanging")
    worker.start()
    assert begun.wait(60)
    assert not worker.stop(0.05)
    release.set()
    assert worker.stop(30)


def test_a_failure_while_putting_away_is_said(caplog):
    class Untidy(Counting):
        def finish(self):
            raise OSError("no room")

    worker = Untidy()
    worker.start()
    assert worker.stop()
    assert "counting: no room" in caplog.text


def test_a_worker_that_never_started_is_stopped_at_once():
    assert Counting().stop()
