"""When the SQL of a rule would have run: the slots of its cron line at which somebody was awake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oculus.core.gap import Gap, GapReason
from oculus.rules.settings import RuleSettings
from oculus.rules.sql.runner import SLEPT_MS
from oculus.rules.sql.schedule import Schedule


def slots(rule: RuleSettings, since_ms: int, until_ms: int, gaps: Sequence[Gap] = ()) -> Iterator[int]:
    """Moments after `since_ms` up to and with `until_ms`, UTC ms, in order.

    What was due in a gap did not run. With `catch_up` one run was made for it when the gap was over; after
    a stop there was none, for nobody knew what had been due.
    """
    asleep = sorted(
        (gap.from_ms, until_ms if gap.to_ms is None else gap.to_ms, gap.reason)
        for gap in gaps
        if gap.reason is not GapReason.OFFLINE and not gap.back
    )
    schedule, at_ms = Schedule(rule.schedule, rule.timezone), since_ms
    while (at_ms := schedule.next_ms(at_ms)) <= until_ms:
        gap = next((each for each in asleep if each[0] < at_ms < each[1]), None)
        if gap is None:
            yield at_ms
            continue
        _, end_ms, reason = gap
        if end_ms - at_ms < SLEPT_MS:
            yield at_ms
        elif rule.catch_up and reason is not GapReason.STOPPED and end_ms <= until_ms:
            yield end_ms
            at_ms = end_ms
        at_ms = max(at_ms, end_ms - 1)
