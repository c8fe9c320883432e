"""What every test may use."""

import time

import pytest

from oculus.core import masking


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


@pytest.fixture(autouse=True)
def nothing_stays_hidden(monkeypatch):
    """A secret of one test, a lone letter perhaps, must not turn the words of the next one into dots."""
    monkeypatch.setattr(masking, "_hidden", set(masking._hidden))
    monkeypatch.setattr(masking, "_pattern", masking._pattern)


@pytest.fixture
def servers():
    """Starts local stand-ins of services; each ends with the test."""
    made = []

    def start(kind):
        made.append(kind())
        return made[-1]

    yield start
    for server in made:
        server.end()
