"""The scheduler as it runs: its own thread, the machine's clock, real sockets."""

import socket
import subprocess
import sys
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


@pytest.fixture
def port():
    """A port that nobody else gets while nobody listens there."""
    with socket.socket() as holder:
        if hasattr(socket, "SO_REUSEPORT"):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind(("127.0.0.1", 0))
        number = holder.getsockname()[1]
        if not hasattr(socket, "SO_REUSEPORT"):
            holder.close()
        yield number


def service(port):
    return socket.create_server(("127.0.0.1", port), reuse_port=hasattr(socket, "SO_REUSEPORT"))


def test_a_service_that_stops_and_comes_back_is_told_both_times(running, port, eventually):
    scheduler, metrics, events = running
    with service(port):
        scheduler.replace([TcpSettings(target=f"127.0.0.1:{port}", interval=SECOND, timeout=SECOND)])
        eventually(lambda: metrics)
        assert metrics[-1].value, "it is up"
    eventually(lambda: events)
    assert events[0].message == f"127.0.0.1:{port} is down: refused the connection"
    with service(port):
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


def test_hosts_that_swallow_packets_wait_all_at_once_and_keep_nobody_else_waiting(silent_port, eventually):
    metrics, patient = [], Duration(seconds=30)
    scheduler = Scheduler(metrics.extend, lambda event: None, threads=2)
    with socket.create_server(("127.0.0.1", 0)) as service:
        dark, well = f"127.0.0.1:{silent_port}", f"127.0.0.1:{service.getsockname()[1]}"
        probes = [TcpSettings(target=dark, name=f"d{n}", interval=patient, timeout=patient) for n in range(8)]
        scheduler.replace([*probes, TcpSettings(target=well, interval=SECOND, timeout=SECOND)])
        scheduler.start()
        eventually(lambda: scheduler._pool.busy() >= 8)
        before = len(metrics)
        eventually(lambda: len(metrics) > before)
        scheduler.stop(0.1)
    assert all(metric.value for metric in metrics)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_system_that_allows_few_open_files_is_asked_for_more():
    code = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 1000))
from oculus.collectors.sockets import room
print(room(), resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "250 (1000, 1000)\n"
