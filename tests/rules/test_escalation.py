"""A trouble that gets worse while it fires is told again: ESCALATED."""

import pytest

from oculus.rules.life.evaluator import acknowledge, play
from oculus.rules.life.standing import Input, Reading, Spec, Standing

TRUE, FALSE, ERROR = Input.TRUE, Input.FALSE, Input.ERROR
SPEC = Spec(for_ms=0, repeat_ms=1_000_000)


def told(readings, spec=SPEC, standing=None):
    """(second, kind) of what people hear, of readings (second, kind, rank)."""
    given = [Reading(kind, second * 1000, 1.0, rank=rank) for second, kind, rank in readings]
    _, news = play(spec, standing or Standing(), given)
    return [(notice.ts_ms // 1000, str(notice.kind)) for notice in news if not notice.held]


@pytest.mark.parametrize(
    ("readings", "heard"),
    [
        ([(0, TRUE, 1), (10, TRUE, 1)], [(0, "FIRED")]),
        ([(0, TRUE, 1), (10, TRUE, 2), (20, TRUE, 3)], [(0, "FIRED"), (10, "ESCALATED"), (20, "ESCALATED")]),
        ([(0, TRUE, 1), (10, TRUE, 3), (20, TRUE, 1), (30, TRUE, 3)], [(0, "FIRED"), (10, "ESCALATED")]),
        ([(0, TRUE, 3), (10, TRUE, 1), (20, TRUE, 2)], [(0, "FIRED")]),
        (
            [(0, TRUE, 1), (10, TRUE, 2), (20, FALSE, 0), (30, TRUE, 1)],
            [(0, "FIRED"), (10, "ESCALATED"), (20, "RESOLVED"), (30, "FIRED")],
        ),
        ([(0, TRUE, 1), (10, ERROR, 0), (20, TRUE, 2)], [(0, "FIRED"), (20, "ESCALATED")]),
    ],
)
def test_each_rise_is_told_once(readings, heard):
    assert told(readings) == heard


def test_what_got_worse_before_it_was_told_is_told_as_it_is_then():
    assert told([(0, TRUE, 1), (10, TRUE, 3), (20, TRUE, 3)], Spec(for_ms=20_000)) == [(20, "FIRED")]


def test_an_acknowledged_trouble_escalates_no_more():
    fired, _ = play(SPEC, Standing(), [Reading(TRUE, 0, 1.0, rank=1)])
    assert told([(10, TRUE, 3)], standing=acknowledge(fired)) == []
