"""How far the clock is off, asked of a real server on this machine."""

import contextlib
import socket
import struct
import threading
import time

import pytest

from oculus.core.clock import SystemClock
from oculus.doctor.clock import SINCE_1900, NoAnswer, clock, offset_s
from oculus.doctor.finding import State


@contextlib.contextmanager
def server(ahead_s=0.0, *, stratum=2, mode=4, answers=True):
    """Its clock is so far ahead of this machine's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                _, whom = sock.recvfrom(512)
                if answers:
                    now = time.time() + ahead_s + SINCE_1900
                    stamp = struct.pack("!II", int(now) & 0xFFFFFFFF, int(now % 1 * 2**32))
                    sock.sendto(struct.pack("!BB30x", 0x20 | mode, stratum) + stamp * 2, whom)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield sock.getsockname()
        sock.sendto(b"", sock.getsockname())
        thread.join(30)


@pytest.fixture
def patient(monkeypatch):
    """The machine may be busy."""
    monkeypatch.setattr("oculus.doctor.clock.ANSWER_S", 30.0)


@pytest.mark.parametrize(
    ("ahead_s", "state", "words"),
    [
        (0.0, State.OK, "right within"),
        (-20.0, State.ODD, "20 s ahead"),
        (20.0, State.ODD, "20 s behind"),
        (7200.0, State.BAD, "2 h behind"),
        # The counter of this protocol begins anew in February 2036.
        (40 * 365 * 86400.0, State.BAD, "14600 d behind"),
    ],
)
def test_a_clock_that_is_off_is_told_with_how_far(ahead_s, state, words, patient):
    with server(ahead_s) as address:
        found = clock(SystemClock(), None, address)
    assert found.state is state
    assert words in found.says
    assert bool(found.remedy) is (state is not State.OK)


@pytest.mark.parametrize("odd", [{"stratum": 0}, {"mode": 3}])
def test_a_server_that_does_not_know_the_time_is_not_believed(odd, patient):
    with server(500.0, **odd) as address, pytest.raises(NoAnswer, match="does not know the time"):
        offset_s(address)


def test_without_a_time_server_nothing_is_claimed():
    with server(answers=False) as address:
        found = clock(SystemClock(), None, address)
    assert found.state is State.SKIPPED
    assert "does not answer" in found.says


def test_stored_numbers_of_the_future_show_that_the_clock_was_set_back():
    found = clock(SystemClock(), SystemClock().now_ms() + 3_600_000, ("127.0.0.1", 1))
    assert found.state is State.BAD
    assert "1 h behind the newest stored number" in found.says
