"""How far the news of a trouble goes: first perhaps only to the desktop, in the end to whom `escalate` names.

Pure, as the evaluator is. Whoever acknowledges a trouble keeps it from going any further.
"""

from __future__ import annotations

from oculus.core.desk import AWAY_S
from oculus.rules.life.standing import Reach, Spec
from oculus.rules.settings import DESKTOP, RuleSettings

DESK_MS = round(AWAY_S * 1000)  # so long somebody at the desk has to acknowledge


def first(spec: Spec, present: bool) -> Reach:
    """Who hears of it when it fires; `present`: somebody sits at the desktop."""
    return Reach.DESK if spec.prefer_desktop and present else Reach.RULE


def now_reached(spec: Spec, reach: Reach, passed_ms: int, present: bool) -> Reach:
    """Who should know by now of what was told of so long ago, which `reach` know and nobody acknowledges."""
    if spec.escalate_ms and passed_ms >= spec.escalate_ms:
        return Reach.ALL
    waits = reach is Reach.DESK and present and passed_ms < DESK_MS
    return reach if waits else max(reach, Reach.RULE)


def channels(settings: RuleSettings, reach: Reach, heard: Reach = Reach.NOBODY) -> tuple[str, ...]:
    """Those that news of this reach goes to, without those that have heard it already."""
    known = _all(settings, heard)
    return tuple(name for name in _all(settings, reach) if name not in known)


def _all(settings: RuleSettings, reach: Reach) -> tuple[str, ...]:
    if reach is Reach.NOBODY:
        return ()
    if reach is Reach.DESK:
        return (DESKTOP,)
    further = settings.escalate.channels if settings.escalate and reach is Reach.ALL else ()
    return tuple(dict.fromkeys((*settings.channels, *further)))
