"""From what is news of an instance to the alert that people hear of, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from oculus.core.alert import Alert, AlertState, News, NewsKind
from oculus.core.event import Event, EventType, Severity
from oculus.core.ids import Ids
from oculus.rules.instance import Instance
from oculus.rules.judging.wording import Wording
from oculus.rules.life.reach import channels
from oculus.rules.life.standing import Notice
from oculus.rules.memory.sight import Sight
from oculus.rules.template import TemplateError


class Teller:
    """Makes news. Belongs to the engine's thread."""

    def __init__(self, sight: Sight, tell: Callable[[Event], None]) -> None:
        self._wording = Wording(sight)
        self._tell = tell
        self._ids = Ids()

    def news(self, instance: Instance, notice: Notice, now_ms: int) -> News:
        """What `notice` means for the instance's alerts, which are brought up to date."""
        make = self._about_data if notice.no_data else self._about_trouble
        alert = make(instance, notice, now_ms)
        return News(
            kind=notice.kind,
            alert=alert,
            ts_ms=notice.ts_ms,
            held=notice.held,
            channels=self._audience(instance, notice),
            mention=instance.rule.settings.mention,
        )

    def _audience(self, instance: Instance, notice: Notice) -> tuple[str, ...]:
        """The channels it goes to; of an end, those that were told, whoever the rule names by now."""
        if notice.kind is NewsKind.RESOLVED:
            told = instance.told
            instance.told = told if instance.open_alerts() else ()
            return told
        found = channels(instance.rule.settings, notice.reach, notice.heard)
        if not notice.held:
            instance.told = tuple(dict.fromkeys((*instance.told, *found)))
        return found

    def _about_trouble(self, instance: Instance, notice: Notice, now_ms: int) -> Alert:
        alert = instance.alert or self._begun(instance, notice, now_ms, self._words(instance, notice, now_ms))
        values: dict[str, Any] = {
            "value": instance.value,
            "threshold": instance.threshold,
            "worst": notice.worst,
        }
        if notice.kind is NewsKind.RESOLVED:
            instance.alert = None
            over = replace(alert, **values, message=self._wording.well_again(instance, notice, alert))
            return ended(over, notice.ts_ms, notice.reason)
        if notice.kind in (NewsKind.FIRED, NewsKind.ESCALATED):
            values["severity"] = instance.severity
        if instance.alert and not instance.unread:
            values["message"] = self._words(instance, notice, now_ms)
            values["tags"] = self._wording.tags(instance)
        instance.alert = replace(alert, **values)
        return instance.alert

    def _about_data(self, instance: Instance, notice: Notice, now_ms: int) -> Alert:
        words = self._wording.no_data(instance, notice, now_ms)
        alert = instance.no_data_alert or self._begun(instance, notice, now_ms, words)
        if notice.kind is not NewsKind.RESOLVED:
            instance.no_data_alert = alert
            return alert
        instance.no_data_alert = None
        over = replace(alert, message=self._wording.data_again(notice, alert))
        return ended(over, notice.ts_ms, notice.reason)

    def _begun(self, instance: Instance, notice: Notice, now_ms: int, message: str) -> Alert:
        return Alert(
            id=self._ids.next(now_ms),
            rule=instance.rule.name,
            instance=instance.key,
            severity=instance.severity,
            state=AlertState.FIRING,
            message=message,
            value=None if notice.no_data else instance.value,
            started_ms=notice.started_ms,
            fired_ms=notice.ts_ms,
            tags=self._wording.tags(instance),
        )

    def _words(self, instance: Instance, notice: Notice, now_ms: int) -> str:
        try:
            return self._wording.words(instance, notice, now_ms, instance.rule.template)
        except TemplateError as error:
            self._complain(instance, error, now_ms)
            return self._wording.plain(instance)

    def _complain(self, instance: Instance, error: TemplateError, now_ms: int) -> None:
        if instance.rule.mute_template:
            return
        instance.rule.mute_template = True
        what = f"The message of {instance.rule.name} {error}. A plain one is sent in its place"
        self._tell(trouble(instance, what, now_ms))


def ended(alert: Alert, ts_ms: int, reason: str = "") -> Alert:
    """The same, resolved. Why, where it is not that all is well, stands in the message and the tags."""
    if reason:
        alert = replace(alert, message=f"{alert.message} ({reason})", tags={**alert.tags, "reason": reason})
    return replace(alert, state=AlertState.RESOLVED, ended_ms=max(ts_ms, alert.started_ms))


def trouble(instance: Instance, what: str, now_ms: int, well: bool = False) -> Event:
    """An event about the rule itself."""
    return Event(
        ts_ms=now_ms,
        source=f"rule.{instance.rule.name}",
        type=EventType.SYSTEM if well else EventType.ERROR,
        severity=Severity.INFO if well else Severity.ERROR,
        message=what,
        payload={"rule": instance.rule.name, "instance": instance.key, "reason": instance.error},
    )
