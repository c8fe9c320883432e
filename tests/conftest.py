"""What every test may use."""

import threading

import pytest

from fakes import fuzz, waiting
from oculus.core import masking

fuzz.try_alike_every_day()


@pytest.fixture(scope="session")
def eventually():
    """`eventually(question)` waits until the answer is true, and returns it."""
    return waiting.eventually


@pytest.fixture
def gate():
    """Holds up whatever waits for it, until the test ends."""
    opened = threading.Event()
    yield opened
    opened.set()


@pytest.fixture(autouse=True)
def nothing_stays_hidden(monkeypatch):
    """A secret of one test, a lone letter perhaps, must not turn the words of the next one into dots."""
    monkeypatch.setattr(masking, "_hidden", dict(masking._hidden))
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
