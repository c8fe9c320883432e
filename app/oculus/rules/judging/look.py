"""What an instance sees: from what is known now to the one reading that it is moved by."""

from __future__ import annotations

from oculus.rules.instance import Instance
from oculus.rules.life.standing import Input, Reading, State
from oculus.rules.memory.sight import INTERVALS, SHORTEST_MS, Sight
from oculus.rules.settings import NoData


def by_sample(sight: Sight, instance: Instance, ts_ms: int, now_ms: int) -> Reading:
    """As of a sample at `ts_ms`. Raises whatever its condition does.

    Where a sample of another symbol is newer, it is that one since when all is as it is now.
    """
    moment_ms = max(ts_ms, instance.judged_ms)
    seen = sight.look(now_ms, instance.rule.patience_ms, moment_ms, ts_ms)
    holds = instance.condition.holds(seen)
    if holds is None:
        return stale(sight, instance)
    value = instance.value = instance.condition.value(seen)
    instance.threshold = instance.condition.threshold(seen)
    instance.heard_ms = now_ms
    if holds:
        return Reading(Input.TRUE, moment_ms, value)
    clears = instance.clear is None or instance.clear.holds(seen) is True
    return Reading(Input.FALSE, moment_ms, value, clears)


def by_time(sight: Sight, instance: Instance, now_ms: int) -> tuple[Reading | None, bool]:
    """STALE if it has become so; and whether it was and is no longer, though no sample came."""
    standing, alerts = instance.standing, instance.rule.spec.no_data is NoData.ALERT
    if standing.state is State.OK and standing.no_data_ms is None and not alerts:
        return None, False  # only a cooldown is still to run out; data or none makes no difference
    seen = sight.look(now_ms, instance.rule.patience_ms)
    if instance.condition.holds(seen) is None:
        return stale(sight, instance), False
    frozen_ms = standing.frozen_ms
    if frozen_ms is None:
        return None, False
    return None, any(seen.answered_ms(symbol) > frozen_ms for symbol in instance.condition.symbols)


def stale(sight: Sight, instance: Instance) -> Reading:
    since, overdue = sight.silent(instance.condition.symbols, instance.begun_ms)
    return Reading(Input.STALE, since, overdue=overdue)


def unreadable(instance: Instance, now_ms: int) -> Reading:
    """It could not be computed, be it for an error of its expression or of its SQL.

    As with data that stays away: for too long is 3 times in a row and 5 m, unless `no_data_for` says.
    """
    given, lasts_ms = instance.rule.patience_ms, now_ms - instance.heard_ms
    often = max(instance.errors, instance.rule.errors) >= INTERVALS
    overdue = often and lasts_ms >= SHORTEST_MS if given is None else lasts_ms >= given
    return Reading(Input.ERROR, instance.heard_ms, overdue=overdue)


def may_have_moved(sight: Sight, instance: Instance, now_ms: int) -> bool:
    """Whether it is about an age, or a window that holds other samples than when it was judged.

    A window has a value at every moment, so every tick counts towards `for` and `recover_for`. What is not
    known may be so at any tick.
    """
    standing = instance.standing
    if standing.state in (State.PENDING, State.RECOVERING) or standing.frozen_ms is not None:
        return True
    recall, since_ms = sight.recall, instance.judged_ms
    return any(each.aging or recall.moved(each, since_ms, now_ms) for each in instance.conditions())
