import pytest

from oculus.collectors.scheduler import Scheduler
from oculus.collectors.tools import Tools
from oculus.core.durations import Duration


@pytest.fixture
def start(clock, scripted):
    """Begin with the collectors of these names, as after a restart; what is remembered stays."""
    tools = Tools()
    running = []

    def begin(*names, **more):
        for before in running:
            before.stop(1.0)
        scheduler = Scheduler(lambda batch: None, lambda event: None, clock=clock, tools=tools)
        running.append(scheduler)
        scheduler.replace([scripted.settings(name=name, **more) for name in names])
        return scheduler

    yield begin
    for scheduler in running:
        scheduler.stop(1.0)


def states(scheduler):
    return {status.name: status.state for status in scheduler.status()}


def test_what_is_paused_is_so_after_a_restart_until_somebody_resumes_it(start):
    start("a", "b").pause("a")
    again = start("a", "b")
    assert states(again) == {"a": "paused", "b": "ok"}
    again.resume("a")
    assert states(start("a", "b")) == {"a": "ok", "b": "ok"}


def test_a_setting_that_changed_while_oculus_did_not_run_resumes_nothing(start):
    start("a").pause("a")
    assert states(start("a", interval=Duration(hours=1))) == {"a": "paused"}


def test_what_was_taken_out_of_the_settings_while_paused_is_asked_when_it_comes_back(start):
    start("a", "b").pause("a")
    start("b")
    assert states(start("a", "b")) == {"a": "ok", "b": "ok"}
