"""Which rules there are, and which of their instances a sample wakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from oculus.core.symbols import matched_name
from oculus.rules.instance import Instance, Rule
from oculus.rules.language.condition import Condition
from oculus.rules.language.operand import fill
from oculus.rules.settings import RuleSettings
from oculus.rules.together import in_order


class Roster:
    """The enabled rules by name, in the order in which they are judged."""

    def __init__(
        self,
        settings: Sequence[RuleSettings],
        exists: Callable[[str], bool],
        follow: Callable[[Sequence[Condition]], None],
    ) -> None:
        """`follow` is told which windows will be asked for."""
        ordered = in_order([each for each in settings if each.enabled])
        self.rules = {each.name: Rule(each, rank) for rank, each in enumerate(ordered)}
        self._globbed = [rule for rule in self.rules.values() if rule.condition.globs]
        self.timed: list[Instance] = []  # those that time alone can change
        self._exists = exists
        self._follow = follow
        self._woken: dict[str, list[Instance]] = {}
        self._met: set[str] = set()

    def instances(self) -> Iterator[Instance]:
        for rule in self.rules.values():
            yield from rule.instances.values()

    def woken(self, symbol: str, now_ms: int) -> Sequence[Instance]:
        """The instances that `symbol` has to do with. One seen for the first time may make new ones."""
        if symbol not in self._met:
            self.meet(symbol, now_ms)
        return self._woken.get(symbol, ())

    def has_met(self, symbol: str) -> bool:
        return symbol in self._met

    def meet(self, symbol: str, now_ms: int) -> None:
        """Make the instances that are possible now that `symbol` is there."""
        if not self._exists(symbol):
            return  # it is what is left of a collector that is gone
        self._met.add(symbol)
        for rule in self._globbed:
            for name in rule.condition.names(symbol):
                if all(self._matches(glob, name) for glob in rule.condition.globs):
                    self.enter(rule, name, now_ms)

    def enter(self, rule: Rule, name: str, now_ms: int) -> Instance:
        """The rule's instance for `name`, made if need be."""
        before = len(rule.instances)
        instance = rule.add(name, now_ms)
        if len(rule.instances) > before:
            self._listen(instance)
        return instance

    def leave(self, instance: Instance) -> None:
        """Forget it. It may be made anew when its symbols come again."""
        del instance.rule.instances[instance.key]
        self.timed = [each for each in self.timed if each is not instance]
        for symbol in instance.symbols:
            self._woken[symbol] = [each for each in self._woken[symbol] if each is not instance]
        self._met.difference_update(instance.found_symbols())

    def enter_single(self, now_ms: int) -> None:
        """Rules without a glob have their one instance whether its symbols are there or not."""
        for rule in self.rules.values():
            if isinstance(rule.condition, Condition) and not rule.condition.globs:
                self.enter(rule, "", now_ms)

    def adopt(self, heir: Rule, rule: Rule) -> None:
        """Let `heir` go on where `rule`, which had the same condition, stood."""
        heir.firing, heir.broken, heir.last_fired_ms = rule.firing, rule.broken, rule.last_fired_ms
        heir.errors, heir.error, heir.truncated = rule.errors, rule.error, rule.truncated
        heir.mute_template = rule.mute_template and heir.settings.message == rule.settings.message
        for instance in rule.instances.values():
            instance.serve(heir)
            instance.changed = instance.changed or heir.settings != rule.settings
            heir.instances[instance.key] = instance
            self._listen(instance)

    def explained_by(self, rule: Rule) -> str:
        """The name of a rule that fires and on which `rule` depends; "" when there is none."""
        for name in rule.settings.depends_on:
            if name in self.rules and self.rules[name].firing:
                return name
        return ""

    def _listen(self, instance: Instance) -> None:
        conditions = instance.conditions()
        self._follow(conditions)
        if any(condition.timed for condition in conditions):
            self.timed.append(instance)
        for symbol in instance.symbols:
            self._woken.setdefault(symbol, []).append(instance)

    def _matches(self, glob: str, name: str) -> bool:
        symbol = fill(glob, name)
        return matched_name(glob, symbol) == name and self._exists(symbol)
