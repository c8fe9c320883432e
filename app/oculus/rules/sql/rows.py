"""Judging what the SQL of a rule returned: every row is an instance whose condition holds.

Belongs to the engine's thread. A failed run is an error of the rule: nothing is known of any instance.
"""

from __future__ import annotations

from collections.abc import Callable

from oculus.core.counters import Counters
from oculus.core.event import Event, EventType, Severity
from oculus.rules.instance import Rule
from oculus.rules.judging import look
from oculus.rules.judging.failures import ERRORS
from oculus.rules.judging.judge import Judge
from oculus.rules.life import evaluator
from oculus.rules.life.standing import Input, Reading
from oculus.rules.settings import NoData
from oculus.rules.sql.runner import Outcome
from oculus.rules.sql.statement import MOST_ROWS, Row


class RowJudge:
    """Gives the judge its readings of SQL rules, and tells of rules that fail."""

    def __init__(self, judge: Judge, tell: Callable[[Event], None], counters: Counters) -> None:
        self._judge = judge
        self._tell = tell
        self._counters = counters

    def take(self, outcome: Outcome, now_ms: int) -> None:
        """What a run came to. One of a rule that has changed meanwhile says nothing."""
        rule = self._judge.roster.rules.get(outcome.rule)
        if rule is None or rule.condition != outcome.statement:
            return
        self._counters.add("rules.judged", max(1, len(outcome.rows)))
        if outcome.error:
            self._failed(rule, outcome, now_ms)
            return
        self._works(rule, now_ms)
        self._warn_of_more(rule, outcome.truncated, now_ms)
        if self._judge.offline():
            self._nothing_known(rule, outcome, now_ms)
            return
        for key, row in outcome.rows.items():
            self._holds(rule, key, row, outcome, now_ms)
        self._did_not_come(rule, outcome, now_ms)

    def _holds(self, rule: Rule, key: str, row: Row, outcome: Outcome, now_ms: int) -> None:
        instance = self._judge.roster.enter(rule, key, now_ms)
        instance.row, instance.value = row, row.value
        instance.symbol, instance.threshold = row.symbol, None  # what is compared with what, the SQL knows
        instance.heard_ms, instance.judged_ms = now_ms, outcome.ts_ms
        reading = Reading(Input.TRUE, outcome.ts_ms, row.value, rank=instance.severity.rank)
        self._judge.step(instance, reading, now_ms)

    def _did_not_come(self, rule: Rule, outcome: Outcome, now_ms: int) -> None:
        # Of what lies beyond the first thousand rows nothing is known.
        kind = Input.STALE if outcome.truncated else Input.NO_ROW
        for instance in [each for key, each in rule.instances.items() if key not in outcome.rows]:
            instance.heard_ms = now_ms
            self._judge.step(instance, Reading(kind, outcome.ts_ms), now_ms)
            if evaluator.forgettable(rule.spec, instance.standing, now_ms):
                del rule.instances[instance.key]

    def _nothing_known(self, rule: Rule, outcome: Outcome, now_ms: int) -> None:
        """The rows are those of numbers that nobody could measure."""
        for instance in list(rule.instances.values()):
            self._judge.step(instance, Reading(Input.STALE, outcome.ts_ms), now_ms)

    def _failed(self, rule: Rule, outcome: Outcome, now_ms: int) -> None:
        self._counters.add("rules.errors")
        rule.errors, rule.error = rule.errors + 1, outcome.error
        if not rule.instances and rule.spec.no_data is NoData.ALERT:
            self._judge.roster.enter(rule, "", now_ms)  # somebody must say that nothing is known
        for instance in list(rule.instances.values()):
            self._judge.step(instance, look.unreadable(instance, now_ms), now_ms)
        if rule.errors == ERRORS:
            self._say(rule, f"The rule {rule.name} cannot be judged: {rule.error}", now_ms)

    def _works(self, rule: Rule, now_ms: int) -> None:
        told = rule.errors >= ERRORS
        rule.errors, rule.error = 0, ""
        if told:
            self._say(rule, f"The rule {rule.name} can be judged again", now_ms, well=True)

    def _warn_of_more(self, rule: Rule, truncated: bool, now_ms: int) -> None:
        if truncated and not rule.truncated:
            what = (
                f"The rule {rule.name} returns more than {MOST_ROWS} rows; the first {MOST_ROWS} are judged"
            )
            self._say(rule, what, now_ms)
        rule.truncated = truncated

    def _say(self, rule: Rule, what: str, now_ms: int, well: bool = False) -> None:
        self._tell(
            Event(
                ts_ms=now_ms,
                source=f"rule.{rule.name}",
                type=EventType.SYSTEM if well else EventType.ERROR,
                severity=Severity.INFO if well else Severity.ERROR,
                message=what,
                payload={"rule": rule.name, "reason": rule.error},
            )
        )
