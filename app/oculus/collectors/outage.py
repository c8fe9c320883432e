"""Tells an outage of this machine's own network from hosts that are down.

It stands between the collectors and the writer. What says that a host outside is down waits here until
it is known that this machine is online, which mostly takes a moment. When all probes of a kind fail
together and no anchor can be reached, this machine is offline: what waited is dropped, and so is all that
says "down" until the network is back. That is a gap, and no failure of theirs.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from oculus.collectors import build
from oculus.collectors.anchors import ConnectivitySettings, any_answers
from oculus.collectors.collector import CollectorSettings
from oculus.collectors.network.hostport import cut
from oculus.collectors.network.probe import ProbeSettings
from oculus.core.clock import Clock
from oculus.core.counters import Counters
from oculus.core.gap import Gap, GapReason
from oculus.core.metric import Metric
from oculus.core.worker import Worker

TRUST_S = 5.0  # how long it is gone by that an anchor answered, or did not
PATIENCE_S = 30.0  # with no anchor and no probe that succeeds for so long, nobody waits for the other probes

Batch = Sequence[Metric]


class Waiting(Struct, frozen=True):
    """Numbers that say that something is down, and since when they wait, monotonic."""

    kind: str
    batch: Batch
    since: float


class Outage(Worker):
    """`sift` may be called by any thread and does not wait; the anchors are asked on a thread of its own."""

    def __init__(
        self,
        pass_on: Callable[[Batch], None],
        lost: Callable[[Gap], None],
        found: Callable[[Gap], None],
        clock: Clock,
        counters: Counters,
        answers: Callable[[ConnectivitySettings], bool] = any_answers,
    ) -> None:
        """`lost` hears of a gap that begins, `found` of the same when it is over."""
        super().__init__("outage")
        self._pass_on = pass_on
        self._lost = lost
        self._found = found
        self._clock = clock
        self._counters = counters
        self._answers = answers
        self._settings: ConnectivitySettings | None = None
        self._kinds: dict[str, str] = {}  # symbols that say whether something outside is up, and their kind
        self._failed: dict[str, float] = {}  # those of them that said no last, and when
        self._waiting: list[Waiting] = []
        self._asked_at = -TRUST_S
        self._answered_at = -TRUST_S
        self._since_ms: int | None = None  # since when this machine is offline
        self._lock = threading.RLock()

    def replace(self, settings: ConnectivitySettings | None, collectors: Iterable[CollectorSettings]) -> None:
        """Take new settings; None switches all of this off."""
        with self._lock:
            self._settings = settings
            self._kinds = dict(outside(collectors)) if settings else {}
            self._failed = {symbol: at for symbol, at in self._failed.items() if symbol in self._kinds}
            if settings is None:
                self._back()

    def offline(self) -> bool:
        return self._since_ms is not None

    def sift(self, batch: Batch) -> None:
        """Pass on what one run of a collector measured, now, later or not at all."""
        with self._lock:
            verdict = next((metric for metric in batch if metric.symbol in self._kinds), None)
            if verdict is None:
                self._pass_on(batch)
                return
            now = self._clock.monotonic()
            if verdict.value:
                self._failed.pop(verdict.symbol, None)
                self._answered_at = now
                self._back()
                self._pass_on(batch)
                return
            self._failed[verdict.symbol] = now
            if self.offline():
                self._counters.add("outage.dropped", len(batch))
            elif now - self._answered_at < TRUST_S and not self._waiting:
                self._pass_on(batch)
            else:
                self._waiting.append(Waiting(self._kinds[verdict.symbol], batch, now))
                self.wake()

    def step(self) -> None:
        """Ask the anchors where something depends on it."""
        settings = self._settings
        now = self._clock.monotonic()
        if not settings or not (self._waiting or self.offline()) or now - self._asked_at < self._pause_s():
            return
        self._asked_at = now
        answered = self._answers(settings)
        with self._lock:
            if answered:
                self._answered_at = self._clock.monotonic()
                self._back()
            elif not self.offline() and any(map(self._all_failed, {each.kind for each in self._waiting})):
                self._begin()

    def finish(self) -> None:
        """What waits is not lost: nobody knows better now."""
        with self._lock:
            self._release()

    def _pause_s(self) -> float:
        return TRUST_S if self.offline() else self.pause_s

    def _all_failed(self, kind: str) -> bool:
        """Whether every probe of a kind failed since the first of them did, or nobody answered for long."""
        since = min(each.since for each in self._waiting if each.kind == kind)
        if self._clock.monotonic() - since >= PATIENCE_S:
            return True
        return all(
            self._failed.get(symbol, -1.0) >= since for symbol, of in self._kinds.items() if of == kind
        )

    def _begin(self) -> None:
        self._since_ms = min(metric.ts_ms for each in self._waiting for metric in each.batch)
        self._counters.add("outage.dropped", sum(len(each.batch) for each in self._waiting))
        self._waiting = []
        self._lost(Gap(self._since_ms, None, GapReason.OFFLINE))

    def _back(self) -> None:
        """This machine is online: so what says that something is down is right."""
        self._release()
        if self._since_ms is not None:
            gap = Gap(self._since_ms, self._clock.now_ms(), GapReason.OFFLINE)
            self._since_ms = None
            self._found(gap)

    def _release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            self._pass_on(each.batch)


def outside(collectors: Iterable[CollectorSettings]) -> Iterable[tuple[str, str]]:
    """The `.up` symbols of all probes that leave this machine, each with the kind of probe."""
    for settings in collectors:
        if isinstance(settings, ProbeSettings) and settings.enabled and not at_home(settings):
            collector = build(settings)
            yield from ((f"{symbol}.up", collector.kind) for symbol in collector.symbols())


def at_home(settings: ProbeSettings) -> bool:
    """Whether it asks this machine itself, for which no network is needed."""
    target = str(getattr(settings, "server", "") or settings.target)
    host = (urlsplit(target).hostname or "") if "://" in target else cut(target, 0)[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
