"""A fake internet, a clock that stands still, and clients that ask there."""

from __future__ import annotations

import pytest

from fakes.internet import Internet
from fakes.market import Kit


@pytest.fixture
def internet():
    server = Internet()
    yield server
    server.close()


@pytest.fixture
def kit(internet):
    made = Kit(internet)
    yield made
    made.close()
