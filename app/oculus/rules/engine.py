"""The engine: the thread on which rules are judged.

Batches come from the writer after each commit and wake the rules that name their symbols; once a second
it looks after what only time can change. It waits for nobody, and nobody waits for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence

from oculus.core.alert import Alert, News, SavedState, Verdict
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.event import Event, EventType, Severity
from oculus.core.gap import Gap
from oculus.core.metric import Metric
from oculus.core.worker import Worker
from oculus.rules.instance import Rule
from oculus.rules.judging.backlog import Backlog
from oculus.rules.judging.inbox import Inbox
from oculus.rules.judging.judge import Judge
from oculus.rules.judging.round import Round
from oculus.rules.life.silence import Silence
from oculus.rules.life.trigger import end_ms
from oculus.rules.memory.lookup import Aggregate, History, Lookup
from oculus.rules.memory.recall import Recall
from oculus.rules.memory.sight import Freshness, Sight
from oculus.rules.restart import Past, why_gone
from oculus.rules.roster import Roster
from oculus.rules.settings import RuleSettings
from oculus.rules.sql.rows import RowJudge
from oculus.rules.sql.runner import Outcome, Runner, RunSql
from oculus.rules.status import RuleStatus, status_of
from oculus.rules.trials.preview import Preview, preview

NEVER_MS = 1 << 62  # far beyond any time there is


class Engine(Worker):
    """Judges. `put` may be called by one thread, everything else by any."""

    pause_s = 0  # `step` itself waits for work

    def __init__(
        self,
        record: Callable[[Verdict], None],
        tell: Callable[[Event], None],
        latest: Callable[[str], Metric | None],
        symbols: Callable[[], Iterable[str]],
        freshness: Callable[[str], Freshness | None],
        counters: Counters,
        clock: Clock,
        history: History | None = None,
        aggregate: Aggregate | None = None,
        run_sql: RunSql | None = None,
        silence: Silence | None = None,
        present: Callable[[], bool] = lambda: False,
        look: Callable[[], None] | None = None,
        collected: Callable[[str], bool] = lambda _symbol: True,
    ) -> None:
        """What looks into the past and what runs SQL is called on threads of its own. `look` is called
        before each round: whoever is there finds out whether there was a gap, and calls `skip`. `collected`
        says whether anybody collects a symbol, or may come to: no glob finds what nobody does.

        Without `history` and `aggregate`, windows know only what came since; without `run_sql` no SQL runs.
        """
        super().__init__("rules")
        self._tell = tell
        self._look = look
        self._counters = counters
        self._clock = clock
        self._lookup = Lookup(history, aggregate, self._give, self._say) if history and aggregate else None
        self._runner = Runner(run_sql, self._ran, clock, counters) if run_sql else None
        self._sight = Sight(latest, freshness, Recall(self._lookup.ask if self._lookup else None), collected)
        self._silence = silence or Silence()
        self._judge = Judge(self._sight, tell, counters, self._silence, present)
        self._row_judge = RowJudge(self._judge, tell, counters)
        self._given_work: queue.SimpleQueue[Callable[[int], None]] = queue.SimpleQueue()
        self._settings: dict[str, RuleSettings] = {}
        self._past: Past | None = None
        self._lock = threading.RLock()
        self._inbox = Inbox(counters)
        self._rounds = Round(self._judge, self._sight, self._inbox, symbols, tell, clock)
        self._backlog = Backlog(record, counters)
        self._next_end_ms = NEVER_MS  # when the first of the rules expires
        self._has_rules = False  # `replace` was called

    # What others ask

    def put(self, batch: Sequence[Metric]) -> None:
        """Hand over what was committed. Never waits; without room, the newest values are judged later."""
        self._inbox.put(batch)

    def replace(self, rules: Sequence[RuleSettings]) -> None:
        """Take new settings. What has the same name and condition goes on where it stands."""
        now_ms = self._clock.now_ms()
        with self._lock:
            self._settings = {rule.name: rule for rule in rules}
            live = [rule for rule in rules if not rule.expired(now_ms)]
            ends = (end_ms(rule.expires, rule.timezone) for rule in live if rule.expires)
            self._next_end_ms = min(ends, default=NEVER_MS)
            self._renew(live, now_ms)
            self._has_rules = self._rounds.unmet = True
            self._restore(now_ms)
            self._conclude(now_ms)
            if self._runner:  # within the lock: of two at once the last must win here, too
                self._runner.replace([rule for rule in live if rule.enabled])

    def _renew(self, live: Sequence[RuleSettings], now_ms: int) -> None:
        """Judge by these from now on; end what the others had open."""
        before, self._judge.roster = self._judge.roster, self._new_roster(live)
        for name, rule in before.rules.items():
            heir = self._judge.roster.rules.get(name)
            if heir and heir.condition == rule.condition:
                self._judge.roster.adopt(heir, rule)
                continue
            for instance in rule.instances.values():
                self._judge.close(instance, now_ms, why_gone(self._settings.get(name), now_ms))
        self._judge.roster.enter_single(now_ms)

    def _new_roster(self, live: Sequence[RuleSettings]) -> Roster:
        self._sight.recall.renew()
        return Roster(live, self._sight.exists, self._sight.follow)

    def restore(self, saved_states: Sequence[SavedState], open_alerts: Sequence[Alert]) -> None:
        """Go on from before a restart. Call it before `start`, before or after `replace`."""
        with self._lock:
            self._past = Past(saved_states, open_alerts)
            if self._has_rules:
                self._restore(self._clock.now_ms())

    def _restore(self, now_ms: int) -> None:
        if self._past is not None:
            self._past.restore(self._judge, self._settings, now_ms)
            self._past = None
            self._conclude(now_ms)
            self._rounds.unmet = True

    def acknowledge(self, alert_id: int, now_ms: int) -> Alert | None:
        """Stop the reminders of a firing, and record that. None when no such alert is open."""
        with self._lock:
            alert = self._judge.acknowledge(alert_id, now_ms)
            self._conclude(now_ms)
        self._backlog.flush()
        return alert

    def preview(self, name: str, message: str) -> Preview | None:
        """What `message` would say of a rule now; None for one that is off. Raises TemplateError."""
        with self._lock:
            return preview(self._judge.roster.rules.get(name), message, self._sight, self._clock.now_ms())

    def skip(self, gap: Gap) -> None:
        """Nobody was watching, or with no end yet, nobody can from now on. Never waits."""
        self._hand_in(lambda _: self._skip(gap))

    def prune(self) -> None:
        """Collectors may have gone: what they wrote, and a glob has found, is watched no longer."""
        self._hand_in(self._judge.prune)

    def _skip(self, gap: Gap) -> None:
        self._judge.skip(gap)
        if gap.back:  # what has expired by a clock that was ahead has not
            self.replace(list(self._settings.values()))

    def due_ms(self, news: News) -> int:
        """When people may be told of it: now, or when nothing keeps its rule quiet any longer."""
        settings, now_ms = self._settings.get(news.alert.rule), self._clock.now_ms()
        return self._silence.ends_ms(settings, news.alert.severity, now_ms) if settings else news.due_ms

    def status(self) -> list[RuleStatus]:
        """Every rule, in the order of the settings."""
        with self._lock:
            rules = self._judge.roster.rules
            return [self._status(each, rules.get(each.name)) for each in self._settings.values()]

    def rule(self, name: str) -> RuleStatus | None:
        with self._lock:
            settings = self._settings.get(name)
            return self._status(settings, self._judge.roster.rules.get(name)) if settings else None

    def _status(self, settings: RuleSettings, rule: Rule | None) -> RuleStatus:
        runs = self._runner.status(settings.name) if self._runner and settings.statement else None
        return status_of(settings, rule, runs)

    # The loop

    def start(self) -> None:
        super().start()
        for helper in self._helpers():
            helper.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Judge what was handed over, and end. SQL that runs is not waited for."""
        ended = [helper.stop(timeout_s / 4) for helper in self._helpers() if helper.alive()]
        return super().stop(timeout_s / 2) and all(ended)

    def _helpers(self) -> list[Worker]:
        return [each for each in (self._runner, self._lookup) if each]

    def _give(self, answer: Callable[[Recall, int], None]) -> None:
        self._hand_in(lambda now_ms: answer(self._sight.recall, now_ms))

    def _say(self, what: str, well: bool) -> None:
        kind, severity = (EventType.SYSTEM, Severity.INFO) if well else (EventType.ERROR, Severity.ERROR)
        now_ms = self._clock.now_ms()
        self._tell(Event(ts_ms=now_ms, source="oculus", type=kind, severity=severity, message=what))

    def _ran(self, outcome: Outcome) -> None:
        self._hand_in(lambda now_ms: self._row_judge.take(outcome, now_ms))

    def _hand_in(self, work: Callable[[int], None]) -> None:
        """Have something done on the engine's thread."""
        self._given_work.put(work)
        self.wake()

    def step(self) -> None:
        batches = self._inbox.take(self._rounds.wait_s())
        if self._look:
            self._look()
        begun = self._clock.monotonic()
        with self._lock:
            try:
                self._round(batches)
            except Exception:
                # What this round left out is judged by the newest values in the next.
                self._rounds.unmet = True
                raise
        if any(batches):
            self._counters.time("rules.judge", self._clock.monotonic() - begun)
        self._backlog.flush()

    def wake(self) -> None:
        self._inbox.wake()

    def finish(self) -> None:
        """Judge what was handed over before the stop, and save how far every rule had come."""
        with self._lock:
            while batches := self._inbox.waiting():
                self._round(batches)
            self._judge.save_all()
            self._conclude(self._clock.now_ms())
        self._backlog.flush()

    def _round(self, batches: Sequence[Sequence[Metric]]) -> None:
        now_ms = self._clock.now_ms()
        while not self._given_work.empty():
            self._given_work.get_nowait()(now_ms)
        self._rounds.play(batches, now_ms)
        if now_ms >= self._next_end_ms:
            self.replace(list(self._settings.values()))
        self._conclude(now_ms)

    def _conclude(self, now_ms: int) -> None:
        """Line up what has changed, to be recorded."""
        self._backlog.add(self._judge.changes.verdict(now_ms))
