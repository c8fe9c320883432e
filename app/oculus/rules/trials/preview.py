"""A message as people would get it now, of a template that is still being written."""

from __future__ import annotations

from msgspec import Struct

from oculus.core.alert import NewsKind
from oculus.rules.instance import Rule
from oculus.rules.judging.wording import Wording
from oculus.rules.life.standing import Notice
from oculus.rules.memory.sight import Sight
from oculus.rules.status import ordered
from oculus.rules.template import NAMES, Template


class Preview(Struct, frozen=True, kw_only=True):
    """The words, and the instance they are about with its last value; "" and None before the first one."""

    text: str
    instance: str
    value: float | None


def preview(rule: Rule | None, message: str, sight: Sight, now_ms: int) -> Preview | None:
    """With the values of the worst instance there is. Raises TemplateError, as the settings would."""
    if rule is None:
        return None
    template = Template.parse(message, None if rule.settings.statement else NAMES) if message else None
    instances = ordered(rule.instances.values())
    if not instances:
        return Preview(text="", instance="", value=None)
    instance = instances[0]
    begun_ms = instance.standing.started_ms if instance.firing else now_ms
    notice = Notice(kind=NewsKind.FIRED, ts_ms=now_ms, started_ms=begun_ms)
    text = Wording(sight).words(instance, notice, now_ms, template)
    return Preview(text=text, instance=instance.key, value=instance.value)
