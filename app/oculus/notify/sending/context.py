"""What the sender of a channel needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oculus.core.alert import Delivery, News
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.event import Event
from oculus.notify.facts import Facts
from oculus.notify.sending.told import Told


@dataclass(frozen=True)
class Context:
    """What all senders share."""

    save: Callable[[Sequence[Delivery]], None]  # returns once committed; raises OculusError
    tell: Callable[[Event], None]
    reload: Callable[[], Sequence[Delivery]]  # all that is not final in the table; raises OculusError
    due_ms: Callable[[News], int]  # when people may be told of it: now, or when its rule is quiet no longer
    told: Told
    counters: Counters
    clock: Clock
    chance: Callable[[], float]  # 0 to 1
    facts: Facts
