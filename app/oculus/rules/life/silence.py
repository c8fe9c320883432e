"""Why nobody is told just now: a snooze, a rule's active hours, the muted hours of all, a fresh awakening.

It holds back sending, never judging. Any thread may ask and snooze.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from oculus.core.event import Severity
from oculus.rules.life.hours import Hours, Mute
from oculus.rules.settings import RuleSettings

ALL = ""  # instead of a rule's name: a snooze of everything
CHAIN = 20  # reasons that may follow one another; whoever has more is told a little early


Quiet = tuple[str, Callable[[], int]]  # a reason, and when it ends, which takes a while to find out


class Silence:
    """All that holds back sending, but for what concerns one trouble alone (cooldown, depends_on)."""

    def __init__(self) -> None:
        self.mutes: Sequence[Mute] = ()
        self._snoozes: Mapping[str, int] = {}  # never changed, only replaced: others read it
        self._replacing = threading.Lock()

    def snooze(self, rule: str, until_ms: int) -> None:
        """Tell nothing of a rule, or with ALL of any, until then."""
        with self._replacing:
            self._snoozes = {**self._snoozes, rule: until_ms}

    def wake(self, rule: str) -> bool:
        """End a snooze by hand. False when there was none."""
        with self._replacing:
            there = rule in self._snoozes
            self._snoozes = {name: until_ms for name, until_ms in self._snoozes.items() if name != rule}
        return there

    def restore(self, snoozes: Mapping[str, int]) -> None:
        with self._replacing:
            self._snoozes = {**snoozes, **self._snoozes}

    def snoozed_until(self, rule: str, now_ms: int) -> int | None:
        """When its snooze, or that of all, ends; None when it is awake."""
        latest = max(self._snoozes.get(rule, 0), self._snoozes.get(ALL, 0))
        return latest if latest > now_ms else None

    def of(self, rule: RuleSettings, severity: Severity, now_ms: int) -> str:
        """Why nobody is told now; "" when people are."""
        if not self._snoozes and not self.mutes and rule.active is None:
            return ""
        return next((reason for reason, _ in self._now(rule, severity, now_ms)), "")

    def ends_ms(self, rule: RuleSettings, severity: Severity, now_ms: int) -> int:
        """When people are told again. `now_ms` if they are now."""
        at_ms = now_ms
        for _ in range(CHAIN):
            quiets = list(self._now(rule, severity, at_ms))
            if not quiets:
                break
            at_ms = max(ends() for _, ends in quiets)
        return at_ms

    def _now(self, rule: RuleSettings, severity: Severity, now_ms: int) -> Iterator[Quiet]:
        until_ms = self.snoozed_until(rule.name, now_ms)
        if until_ms is not None:
            yield "snoozed", lambda: until_ms
        hours: list[tuple[str, Hours]] = [("outside its active hours", rule.active)] if rule.active else []
        quiet = [each for each in hours if not each[1].holds(now_ms)]
        quiet += [
            (f"muted: {mute.name}", mute) for mute in self.mutes if mute.mutes(rule.name, severity, now_ms)
        ]
        for reason, each in quiet:
            yield reason, partial(each.changes_ms, now_ms)
