"""What every test may use."""

import time

import pytest


@pytest.fixture
def eventually():
    """Wait until `question()` is true, and return what it said."""

    def wait(question, within_s=10.0, every_s=0.01):
        until = time.monotonic() + within_s
        while not (answer := question()):
            if time.monotonic() > until:
                raise AssertionError(f"it stayed {answer!r} for {within_s} s")
            time.sleep(every_s)
        return answer

    return wait
