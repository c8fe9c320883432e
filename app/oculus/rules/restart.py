"""What a restart must not lose: states and open alerts, found again by rule and instance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from oculus.core.alert import Alert, News, NewsKind, SavedState
from oculus.rules.instance import Instance, Memory, Rule, read_memory
from oculus.rules.judging.judge import Judge
from oculus.rules.judging.telling import ended
from oculus.rules.language.condition import ConditionError, parse
from oculus.rules.life.pauses import away, set_back
from oculus.rules.life.standing import Standing, State, with_data
from oculus.rules.settings import RuleSettings

Rules = Mapping[str, RuleSettings]  # by name


class Past:
    """What was saved before the restart, until the rules it belongs to are known."""

    def __init__(self, states: Iterable[SavedState], alerts: Iterable[Alert]) -> None:
        self._states = list(states)
        self._alerts = {alert.id: alert for alert in alerts}

    def restore(self, judge: Judge, rules: Rules, now_ms: int) -> None:
        """Put every instance where it stood; end what has no rule any more. In `rules` are those, too,
        that are off or have expired."""
        for state in self._states:
            memory = read_memory(state.body)
            instance = self._home(judge, state, memory, now_ms) if memory else None
            if instance is None or memory is None:
                judge.changes.forget(state.rule, state.instance)
                judge.changes.announce(self._endings(judge, state, memory, rules, now_ms))
            else:
                self._put_back(judge, instance, memory, now_ms)
        for alert in list(self._alerts.values()):
            judge.changes.announce([self._ending(judge, alert, None, rules, now_ms)])

    def _home(self, judge: Judge, state: SavedState, memory: Memory, now_ms: int) -> Instance | None:
        """The instance that goes on from there; None when its rule is gone or has another condition."""
        rule = judge.roster.rules.get(state.rule)
        if rule is None or not same_condition(rule, memory):
            return None
        name = rule.name_of(state.instance)
        return None if name is None else judge.roster.enter(rule, name, now_ms)

    def _put_back(self, judge: Judge, instance: Instance, memory: Memory, now_ms: int) -> None:
        # Of a clock that is behind, nothing can have happened later than now.
        standing = set_back(memory.standing, now_ms)
        instance.alert = self._alerts.pop(memory.alert or 0, None)
        instance.no_data_alert = self._alerts.pop(memory.no_data_alert or 0, None)
        instance.told = memory.channels if instance.open_alerts() else ()
        if standing.state in (State.FIRING, State.RECOVERING) and instance.alert is None:
            # Somebody has ended it in the meantime.
            standing = Standing(told_ms=standing.told_ms, rung_ms=standing.rung_ms)
        if instance.no_data_alert is None:
            standing = with_data(standing)
        instance.judged_ms = standing.seen_ms
        instance.saved = True
        if instance.alert:
            instance.value, instance.threshold = instance.alert.value, instance.alert.threshold
            instance.rule.last_fired_ms = max(instance.rule.last_fired_ms or 0, instance.alert.fired_ms)
        judge.settle(instance, away(standing, max(0, now_ms - memory.saved_ms)), now_ms)

    def _endings(
        self, judge: Judge, state: SavedState, memory: Memory | None, rules: Rules, now_ms: int
    ) -> Iterator[News]:
        """RESOLVED for whatever that state had open."""
        for alert in list(self._alerts.values()):
            if (alert.rule, alert.instance) == (state.rule, state.instance):
                del self._alerts[alert.id]
                yield self._ending(judge, alert, memory, rules, now_ms)

    def _ending(self, judge: Judge, alert: Alert, memory: Memory | None, rules: Rules, now_ms: int) -> News:
        rule = judge.roster.rules.get(alert.rule)
        known = "rule changed" if memory else "its state was lost"
        reason = known if rule else why_gone(rules.get(alert.rule), now_ms)
        unheard = memory is not None and memory.alert == alert.id and not memory.standing.told
        return News(
            kind=NewsKind.RESOLVED,
            alert=ended(alert, now_ms, reason),
            ts_ms=now_ms,
            held=f"nobody was told that it fired: {memory.standing.held}" if memory and unheard else "",
            channels=memory.channels if memory else rule.settings.channels if rule else (),
        )


def same_condition(rule: Rule, memory: Memory) -> bool:
    if memory.condition == str(rule.condition):
        return True
    try:
        return parse(memory.condition) == rule.condition
    except ConditionError:
        return False


def why_gone(rule: RuleSettings | None, now_ms: int) -> str:
    """Why what a rule had open ends; `rule` is what it is now, None when it is no more."""
    if rule is None or rule.expired(now_ms):
        return "rule expired" if rule else "rule removed"
    return "rule changed" if rule.enabled else "rule switched off"
