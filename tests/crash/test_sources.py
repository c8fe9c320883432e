"""Sources that hang by the hundred, and a plugin that leaks threads: the others are asked, pages answer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error

import pytest

GOOD = {"type": "tcp", "name": "good", "interval": "1s", "timeout": "900ms"}
RUNS = "SELECT count(*) FROM metrics WHERE symbol = 'net.tcp.good'"

DOWN = "SELECT count(DISTINCT symbol), max(value) FROM metrics WHERE symbol LIKE 'net.http.hung%.up'"


@pytest.fixture
def silent():
    """A server that takes every connection and never says a word; its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    taken = []

    def accept():
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    thread = threading.Thread(target=accept, name="silent", daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)  # which ends the accepting, too
    thread.join(60)
    listener.close()
    for one in taken:
        one.close()


def hung(count, port, timeout):
    every = {"interval": timeout, "timeout": timeout, "retries": 0}
    return [
        {"type": "http", "name": f"hung{n}", "target": f"http://127.0.0.1:{port}/{n}"} | every
        for n in range(count)
    ]


def goes_on(copy, eventually, runs, within_s):
    """A good collector is asked `runs` times and the pages answer meanwhile; the longest wait for one, s."""
    [[before]] = copy.query(RUNS)
    longest = 0.0

    def asked():
        nonlocal longest
        begun = time.monotonic()
        ready = copy.ready()["ready"]  # the machine may be too busy for it once
        longest = max(longest, time.monotonic() - begun)
        return ready and copy.query(RUNS)[0][0] - before >= runs

    eventually(asked, within_s, every_s=0.1)
    return longest


def hang(copies, silent, eventually, count, timeout, runs, within_s):
    good = GOOD | {"target": f"127.0.0.1:{silent}"}
    copy = copies(collectors=[*hung(count, silent, timeout), good])
    copy.serve()
    eventually(lambda: copy.query(DOWN) == [[count, 0.0]], 120)  # each is told of, and known to be slow
    begun = time.monotonic()
    longest = goes_on(copy, eventually, runs, within_s)
    took_s, figures = time.monotonic() - begun, copy.figures()
    print(
        f"{count} hang: {runs} runs of a good one in {took_s:.0f} s, longest wait {longest:.1f} s, {figures}"
    )
    assert figures["threads"] < count + 100, "whoever hangs has one thread, however often it is asked"
    assert longest < 20
    assert copy.stop() == 0


def test_sources_that_hang_keep_no_other_from_being_asked(copies, silent, eventually):
    hang(copies, silent, eventually, 90, "1500ms", 2, 60)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_five_hundred_sources_that_hang_keep_no_other_from_being_asked(copies, silent, eventually):
    hang(copies, silent, eventually, 500, "5s", 15, 60)


LEAK = """
import threading
from oculus.plugin import Collector

class Leak(Collector):
    category = "custom.leak"

    def collect(self):
        for _ in range(200):
            threading.Thread(target=threading.Event().wait, name="leaked").start()
        return [self.metric("custom.leak.runs", 1.0)]
"""


def test_a_plugin_that_leaks_threads_is_told_of_and_everything_else_goes_on(
    copies, silent, tmp_path, eventually
):
    (tmp_path / "leak.py").write_text(LEAK)
    good = GOOD | {"target": f"127.0.0.1:{silent}"}
    copy = copies(
        collectors=[{"type": "plugin", "module": "leak.py", "interval": "1s", "timeout": "900ms"}, good]
    )
    copy.serve()
    told = "SELECT message FROM events WHERE source = 'oculus' AND message LIKE '%threads%'"
    [[message]] = eventually(lambda: copy.query(told))
    assert "'leaked'" in message
    assert goes_on(copy, eventually, 2, 60) < 20
    assert copy.query("SELECT count(*) > 0 FROM metrics WHERE symbol = 'oculus.threads'") == [[True]]
    begun = time.monotonic()
    assert copy.stop() == 0, "threads that never end do not keep Oculus from ending"
    assert time.monotonic() - begun < 25


# Somebody who may start no more than 150 threads, all programs together. Root is not held to that.
FEW = 'ulimit -u 150 && exec "$@"'
SOMEBODY = 54_321
AS_SOMEBODY = [
    *("setpriv", "--reuid", str(SOMEBODY), "--regid", str(SOMEBODY), "--clear-groups"),
    *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", "bash", "-c", FEW, "bash"),
]


@pytest.fixture
def few_threads(tmp_path):
    """How to start a program that soon has no more threads to get."""
    if not shutil.which("setpriv") or os.getuid():
        pytest.skip("only root with `setpriv` can give a program too few threads")
    tried = subprocess.run([*AS_SOMEBODY, "true"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"a program with too few threads cannot be had here: {tried.stderr.strip()}")
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    return [*AS_SOMEBODY, sys.executable, "-m", "oculus"]


@pytest.mark.long
def test_where_the_system_gives_no_more_threads_pages_and_collectors_go_on(
    copies, few_threads, silent, tmp_path, eventually
):
    (tmp_path / "leak.py").write_text(LEAK)
    good = GOOD | {"target": f"127.0.0.1:{silent}"}
    leaking = {"type": "plugin", "module": "leak.py", "name": "leak", "interval": "1s", "timeout": "900ms"}
    copy = copies(start=few_threads, collectors=[leaking, good])
    copy.serve()

    def collector(name):
        [found] = [each for each in copy.ask("/api/collectors")["collectors"] if each["name"] == name]
        return found

    def stored():
        return copy.ask("/api/metrics?symbol=net.tcp.good&limit=1000")["count"]

    eventually(lambda: "can't start new thread" in collector("leak")["last_error"])
    before = stored()
    eventually(lambda: stored() >= before + 2)
    assert copy.ready()["ready"]
    for _ in range(6):  # more than may run at once: a refusal takes nobody's place
        with pytest.raises(urllib.error.HTTPError) as refused:
            copy.query("SELECT 1")
        assert "start no more threads" in refused.value.read().decode()
    assert copy.stop() == 0
    assert "Traceback" not in "".join(copy.said)
