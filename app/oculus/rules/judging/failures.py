"""Instances that cannot be computed: a person hears of the rule once, and once when it works again."""

from __future__ import annotations

from collections.abc import Callable

from oculus.core.counters import Counters
from oculus.core.event import Event
from oculus.rules.instance import Instance
from oculus.rules.judging.telling import trouble

ERRORS = 3  # in a row, and a person hears of it


class Failures:
    """Belongs to the engine's thread."""

    def __init__(self, tell: Callable[[Event], None], counters: Counters) -> None:
        self._tell = tell
        self._counters = counters

    def failed(self, instance: Instance, error: Exception, now_ms: int) -> None:
        self._counters.add("rules.errors")
        instance.errors += 1
        instance.error = str(error) or type(error).__name__
        if instance.errors == ERRORS:
            if not instance.rule.broken:
                what = f"The rule {instance.rule.name} cannot be judged: {instance.error}"
                self._tell(trouble(instance, what, now_ms))
            instance.rule.broken.add(instance.key)

    def works(self, instance: Instance, now_ms: int) -> None:
        if not instance.error:
            return
        instance.errors, instance.error = 0, ""
        if instance.key in instance.rule.broken:
            instance.rule.broken.discard(instance.key)
            if not instance.rule.broken:
                what = f"The rule {instance.rule.name} can be judged again"
                self._tell(trouble(instance, what, now_ms, well=True))
