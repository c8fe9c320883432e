"""What the icon, its tooltip and its menu say: asked of the runtime every second, never kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from oculus.collectors.status import CollectorState, CollectorStatus
from oculus.core.clock import to_datetime
from oculus.core.durations import spoken
from oculus.core.event import Severity
from oculus.core.figures import figure
from oculus.core.symbols import category_of
from oculus.desktop.icons import State
from oculus.desktop.words import TOOLTIP, clipped
from oculus.pins import pinned as kept_pins
from oculus.rules.life.silence import ALL
from oculus.rules.status import InstanceStatus, RuleStatus
from oculus.runtime import Oculus

MOST_PINS = 12
LATE_MS = 60_000  # behind its time, and a collector is not only slow
FIRING = ("firing", "recovering")
STATES = {
    Severity.INFO: State.OK,
    Severity.WARN: State.WARN,
    Severity.ERROR: State.ERROR,
    Severity.CRITICAL: State.CRITICAL,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One alert that fires."""

    alert_id: int
    rule: str
    severity: Severity
    where: str
    acknowledged: bool
    snoozed: bool = False

    @property
    def label(self) -> str:
        """ "critical: shop_down (shop.example)"."""
        return f"{self.severity}: {self.rule}" + (f" ({self.where})" if self.where else "")


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that is shown near the clock."""

    state: State
    tooltip: str
    troubles: tuple[Trouble, ...]  # the worst first
    pinned: tuple[str, ...]  # "btc_usd  97,412 $"
    paused: bool
    snoozed: str = ""  # until when nobody is told of anything, in local time; empty when people are


def outlook(oculus: Oculus) -> Outlook:
    """How things stand now."""
    troubles = firing(oculus.engine.status(), lambda rule: oculus.snoozes.until(rule) is not None)
    snoozed = clock_time(oculus.snoozes.until(ALL))
    collectors = oculus.scheduler.status()
    pinned = tuple(pin(oculus, symbol) for symbol in pins(oculus))
    state = state_of(oculus, collectors, troubles)
    return Outlook(
        state=state,
        tooltip=tooltip(state, troubles, pinned, blind_because(oculus, collectors), snoozed, len(collectors)),
        troubles=troubles,
        pinned=pinned,
        paused=state is State.PAUSED,
        snoozed=snoozed,
    )


def state_of(oculus: Oculus, collectors: Sequence[CollectorStatus], troubles: Sequence[Trouble]) -> State:
    """Whoever does not watch cannot be well: that comes before any alert but those it still shows."""
    stages = (oculus.scheduler, oculus.engine, oculus.writer)
    if not all(stage.alive() for stage in stages) or not oculus.writer.healthy():
        return State.BLIND
    if troubles:
        return STATES[troubles[0].severity]
    wanted = [each for each in collectors if each.state != CollectorState.OFF]
    if not wanted or oculus.outage.offline() or asleep(collectors, oculus.clock.now_ms()):
        return State.BLIND
    return State.PAUSED if all(each.state == CollectorState.PAUSED for each in wanted) else State.OK


def asleep(collectors: Sequence[CollectorStatus], now_ms: int) -> bool:
    """Whether everything that should be asked is long overdue, as it is in the moments after waking."""
    due = [each for each in collectors if each.state not in (CollectorState.OFF, CollectorState.PAUSED)]
    asked = [(each.last_run_ms, each.interval_s * 1000) for each in due]
    return bool(asked) and all(ms and now_ms - ms > interval_ms + LATE_MS for ms, interval_ms in asked)


def firing(rules: Sequence[RuleStatus], is_snoozed: Callable[[str], bool]) -> tuple[Trouble, ...]:
    found = [
        Trouble(
            alert_id=number,
            rule=rule.name,
            severity=each.severity or rule.severity,
            where=each.instance,
            acknowledged=acknowledged,
            snoozed=is_snoozed(rule.name),
        )
        for rule in rules
        for each in rule.instances
        for number, acknowledged in open_alerts(each)
    ]
    return tuple(sorted(found, key=lambda trouble: (-trouble.severity.rank, trouble.acknowledged)))


def open_alerts(instance: InstanceStatus) -> Iterator[tuple[int, bool]]:
    """Number, and whether acknowledged: of its condition, and of the silence of its numbers."""
    if instance.alert_id is not None and instance.state in FIRING:
        yield instance.alert_id, instance.acknowledged
    if instance.no_data_alert_id is not None:
        yield instance.no_data_alert_id, instance.no_data_acknowledged


def pins(oculus: Oculus) -> list[str]:
    """Those of the settings, then those of the dashboard, each once; as many as a menu bears."""
    return list(dict.fromkeys((*oculus.settings.desktop.pinned, *kept_pins(oculus.memory))))[:MOST_PINS]


def pin(oculus: Oculus, symbol: str) -> str:
    """A symbol without its category, and its latest value."""
    name = symbol.removeprefix(f"{category_of(symbol)}.")
    latest = oculus.live.latest(symbol)
    if latest is None:
        return f"{name}  no value yet"
    answers = oculus.live.latest(f"{symbol}.up")
    if answers is not None and answers.value == 0:
        return f"{name}  down"
    return f"{name}  {figure(symbol, latest.value, latest.tags)}"


def clock_time(ms: int | None) -> str:
    """14:30, with the day when that is not today; empty for None."""
    if ms is None:
        return ""
    then = to_datetime(ms).astimezone()
    return f"{then:%H:%M}" if then.date() == datetime.now().astimezone().date() else f"{then:%a %H:%M}"


def blind_because(oculus: Oculus, collectors: Sequence[CollectorStatus]) -> str:
    """Why nothing is watched, as far as a person can do something about it."""
    if not collectors:
        return "no collectors"
    if oculus.outage.offline():
        return "this machine is offline"
    now_ms = oculus.clock.now_ms()
    if not asleep(collectors, now_ms):
        return ""
    newest_ms = max(each.last_run_ms or 0 for each in collectors)
    return f"nothing was asked for {spoken((now_ms - newest_ms) / 1000)}"


def tooltip(
    state: State,
    troubles: Sequence[Trouble],
    pinned: Sequence[str],
    blind: str,
    snoozed: str,
    watching: int,
) -> str:
    said = [f"snoozed until {snoozed}"] if snoozed else []
    if state is State.BLIND:
        said += ["not watching"] + ([blind] if blind else [])
    elif troubles:
        said += [f"{len(troubles)} firing", *(trouble.label for trouble in troubles)]
    elif state is State.PAUSED:
        said += ["collecting is paused"]
    else:
        word = "collector" if watching == 1 else "collectors"
        said += list(pinned) or [f"all is well, {watching} {word}"]
    return clipped(f"Oculus: {' · '.join(said)}", TOOLTIP)
