"""What Oculus tells about itself."""

import sys
import threading

import pytest

from oculus.core.clock import SystemClock
from oculus.vitals import MANY_THREADS, Vitals, measured


@pytest.fixture
def crowd():
    """Start so many threads of that name."""
    gate, started = threading.Event(), []

    def start(name):
        started.extend(threading.Thread(target=gate.wait, name=f"{name}-{n}") for n in range(MANY_THREADS))
        for thread in started[-MANY_THREADS:]:
            thread.start()

    yield start
    gate.set()
    for thread in started:
        thread.join()


def test_threads_that_a_plugin_never_ends_are_told_of_but_not_collectors_that_wait(crowd):
    told = []
    vitals = Vitals(dict, lambda metrics: None, told.append, SystemClock())
    crowd("collector")
    vitals.step()
    assert told == []
    crowd("office")
    vitals.step()
    vitals.step()
    [event] = told
    assert f"{MANY_THREADS} of them are called 'office': a plugin may start them" in event.message


def test_oculus_watches_itself(house, eventually):
    with house("collectors: []\n") as oculus:
        eventually(lambda: oculus.live.latest("oculus.queue"))
        found = oculus.reader.query(
            "SELECT DISTINCT symbol FROM metrics WHERE category = 'oculus' ORDER BY 1"
        )
    names = [row[0] for row in found.rows]
    assert {"oculus.queue", "oculus.insert_failures", "oculus.database_bytes"} <= set(names)


def test_what_was_not_measured_has_no_row(house, eventually):
    with house("collectors: []\n") as oculus:
        eventually(lambda: oculus.live.latest("oculus.queue"))
        assert oculus.live.latest("oculus.query_p95") is None


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
def test_a_database_that_is_taken_away_measures_nothing_and_the_rest_goes_on(house):
    with house("collectors: []\n") as oculus:
        oculus.database.path.unlink()
        found = measured(oculus.writer, oculus.scheduler, oculus.counters)
        assert (found["database_bytes"], found["dropped"]) == (0, 0)


def test_a_start_and_a_stop_are_events(house):
    with house("collectors: []\n"):
        pass
    with house("collectors: []\n") as oculus:
        found = oculus.reader.query("SELECT message FROM events WHERE source = 'oculus' ORDER BY id")
    assert [row[0] for row in found.rows][:2] == ["Oculus has started", "Oculus has stopped"]
