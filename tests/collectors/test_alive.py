"""The scheduler as it runs: its own thread, the machine's clock, real sockets."""

import socket
import threading

import pytest

from oculus.collectors.network.tcp import TcpSettings
from oculus.collectors.scheduler import Scheduler
from oculus.core.durations import Duration

SECOND = Duration(seconds=1)


@pytest.fixture
def running():
    metrics, events = [], []
    scheduler = Scheduler(metrics.extend, events.append)
    scheduler.start()
    yield scheduler, metrics, events
    assert scheduler.stop(30.0)


def test_a_service_that_stops_and_comes_back_is_told_both_times(running, eventually):
    scheduler, metrics, events = running
    with socket.create_server(("127.0.0.1", 0)) as service:
        port = service.getsockname()[1]
        scheduler.replace([TcpSettings(target=f"127.0.0.1:{port}", interval=SECOND, timeout=SECOND)])
        eventually(lambda: metrics)
        assert [metric.value for metric in metrics if metric.symbol.endswith(".up")] == [1]
    eventually(lambda: events)
    assert events[0].message == f"127.0.0.1:{port} is down: refused the connection"
    with socket.create_server(("127.0.0.1", port)):
        eventually(lambda: len(events) == 2)
    assert events[1].message.startswith(f"127.0.0.1:{port} answers again after ")


def test_a_collector_that_hangs_is_told_while_it_still_hangs(running, eventually, scripted):
    scheduler, _, events = running
    gate = threading.Event()
    scripted.does = {"hangs": lambda collector: gate.wait(60) and 1.0}
    settings = scripted.settings(name="hangs", interval=SECOND, timeout=Duration(milliseconds=10))
    scheduler.replace([settings])
    eventually(lambda: events)
    assert events[0].message == "hangs was given up: took longer than 1.01s"
    gate.set()
    eventually(lambda: scripted.runs["hangs"] >= 2)
