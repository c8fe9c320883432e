"""What judging has changed, gathered until a verdict takes it to where it is written."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from oculus.core.alert import News, SavedState, Verdict
from oculus.rules.instance import Instance
from oculus.rules.life import evaluator
from oculus.rules.life.standing import Standing

SAVE_MS = 10_000  # how old what is saved of a progress may be: it is what a kill can cost


class Changes:
    """Belongs to the engine's thread."""

    def __init__(self) -> None:
        self._news: list[News] = []
        self._touched: dict[Instance, None] = {}
        self._unsaved: dict[Instance, None] = {}  # those whose progress is newer than what is saved
        self._forgotten: list[tuple[str, str]] = []

    def announce(self, news: Iterable[News]) -> None:
        self._news += news

    def touch(self, instances: Iterable[Instance]) -> None:
        """Their states are to be saved with the next verdict."""
        self._touched.update(dict.fromkeys(instances))

    def moved(self, instance: Instance, before: Standing) -> None:
        """It stands elsewhere now. Progress alone is saved now and then, all else at once."""
        urgent = _lasting(before) != _lasting(instance.standing)
        (self._touched if urgent else self._unsaved)[instance] = None

    def save_progress(self, now_ms: int) -> None:
        """Save how far `for` and `recover_for` have come, where what is saved is old by now."""
        self.touch(each for each in self._unsaved if now_ms - each.saved_ms >= SAVE_MS)

    def drop(self, instance: Instance) -> None:
        """Nothing of it is to be known any more."""
        self._touched.pop(instance, None)
        self._unsaved.pop(instance, None)
        if instance.saved:
            self.forget(instance.rule.name, instance.key)

    def forget(self, rule: str, instance: str) -> None:
        self._forgotten.append((rule, instance))

    def news(self) -> list[News]:
        """What is news since the last time; for who keeps no states."""
        taken, self._news = self._news, []
        self._touched.clear()
        self._unsaved.clear()
        return taken

    def verdict(self, now_ms: int) -> Verdict | None:
        """What has changed since the last one; None when nothing has."""
        states = tuple(filter(None, [self._saved(each, now_ms) for each in self._touched]))
        kept = {(state.rule, state.instance) for state in states}
        forgotten = tuple(each for each in dict.fromkeys(self._forgotten) if each not in kept)
        made = Verdict(states=states, forgotten=forgotten, news=tuple(self._news))
        self._touched.clear()
        self._forgotten, self._news = [], []
        return made if made.states or made.forgotten or made.news else None

    def _saved(self, instance: Instance, now_ms: int) -> SavedState | None:
        self._unsaved.pop(instance, None)
        if not evaluator.forgettable(instance.rule.spec, instance.standing, now_ms):
            return instance.save(now_ms)
        if instance.saved:
            self.forget(instance.rule.name, instance.key)
            instance.saved = False
        return None


def _lasting(standing: Standing) -> Standing:
    """What is saved at once. The rest is progress, saved now and then."""
    return replace(standing, seen_ms=0, held_ms=0, worst=None)
