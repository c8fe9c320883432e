"""Moves instances: each by what it sees, or by time alone, and whatever follows from that.

Belongs to the engine's thread. A rule that cannot be computed costs itself its turn, and nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec.structs import replace

from oculus.core.alert import Alert, News, NewsKind
from oculus.core.counters import Counters
from oculus.core.event import Event
from oculus.core.gap import Gap, GapReason
from oculus.rules.instance import Instance, in_turn
from oculus.rules.judging import look
from oculus.rules.judging.changes import Changes
from oculus.rules.judging.failures import Failures
from oculus.rules.judging.telling import Teller
from oculus.rules.life import evaluator
from oculus.rules.life.pauses import freeze, skip
from oculus.rules.life.reasons import reason
from oculus.rules.life.silence import Silence
from oculus.rules.life.standing import Notice, Reading, Standing
from oculus.rules.memory.sight import Sight
from oculus.rules.roster import Roster
from oculus.rules.settings import NoData

log = logging.getLogger(__name__)


class Judge:
    """What it changes is in `changes`, until a verdict takes it."""

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
        self.changes = Changes()
        self._awake: dict[Instance, None] = {}  # those that time alone can move
        self._sight = sight
        self._teller = Teller(sight, tell)
        self._failures = Failures(tell, counters)
        self._counters = counters
        self._silence = silence or Silence()
        self._present = present

    def judge(self, instance: Instance, ts_ms: int, now_ms: int) -> None:
        """By what is known now, as of a sample at `ts_ms`."""
        self._counters.add("rules.judged")
        instance.judged_ms = max(instance.judged_ms, ts_ms)
        try:
            reading = look.by_sample(self._sight, instance, ts_ms, now_ms)
        except Exception as error:  # whatever a rule does must not cost the others their turn
            self._failures.failed(instance, error, now_ms)
            reading = look.unreadable(instance, now_ms)
        else:
            self._failures.works(instance, now_ms)
        self.step(instance, reading, now_ms)

    def tick_all(self, now_ms: int) -> None:
        """What only time can change: reminders, cooldowns, data that stays away."""
        watching = (rule for rule in self.roster.rules.values() if rule.spec.no_data is NoData.ALERT)
        watched = [instance for rule in watching for instance in rule.instances.values()]
        timed = dict.fromkeys(
            each for each in self.roster.timed if look.may_have_moved(self._sight, each, now_ms)
        )
        for instance in in_turn(dict.fromkeys([*self._awake, *watched, *timed])):
            if instance in timed:
                self.judge(instance, now_ms, now_ms)
            else:
                self._tick(instance, now_ms)
        self.changes.save_progress(now_ms)

    def _tick(self, instance: Instance, now_ms: int) -> None:
        try:
            reading, again = look.by_time(self._sight, instance, now_ms)
        except Exception as error:
            self._failures.failed(instance, error, now_ms)
            reading, again = look.unreadable(instance, now_ms), False
        if again:
            self.judge(instance, now_ms, now_ms)
        else:
            self.step(instance, reading, now_ms)

    def step(self, instance: Instance, reading: Reading | None, now_ms: int) -> None:
        """Move it on by what was found, or by time alone, and note what is news of that."""
        rule, before = instance.rule, instance.standing
        explained_by = self.roster.explained_by(rule) if rule.settings.depends_on else ""
        quiet = self._silence.of(rule.settings, instance.severity, now_ms)
        quiet = quiet or self._sight.why_untold(instance.symbols, now_ms)
        present = rule.spec.prefer_desktop and self._present()
        standing, notices = evaluator.step(rule.spec, before, reading, now_ms, explained_by, quiet, present)
        rested = instance in self._awake and evaluator.forgettable(rule.spec, standing, now_ms)
        if standing is not before or rested:
            self.settle(instance, standing, now_ms)
            self._explain(instance, reason(rule.spec, before, standing, reading, notices))
        for notice in notices:
            self._announce(instance, notice, now_ms)

    def _explain(self, instance: Instance, why: str) -> None:
        if why:
            instance.reason = why
            who = f"{instance.rule.name} {instance.key}".rstrip()
            log.debug("rules: %s is %s: %s", who, instance.standing.state, why)

    def settle(self, instance: Instance, standing: Standing, now_ms: int) -> None:
        """Put an instance where it stands now, and see to what follows from that."""
        before, instance.standing = instance.standing, standing
        firing = instance.rule.firing
        (firing.add if instance.firing else firing.discard)(instance.key)
        if evaluator.forgettable(instance.rule.spec, standing, now_ms):
            self._awake.pop(instance, None)
            if instance.saved:
                self.changes.touch([instance])
            return
        self._awake[instance] = None
        self.changes.moved(instance, before)

    def _announce(self, instance: Instance, notice: Notice, now_ms: int) -> None:
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
        self.changes.announce([news])

    # From outside

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
        self.settle(instance, evaluator.acknowledge(instance.standing, about_data), now_ms)
        kind = NewsKind.NO_DATA if about_data else NewsKind.REMINDER
        channels = instance.rule.settings.channels
        # An event for the record, by which the alert's row learns of it too; nobody is told.
        news = News(kind=kind, alert=known, ts_ms=now_ms, held="acknowledged", channels=channels)
        self.changes.announce([news])
        return known

    def close(self, instance: Instance, now_ms: int, reason: str) -> None:
        """Its rule, or what it is about, is no longer what it was: end all it has open, and forget it."""
        _, notices = evaluator.close(instance.standing, now_ms, reason)
        self.changes.announce(self._teller.news(instance, notice, now_ms) for notice in notices)
        instance.rule.firing.discard(instance.key)
        self._awake.pop(instance, None)
        self.changes.drop(instance)

    def prune(self, now_ms: int) -> None:
        """What a glob has found and nobody collects any more is watched no longer."""
        gone = [each for each in self.roster.instances() if self._sight.orphaned(each.found_symbols())]
        for instance in gone:
            self.close(instance, now_ms, "nobody collects it any more")
            self._failures.works(instance, now_ms)  # if it could not be judged, the others can
            self.roster.leave(instance)

    def skip(self, gap: Gap) -> None:
        """Nobody was watching, or from now on nobody can: no clock runs through it.

        What Oculus missed while it did not run, every instance knows by itself (see restart.py).
        """
        self._sight.unwatched.note(gap)
        if gap.reason is GapReason.STOPPED:
            self._miss_runs(gap)
            return
        if gap.back:
            self._sight.set_back(gap.from_ms)
            for each in self.roster.instances():
                each.judged_ms = min(each.judged_ms, gap.from_ms)
        now_ms = gap.from_ms if gap.to_ms is None or gap.back else gap.to_ms
        lasts = gap.to_ms is None or (self._sight.grace.lasts and gap.reason is not GapReason.OFFLINE)
        self._sight.grace.begin(now_ms, lasts)
        for instance in list(self._awake):
            self.settle(instance, skip(instance.standing, gap), now_ms)
            self._explain(instance, f"nobody was watching: {gap.reason}")

    def _miss_runs(self, gap: Gap) -> None:
        """What SQL said before a run was missed may be long over: until the next one nothing is known."""
        until_ms = gap.from_ms if gap.to_ms is None else gap.to_ms
        missed = {
            name for name, rule in self.roster.rules.items() if rule.settings.runs_in(gap.from_ms, until_ms)
        }
        for instance in [each for each in self._awake if each.rule.name in missed]:
            self.settle(instance, freeze(instance.standing, gap.from_ms), until_ms)
            self._explain(instance, f"nobody was watching: {gap.reason}")

    def offline(self) -> bool:
        """Whether this machine is: what did not come then says nothing."""
        return self._sight.grace.lasts

    def restless(self) -> bool:
        """Whether time alone can move anything."""
        return bool(self._awake or self.roster.timed)

    def save_all(self) -> None:
        """Save everything that is not simply well, as it is now: judging ends here."""
        self.changes.touch(self._awake)
