"""The rules: how each stands, and one with its instances and its history."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, structs

from oculus.rules.lint import Hint
from oculus.rules.status import InstanceStatus, RuleStatus
from oculus.rules.template import TemplateError
from oculus.runtime import Oculus
from oculus.web.api import alerts as api_alerts
from oculus.web.errors import bad_request, no_such, not_found
from oculus.web.site import Site
from oculus.web.words import iso


class RuleAnswer(Struct, frozen=True, kw_only=True, rename={"for_": "for"}):
    """One rule. `state` is ok, pending, firing, recovering or off; `since` when it got there.

    It has a condition, or sql with a schedule; `missed` are the slots left out because a run went on.
    """

    name: str
    kind: str
    condition: str
    sql: str
    schedule: str
    timezone: str
    clear: str
    severity: str
    for_: str
    recover_for: str
    cooldown: str
    repeat: str
    prefer_desktop: bool
    escalate_after: str
    escalate_channels: tuple[str, ...]
    channels: tuple[str, ...]
    depends_on: tuple[str, ...]
    message: str
    enabled: bool
    trigger: str
    expires: str
    state: str
    since: str | None
    value: float | None
    last_fired: str | None
    trouble: str
    next_run: str | None
    last_run: str | None
    took_ms: float | None
    missed: int
    snoozed_until: str | None = None


class RulesAnswer(Struct, frozen=True):
    rules: list[RuleAnswer]


class InstanceAnswer(Struct, frozen=True, kw_only=True):
    """Where the rule stands for one symbol, and why; `instance` is empty when there is but one."""

    instance: str
    symbol: str
    state: str
    since: str | None
    reason: str
    value: float | None
    threshold: float | None
    worst: float | None
    stale: bool
    no_data: bool
    held: str
    alert_id: int | None
    acknowledged: bool
    no_data_alert_id: int | None
    no_data_acknowledged: bool
    severity: str | None


class OneRuleAnswer(RuleAnswer, frozen=True, kw_only=True, rename={"for_": "for"}):
    """One rule with all it did. `history` is like /api/alerts, newest first."""

    instances: list[InstanceAnswer]
    history: list[api_alerts.AlertAnswer]


class LintAnswer(Struct, frozen=True):
    """Each hint says in which field, what is odd, and what to write instead."""

    hints: list[Hint]


class PreviewBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A template to try; empty for the plain words of a rule without one."""

    message: Annotated[str, Meta(max_length=4000)]


class PreviewAnswer(Struct, frozen=True, kw_only=True):
    """The message as it would read now, with the last value; the text is empty while there is no value."""

    text: str
    instance: str
    value: float | None


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the rules on `app`."""

    @app.get("/api/rules")
    def rules() -> RulesAnswer:
        """Every rule, in the order of the settings."""
        return RulesAnswer([RuleAnswer(**fields(status, oculus)) for status in oculus.engine.status()])

    @app.get("/api/rules/<name:path>/lint")
    def odd(name: str) -> LintAnswer:
        """What looks odd in a rule, by the stored numbers of the last week too."""
        if oculus.engine.rule(name) is None:
            raise no_such("rule", name, names(oculus))
        return LintAnswer(oculus.lint(name))

    @app.post("/api/rules/<name:path>/preview", body=PreviewBody)
    def tried(name: str, body: PreviewBody) -> PreviewAnswer:
        """What a message would say of a rule with its last value. Nothing is sent."""
        return previewed(oculus, name, body.message)

    @app.get("/api/rules/<name:path>")
    def rule(name: str) -> OneRuleAnswer:
        """One rule."""
        status = oculus.engine.rule(name)
        if status is None:
            raise no_such("rule", name, names(oculus))
        return OneRuleAnswer(
            **fields(status, oculus),
            instances=[instance_answer(instance) for instance in status.instances],
            history=[api_alerts.answer(alert, sent) for alert, sent in oculus.reader.rule_history(name)],
        )


def names(oculus: Oculus) -> list[str]:
    return [status.name for status in oculus.engine.status()]


def previewed(oculus: Oculus, name: str, message: str) -> PreviewAnswer:
    """Raises HttpError: 404 for a rule that is not judged, 400 for a template with a mistake."""
    try:
        made = oculus.engine.preview(name, message)
    except TemplateError as error:
        raise bad_request(f"message {error}") from error
    if made is None:
        raise not_found(f"There is no rule called {name!r} that is on", "GET /api/rules lists them.")
    return PreviewAnswer(text=made.text, instance=made.instance, value=made.value)


def fields(status: RuleStatus, oculus: Oculus) -> dict[str, Any]:
    """What a RuleAnswer holds."""
    given: dict[str, Any] = structs.asdict(status)
    given["snoozed_until"] = iso(oculus.snoozes.until(status.name))
    given["since"] = iso(status.since_ms)
    given["last_fired"] = iso(status.last_fired_ms)
    given["next_run"], given["last_run"] = iso(status.next_run_ms), iso(status.last_run_ms)
    return {name: given[name] for name in RuleAnswer.__struct_fields__ if name in given}


def instance_answer(status: InstanceStatus) -> InstanceAnswer:
    given = structs.asdict(status)
    since_ms = given.pop("since_ms")
    return InstanceAnswer(**given, since=iso(since_ms))
