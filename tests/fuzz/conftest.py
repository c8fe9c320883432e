"""Fuzzing that was asked to take long may."""

import pytest

from fakes.fuzz import TIMES


def pytest_collection_modifyitems(items):
    for item in items:
        if TIMES > 1 and "/fuzz/" in item.path.as_posix():
            item.add_marker(pytest.mark.timeout(120 * TIMES))
