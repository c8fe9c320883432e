"""Snoozing a rule, or all of them, and ending that."""

from __future__ import annotations

from msgspec import Struct, field

from oculus.core.durations import Duration, parse_duration
from oculus.rules.life.silence import ALL
from oculus.runtime import Oculus
from oculus.web.errors import bad_request, no_such
from oculus.web.site import Site
from oculus.web.words import iso

LONGEST = Duration(days=365)


class SnoozeBody(Struct, frozen=True, forbid_unknown_fields=True):
    """For how long: 30m, 1h, 7d."""

    for_: str = field(name="for")


class SnoozeAnswer(Struct, frozen=True):
    """Until when nobody is told; null when people are told again. `rule` is empty for all rules."""

    rule: str
    snoozed_until: str | None


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the snoozes on `app`."""

    @app.post("/api/snooze", body=SnoozeBody)
    def snooze_all(body: SnoozeBody) -> SnoozeAnswer:
        """Tell nobody of anything for a while. What still fires then is told then."""
        return SnoozeAnswer("", iso(oculus.snoozes.snooze(ALL, length(body.for_))))

    @app.delete("/api/snooze")
    def wake_all() -> SnoozeAnswer:
        """Tell people again."""
        oculus.snoozes.wake(ALL)
        return SnoozeAnswer("", iso(oculus.snoozes.until(ALL)))

    @app.post("/api/rules/<name:path>/snooze", body=SnoozeBody)
    def snooze(name: str, body: SnoozeBody) -> SnoozeAnswer:
        """Tell nobody of this rule for a while. What still fires then is told then."""
        return SnoozeAnswer(name, iso(oculus.snoozes.snooze(known(oculus, name), length(body.for_))))

    @app.delete("/api/rules/<name:path>/snooze")
    def wake(name: str) -> SnoozeAnswer:
        """Tell people of this rule again."""
        oculus.snoozes.wake(known(oculus, name))
        return SnoozeAnswer(name, iso(oculus.snoozes.until(name)))


def known(oculus: Oculus, name: str) -> str:
    """Raises HttpError 404 when no rule has that name."""
    if oculus.engine.rule(name) is None:
        raise no_such("rule", name, (status.name for status in oculus.engine.status()))
    return name


def length(text: str) -> Duration:
    """Raises HttpError 400."""
    try:
        given = parse_duration(text)
    except ValueError as error:
        raise bad_request(f"for: {error}") from error
    if not Duration(0) < given <= LONGEST:
        raise bad_request(f"for: {text!r} is no time to snooze", "Write from 1m to 365d.")
    return given
