"""The SQL of a rule once more, as of each moment at which it was due: for its backtest.

What it reads is as it was then (storage/statements/asof.py); the limits of one run are those of any. All runs
together have a limit too, in number and in time: a rule that asks for more is played as far as they go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice

from msgspec import Struct

from oculus.core.clock import to_iso
from oculus.core.errors import QueryError
from oculus.core.gap import Gap
from oculus.rules.settings import RuleSettings
from oculus.rules.sql.runner import Outcome, outcome_of
from oculus.rules.sql.statement import Statement
from oculus.rules.trials.slots import slots
from oculus.storage.reader import Reader
from oculus.storage.statements.asof import NoPastError

MOST_RUNS = 10_100  # once a minute for a week
MOST_ROWS = 50_000  # of all runs together: they are kept for the next setting
LONGEST_S = 45.0  # a page may ask for two settings, and waits 100 s


class Reruns(Struct, frozen=True):
    """What the runs of a span came to. `until_ms`: as far as there are any; `why` it is no farther, or ""."""

    outcomes: list[Outcome]
    until_ms: int
    why: str = ""


class LastRuns:
    """The runs that were made last: another `for` or `cooldown` is judged by the same rows."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] = ()
        self._runs = Reruns([], 0)

    def of(
        self,
        rule: RuleSettings,
        span: tuple[int, int],
        gaps: Sequence[Gap],
        reader: Reader,
        told: Callable[[float], None],
    ) -> Reruns:
        """As `rerun`."""
        when = (rule.schedule, rule.timezone, rule.catch_up, span, tuple(gaps))
        wanted = (reader, rule.name, rule.statement, *when)
        if wanted != self._of:
            self._of, self._runs = (), Reruns([], 0)
            self._runs, self._of = rerun(rule, span, gaps, reader, told), wanted
        return self._runs


def rerun(
    rule: RuleSettings,
    span: tuple[int, int],
    gaps: Sequence[Gap],
    reader: Reader,
    told: Callable[[float], None],
) -> Reruns:
    """Run it for every slot of a span (since, until), UTC ms. `told` hears how much of that is done.

    Raises QueryError when it is too often, or when what it reads has no past.
    """
    due = list(islice(slots(rule, *span, gaps), MOST_RUNS + 1))
    if len(due) > MOST_RUNS:
        raise QueryError(
            "too_large",
            f"Its SQL was due more than {MOST_RUNS:,} times since {to_iso(span[0])}",
            f"Choose a shorter time: up to {to_iso(due[-2])} it would do.",
        )
    assert rule.statement is not None
    if due:
        refuse_without_past(rule.statement, due[0], reader)
    outcomes: list[Outcome] = []
    rows, begun = 0, time.monotonic()
    for ts_ms in due:
        if time.monotonic() - begun > LONGEST_S:
            return cut(outcomes, f"its runs took longer than {LONGEST_S:.0f} seconds")
        if rows > MOST_ROWS:
            return cut(outcomes, f"its runs returned more than {MOST_ROWS:,} rows")
        outcomes.append(outcome_of(rule.name, rule.statement, ts_ms, partial(reader.judge_as_of, ts_ms)))
        rows += len(outcomes[-1].rows)
        told(len(outcomes) / len(due))
    return Reruns(outcomes, span[1])


def cut(outcomes: list[Outcome], why: str) -> Reruns:
    until_ms = outcomes[-1].ts_ms
    return Reruns(outcomes, until_ms, f"Played up to {to_iso(until_ms)} only: {why}")


def refuse_without_past(statement: Statement, ms: int, reader: Reader) -> None:
    """Raises NoPastError. That it fails in another way is part of its outcomes."""
    try:
        reader.judge_as_of(ms, statement.sql, statement.params, 1)
    except NoPastError:
        raise
    except QueryError:
        return
