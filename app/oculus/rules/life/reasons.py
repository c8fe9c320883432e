"""Why an instance stands where it stands now, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from oculus.core.durations import spoken
from oculus.rules.life.standing import Input, Notice, Reading, Spec, Standing, State

WORDS = {
    (State.OK, State.PENDING): "the condition holds, and has to for {hold}",
    (State.OK, State.FIRING): "the condition holds",
    (State.PENDING, State.FIRING): "the condition has held for {hold}",
    (State.PENDING, State.OK): "the condition held for less than {hold}",
    (State.FIRING, State.RECOVERING): "the trouble is over, and has to be for {recover}",
    (State.RECOVERING, State.FIRING): "the trouble is back",
    (State.RECOVERING, State.OK): "the trouble has been over for {recover}",
    (State.FIRING, State.OK): "the trouble is over",
}
UNKNOWN = {Input.STALE: "there is no answer, so nothing is known", Input.ERROR: "it cannot be computed"}
KNOWN_AGAIN = "there are answers again"


def reason(
    spec: Spec, before: Standing, after: Standing, reading: Reading | None, notices: Iterable[Notice]
) -> str:
    """Why it moved from `before` to `after`; "" when it did not."""
    if after is before:
        return ""
    if before.state is not after.state:
        given = next((notice.reason for notice in notices if notice.reason), "")
        words = WORDS.get((before.state, after.state), "")
        return given or words.format(hold=spoken(spec.for_ms / 1000), recover=spoken(spec.recover_ms / 1000))
    if reading and before.frozen_ms is None and after.frozen_ms is not None:
        return UNKNOWN.get(reading.kind, "")
    return KNOWN_AGAIN if before.frozen_ms is not None and after.frozen_ms is None else ""
