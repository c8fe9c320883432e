"""How the rules stand, as pages and the API show it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from oculus.core.event import Severity
from oculus.rules.instance import Instance, Rule
from oculus.rules.life.standing import State
from oculus.rules.settings import RuleSettings
from oculus.rules.sql.runner import RunStatus

WORST_FIRST = (State.FIRING, State.RECOVERING, State.PENDING, State.OK)


class InstanceStatus(Struct, frozen=True, kw_only=True):
    """Where a rule stands for one symbol."""

    instance: str  # "" when the rule has but one
    symbol: str  # whose value is shown
    state: State
    since_ms: int | None
    reason: str = ""  # why it got there; "" since the start
    value: float | None
    threshold: float | None
    worst: float | None
    stale: bool  # nothing is known at present; the state is what it was
    no_data: bool  # an alert of missing data is open
    held: str  # why nobody was told of what fires
    alert_id: int | None
    acknowledged: bool
    no_data_alert_id: int | None = None
    no_data_acknowledged: bool = False
    severity: Severity | None = None  # what a row of SQL says of itself, else the rule's


class RuleStatus(Struct, frozen=True, kw_only=True, rename={"for_": "for"}):
    """A rule, and the worst of its instances. `state` is ok, pending, firing, recovering, or off."""

    name: str
    kind: str = "simple"
    condition: str
    sql: str = ""
    schedule: str = ""  # a cron line, in `timezone`
    timezone: str = "UTC"
    clear: str
    severity: Severity
    for_: str
    recover_for: str
    cooldown: str
    repeat: str
    prefer_desktop: bool = False
    escalate_after: str = ""  # "" when it never goes further
    escalate_channels: tuple[str, ...] = ()
    channels: tuple[str, ...]
    depends_on: tuple[str, ...]
    message: str  # the template
    enabled: bool
    trigger: str = "every"
    expires: str = ""
    state: str
    since_ms: int | None = None
    value: float | None = None
    last_fired_ms: int | None = None  # since Oculus was started
    trouble: str = ""  # why it cannot be computed
    next_run_ms: int | None = None  # of its SQL
    last_run_ms: int | None = None
    took_ms: float | None = None
    missed: int = 0  # runs left out because the one before went on
    instances: list[InstanceStatus] = field(default_factory=list)


def status_of(settings: RuleSettings, rule: Rule | None, runs: RunStatus | None = None) -> RuleStatus:
    """`rule` is None for one that is switched off."""
    instances = ordered(rule.instances.values()) if rule else []
    worst = instances[0] if instances else None
    idle = State.OK if rule else "off"
    return RuleStatus(
        name=settings.name,
        kind="sql" if settings.statement else "simple",
        condition=settings.condition,
        sql=settings.sql,
        schedule=settings.schedule,
        timezone=settings.timezone,
        clear=settings.clear,
        severity=settings.severity,
        for_=str(settings.for_),
        recover_for=str(settings.recover_for),
        cooldown=str(settings.cooldown),
        repeat=str(settings.repeat),
        prefer_desktop=settings.prefer_desktop,
        escalate_after=str(settings.escalate.after) if settings.escalate else "",
        escalate_channels=settings.escalate.channels if settings.escalate else (),
        channels=settings.channels,
        depends_on=settings.depends_on,
        message=settings.message,
        enabled=settings.enabled,
        trigger=settings.trigger,
        expires=settings.expires,
        state=worst.standing.state if worst else idle,
        since_ms=worst.standing.since_ms or None if worst else None,
        value=worst.value if worst else None,
        last_fired_ms=rule.last_fired_ms if rule else None,
        trouble=(rule.error if rule else "") or next((each.error for each in instances if each.error), ""),
        next_run_ms=runs.next_ms if runs else None,
        last_run_ms=runs.last_ms if runs else None,
        took_ms=runs.took_ms if runs else None,
        missed=runs.missed if runs else 0,
        instances=[_instance(each) for each in instances],
    )


def ordered(instances: Iterable[Instance]) -> list[Instance]:
    """The worst first, then by name."""
    return sorted(instances, key=lambda each: (WORST_FIRST.index(each.standing.state), each.key))


def _instance(instance: Instance) -> InstanceStatus:
    standing = instance.standing
    return InstanceStatus(
        instance=instance.key,
        symbol=instance.symbol,
        state=standing.state,
        since_ms=standing.since_ms or None,
        reason=instance.reason,
        value=instance.value,
        threshold=instance.threshold,
        worst=standing.worst if instance.firing else None,
        stale=standing.frozen_ms is not None,
        no_data=standing.no_data_ms is not None,
        held=standing.held,
        alert_id=instance.alert.id if instance.alert else None,
        acknowledged=standing.acknowledged,
        no_data_alert_id=instance.no_data_alert.id if instance.no_data_alert else None,
        no_data_acknowledged=standing.no_data_acknowledged,
        severity=instance.severity,
    )
