"""Verdicts that cannot be recorded at once."""

from collections import deque

import pytest

from oculus.core.alert import Verdict
from oculus.core.counters import Counters
from oculus.rules.judging import backlog as backlog_module
from oculus.rules.judging.backlog import Backlog


def verdict(number):
    return Verdict(forgotten=((f"r{number}", ""),))


def test_what_cannot_be_recorded_is_tried_again_in_its_order():
    recorded, failures = [], deque([OSError("full")])

    def record(given):
        if failures:
            raise failures.popleft()
        recorded.append(given)

    backlog = Backlog(record, Counters())
    backlog.add(verdict(1))
    backlog.add(verdict(2))
    with pytest.raises(OSError, match="full"):
        backlog.flush()
    backlog.flush()
    assert recorded == [verdict(1), verdict(2)]


def test_room_that_is_made_while_one_is_recorded_costs_only_the_oldest_that_waits(monkeypatch):
    monkeypatch.setattr(backlog_module, "MOST", 2)
    recorded, counters = [], Counters()

    def record(given):
        recorded.append(given)
        if given == verdict(1):  # three more come meanwhile
            for number in (3, 4, 5):
                backlog.add(verdict(number))

    backlog = Backlog(record, counters)
    backlog.add(verdict(1))
    backlog.add(verdict(2))
    backlog.flush()
    assert recorded == [verdict(1), verdict(4), verdict(5)]
    assert counters.get("rules.lost") == 2
