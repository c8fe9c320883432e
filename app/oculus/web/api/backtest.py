"""Playing a rule over the past."""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from oculus.backtests import PROGRESS, Trial, backtest
from oculus.core.clock import to_iso
from oculus.rules.trials.backtest import Backtest
from oculus.runtime import Oculus
from oculus.settings.schema import Settings
from oculus.storage.reader import Reader
from oculus.web.api.params import moment
from oculus.web.api.snooze import known
from oculus.web.errors import bad_request
from oculus.web.site import Site
from oculus.web.words import iso


class BacktestBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`since` and `until` are 7d or ISO 8601; the rest is what to try in the place of the rule's own."""

    since: str = "7d"
    until: str = ""
    condition: str = ""
    clear: str = ""
    for_: str = field(default="", name="for")
    cooldown: str = ""


class FiringAnswer(Struct, frozen=True):
    """One time it would have fired. `ended_at` is null when it still would."""

    instance: str
    started_at: str
    fired_at: str
    ended_at: str | None
    worst: float | None


class BacktestAnswer(Struct, frozen=True, kw_only=True):
    """`short` of the firings were over in less than two minutes; `told` counts messages by channel.

    It was played over `samples` stored samples, the first of them at `first_sample`: raw ones, or where
    none are kept any more, the means of the rollups, as `source` says. For a rule with SQL these are the
    runs that were made as of then, and the first number there is. `present` is the same of the rule's own
    settings, where another one was tried.
    """

    rule: str
    since: str
    until: str
    count: int
    total_seconds: float
    short: int
    fired: list[FiringAnswer]
    told: dict[str, int]
    source: str
    samples: int
    first_sample: str | None
    troubles: list[str]
    present: BacktestAnswer | None = None


class ProgressAnswer(Struct, frozen=True):
    """`done` is from 0 to 1. One backtest is played at a time; `rule` is empty while there is none."""

    rule: str
    done: float


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the backtest on `app`."""

    @app.post("/api/rules/<name:path>/backtest", body=BacktestBody)
    def play(name: str, body: BacktestBody) -> BacktestAnswer:
        """How often it would have fired, for how long, and who would have been told."""
        now_ms = oculus.clock.now_ms()
        since_ms, until_ms = moment("since", body.since, now_ms), moment("until", body.until, now_ms)
        span = (0 if since_ms is None else since_ms, now_ms if until_ms is None else min(until_ms, now_ms))
        if span[0] >= span[1]:
            raise bad_request("since: is not before until", "Write such as 7d.")
        trial = Trial(condition=body.condition, clear=body.clear, for_=body.for_, cooldown=body.cooldown)
        return compared(known(oculus, name), trial, span, oculus.settings, oculus.reader)

    @app.get("/api/backtest")
    def progress() -> ProgressAnswer:
        """How far the backtest that is being played has come."""
        return ProgressAnswer(PROGRESS.what, round(PROGRESS.share, 3))


def compared(
    name: str, trial: Trial, span: tuple[int, int], settings: Settings, reader: Reader
) -> BacktestAnswer:
    """The rule with what is tried, and where that is something, beside it as it is now."""
    tried = answer(backtest(name, trial, span, settings, reader))
    if trial == Trial():
        return tried
    return replace(tried, present=answer(backtest(name, Trial(), span, settings, reader)))


def answer(found: Backtest) -> BacktestAnswer:
    fired = [
        FiringAnswer(
            each.instance, to_iso(each.started_ms), to_iso(each.fired_ms), iso(each.ended_ms), each.worst
        )
        for each in found.fired
    ]
    return BacktestAnswer(
        rule=found.rule,
        since=to_iso(found.since_ms),
        until=to_iso(found.until_ms),
        count=len(fired),
        total_seconds=found.total_ms / 1000,
        short=found.short,
        fired=fired,
        told=found.told,
        source=source(found),
        samples=found.samples,
        first_sample=iso(found.first_ms),
        troubles=found.troubles,
    )


def source(found: Backtest) -> str:
    """What it was played over."""
    if found.runs:
        return "runs of its SQL"
    if not found.rolled:
        return "raw"
    return "rollups" if found.rolled == found.samples else "rollups, then raw"
