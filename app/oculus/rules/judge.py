"""One round of judging: what the instances are told, what they become, and the verdict of it all.

Belongs to the engine's thread. A rule that cannot be computed costs itself its turn, and nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from oculus.core.alert import Alert, News, NewsKind, SavedState, Verdict
from oculus.core.counters import Counters
from oculus.core.event import Event
from oculus.core.gap import Gap, GapReason
from oculus.rules.instance import Instance
from oculus.rules.life import evaluator
from oculus.rules.life.grace import REASON
from oculus.rules.life.pauses import skip
from oculus.rules.life.silence import Silence
from oculus.rules.life.standing import Input, Notice, Reading, Standing, State
from oculus.rules.memory.sight import Sight
from oculus.rules.roster import Roster
from oculus.rules.settings import NoData
from oculus.rules.telling import Teller, trouble

ERRORS = 3  # in a row, and a person hears of it
SAVE_MS = 10_000  # how old what is saved of a progress may be: it is what a kill can cost


class Judge:
    """Moves instances, and gathers what has to be written until `verdict` takes it."""

    def __init__(
        self,
        sight: Sight,
        tell: Callable[[Event], None],
        counters: Counters,
        silence: Silence | None = None,
        present: Callable[[], bool] = lambda: False,
    ) -> None:
        """`present`: whether somebody sits at the desktop; asked only for rules with `prefer_desktop`."""
        self.roster = Roster((), sight.exists, sight.follow)
        self._awake: dict[Instance, None] = {}  # those that time alone can move
        self._sight = sight
        self._tell = tell
        self._teller = Teller(sight, tell)
        self._counters = counters
        self._silence = silence or Silence()
        self._present = present
        self._news: list[News] = []
        self._touched: dict[Instance, None] = {}
        self._unsaved: dict[Instance, None] = {}  # those whose progress is newer than what is saved
        self._forgotten: list[tuple[str, str]] = []

    def judge(self, instance: Instance, ts_ms: int, now_ms: int) -> None:
        """By what is known now, as of a sample at `ts_ms`."""
        self._counters.add("rules.judged")
        instance.judged_ms = max(instance.judged_ms, ts_ms)
        try:
            reading = self._read(instance, ts_ms, now_ms)
        except Exception as error:  # whatever a rule does must not cost the others their turn
            self._failed(instance, error, now_ms)
            reading = self._unreadable(instance, ts_ms, now_ms)
        else:
            self._works(instance, now_ms)
        self.step(instance, reading, now_ms)

    def tick_all(self, now_ms: int) -> None:
        """What only time can change: reminders, cooldowns, data that stays away."""
        watching = (rule for rule in self.roster.rules.values() if rule.spec.no_data is NoData.ALERT)
        watched = [instance for rule in watching for instance in rule.instances.values()]
        timed = {instance for instance in self.roster.timed if self._may_have_moved(instance, now_ms)}
        for instance in dict.fromkeys([*self._awake, *watched, *timed]):
            if instance in timed:
                self.judge(instance, now_ms, now_ms)
            else:
                self._tick(instance, now_ms)
        self._save_progress(now_ms)

    def _may_have_moved(self, instance: Instance, now_ms: int) -> bool:
        """Whether it is about an age, or a window that holds other samples than when it was judged.

        A window has a value at every moment, so every tick counts towards `for` and `recover_for`.
        """
        if instance.standing.state in (State.PENDING, State.RECOVERING):
            return True
        recall, since_ms = self._sight.recall, instance.judged_ms
        return any(each.aging or recall.moved(each, since_ms, now_ms) for each in instance.conditions())

    def _tick(self, instance: Instance, now_ms: int) -> None:
        try:
            reading, again = self._by_now(instance, now_ms)
        except Exception as error:
            self._failed(instance, error, now_ms)
            reading, again = self._unreadable(instance, now_ms, now_ms), False
        if again:
            self.judge(instance, now_ms, now_ms)
        else:
            self.step(instance, reading, now_ms)

    def acknowledge(self, alert_id: int, now_ms: int) -> Alert | None:
        """Stop the reminders of an open alert. None when there is none of that id."""
        for instance in self.roster.instances():
            for alert in instance.open_alerts():
                if alert.id == alert_id:
                    return alert if alert.acknowledged_ms else self._acknowledge(instance, alert, now_ms)
        return None

    def _acknowledge(self, instance: Instance, alert: Alert, now_ms: int) -> Alert:
        about_data, known = alert is instance.no_data_alert, replace(alert, acknowledged_ms=now_ms)
        if about_data:
            instance.no_data_alert = known
        else:
            instance.alert = known
            self.settle(instance, evaluator.acknowledge(instance.standing), now_ms)
        kind = NewsKind.NO_DATA if about_data else NewsKind.REMINDER
        channels = instance.rule.settings.channels
        # An event for the record, by which the alert's row learns of it too; nobody is told.
        self._news.append(News(kind=kind, alert=known, ts_ms=now_ms, held="acknowledged", channels=channels))
        return known

    def close(self, instance: Instance, now_ms: int, reason: str) -> None:
        """Its rule is no longer what it was: end all it has open, and forget it."""
        _, notices = evaluator.close(instance.standing, now_ms, reason)
        self._news += [self._teller.news(instance, notice, now_ms) for notice in notices]
        instance.rule.firing.discard(instance.key)
        self.drop(instance)

    def drop(self, instance: Instance) -> None:
        for group in (self._awake, self._touched, self._unsaved):
            group.pop(instance, None)
        if instance.saved:
            self.forget(instance.rule.name, instance.key)

    def forget(self, rule: str, instance: str) -> None:
        self._forgotten.append((rule, instance))

    def announce(self, news: Iterable[News]) -> None:
        self._news += news

    def settle(self, instance: Instance, standing: Standing, now_ms: int) -> None:
        """Put an instance where it stands now, and see to what follows from that."""
        before, instance.standing = instance.standing, standing
        firing = instance.rule.firing
        (firing.add if instance.firing else firing.discard)(instance.key)
        if evaluator.forgettable(instance.rule.spec, standing, now_ms):
            self._awake.pop(instance, None)
            if instance.saved:
                self._touched[instance] = None
            return
        self._awake[instance] = None
        urgent = _lasting(before) != _lasting(standing)
        (self._touched if urgent else self._unsaved)[instance] = None

    def skip(self, gap: Gap) -> None:
        """Nobody was watching, or from now on nobody can: no clock runs through it."""
        if gap.back:
            self._sight.set_back(gap.from_ms)
            for each in self.roster.instances():
                each.judged_ms = min(each.judged_ms, gap.from_ms)
        now_ms = gap.from_ms if gap.to_ms is None or gap.back else gap.to_ms
        lasts = gap.to_ms is None or (self._sight.grace.lasts and gap.reason is not GapReason.OFFLINE)
        self._sight.grace.begin(now_ms, lasts)
        for instance in list(self._awake):
            self.settle(instance, skip(instance.standing, gap), now_ms)

    def save_all(self) -> None:
        """Save everything that is not simply well, as it is now: judging ends here."""
        self._touched.update(self._awake)

    def _save_progress(self, now_ms: int) -> None:
        """Save how far `for` and `recover_for` have come, where what is saved is old by now."""
        for instance in self._unsaved:
            if now_ms - instance.saved_ms >= SAVE_MS:
                self._touched[instance] = None

    def restless(self) -> bool:
        """Whether time alone can move anything."""
        return bool(self._awake or self.roster.timed)

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

    # Reading

    def _read(self, instance: Instance, ts_ms: int, now_ms: int) -> Reading:
        sight = self._sight.look(now_ms, instance.rule.patience_ms, ts_ms)
        holds = instance.condition.holds(sight)
        if holds is None:
            return self._stale(instance)
        value = instance.value = instance.condition.value(sight)
        instance.threshold = instance.condition.threshold(sight)
        instance.heard_ms = now_ms
        if holds:
            return Reading(Input.TRUE, ts_ms, value)
        clears = instance.clear is None or instance.clear.holds(sight) is True
        return Reading(Input.FALSE, ts_ms, value, clears)

    def _by_now(self, instance: Instance, now_ms: int) -> tuple[Reading | None, bool]:
        """STALE if it has become so; and whether it was and is no longer, though no sample came."""
        if instance.standing.state is State.OK and instance.rule.spec.no_data is not NoData.ALERT:
            return None, False  # only a cooldown is still to run out; data or none makes no difference
        sight = self._sight.look(now_ms, instance.rule.patience_ms)
        if instance.condition.holds(sight) is None:
            return self._stale(instance), False
        frozen_ms = instance.standing.frozen_ms
        if frozen_ms is None:
            return None, False
        return None, any(sight.answered_ms(symbol) > frozen_ms for symbol in instance.condition.symbols)

    def _stale(self, instance: Instance) -> Reading:
        since, overdue = self._sight.silent(instance.condition.symbols, instance.begun_ms)
        return Reading(Input.STALE, since, overdue=overdue)

    def _unreadable(self, instance: Instance, ts_ms: int, now_ms: int) -> Reading:
        patience = instance.rule.patience_ms
        overdue = patience is not None and now_ms - instance.heard_ms >= patience
        return Reading(Input.ERROR, ts_ms, overdue=overdue)

    # Moving

    def step(self, instance: Instance, reading: Reading | None, now_ms: int) -> None:
        """Move it on by what was found, or by time alone, and note what is news of that."""
        rule, before = instance.rule, instance.standing
        explained_by = self.roster.explained_by(rule) if rule.settings.depends_on else ""
        quiet = self._silence.of(rule.settings, instance.severity, now_ms)
        if not quiet and self._sight.grace.until_ms(instance.symbols, now_ms) > now_ms:
            quiet = REASON
        present = rule.spec.prefer_desktop and self._present()
        standing, notices = evaluator.step(rule.spec, before, reading, now_ms, explained_by, quiet, present)
        rested = instance.saved and evaluator.forgettable(rule.spec, standing, now_ms)
        if standing is not before or rested:
            self.settle(instance, standing, now_ms)
        for notice in notices:
            self._note(instance, notice, now_ms)

    def _note(self, instance: Instance, notice: Notice, now_ms: int) -> None:
        if notice.kind is NewsKind.FIRED and instance.alert is None:
            self._counters.add("rules.fired")
            instance.rule.last_fired_ms = notice.ts_ms
        news = self._teller.news(instance, notice, now_ms)
        if notice.kind is NewsKind.RESOLVED and not notice.held:
            # An end is told once; so what keeps it back is the sending, not the evaluator.
            waking_ms = self._sight.grace.until_ms(instance.symbols, now_ms)
            due_ms = self._silence.ends_ms(
                instance.rule.settings, news.alert.severity, max(now_ms, waking_ms)
            )
            news = replace(news, due_ms=due_ms if due_ms > now_ms else 0)
        self._news.append(news)

    # Rules that fail

    def _failed(self, instance: Instance, error: Exception, now_ms: int) -> None:
        self._counters.add("rules.errors")
        instance.errors += 1
        instance.error = str(error) or type(error).__name__
        if instance.errors == ERRORS:
            if not instance.rule.broken:
                what = f"The rule {instance.rule.name} cannot be judged: {instance.error}"
                self._tell(trouble(instance, what, now_ms))
            instance.rule.broken.add(instance.key)

    def _works(self, instance: Instance, now_ms: int) -> None:
        if not instance.error:
            return
        instance.errors, instance.error = 0, ""
        if instance.key in instance.rule.broken:
            instance.rule.broken.discard(instance.key)
            if not instance.rule.broken:
                what = f"The rule {instance.rule.name} can be judged again"
                self._tell(trouble(instance, what, now_ms, well=True))


def _lasting(standing: Standing) -> Standing:
    """What is saved at once. The rest is progress, saved now and then."""
    return replace(standing, seen_ms=0, held_ms=0, worst=None)
