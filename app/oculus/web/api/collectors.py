"""The collectors: how they fare, and running, pausing and resuming one."""

from __future__ import annotations

from msgspec import Struct

from oculus.collectors.sources.client import SourceStatus
from oculus.collectors.status import CollectorStatus
from oculus.runtime import Oculus
from oculus.web.api.metrics import MetricAnswer, metric_answer
from oculus.web.errors import no_such
from oculus.web.site import Site
from oculus.web.words import iso


class SourceAnswer(Struct, frozen=True, kw_only=True):
    """One provider: calls this month, those that are left, and why and until when it is left alone."""

    source: str
    calls_used: int
    calls_left: int | None
    cool_down: str
    cool_down_until: str | None


class CollectorAnswer(Struct, frozen=True, kw_only=True):
    """One collector. Times are ISO 8601 in UTC; null when it has not happened."""

    name: str
    type: str
    symbols: list[str]
    state: str
    interval_s: float
    last_run: str | None
    last_success: str | None
    last_error: str
    failing_since: str | None
    next_run: str | None
    runs: int
    failures: int
    missed: int
    lacking: list[str]
    said: str
    as_of: str | None
    source: str
    calls_used: int | None
    calls_left: int | None
    cool_down: str
    cool_down_until: str | None
    others: list[SourceAnswer]  # the providers that stand in for the first one, as far as they were asked


class CollectorsAnswer(Struct, frozen=True):
    collectors: list[CollectorAnswer]


class RunAnswer(Struct, frozen=True):
    """What one run learned."""

    metrics: list[MetricAnswer]
    count: int
    said: str  # what the source said, in words


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the collectors on `app`."""

    @app.get("/api/collectors")
    def collectors() -> CollectorsAnswer:
        """Every collector and how it fares."""
        return CollectorsAnswer([answer(status) for status in oculus.scheduler.status()])

    @app.post("/api/collectors/<name:path>/run", errors=(502,))
    def run(name: str) -> RunAnswer:
        """Ask once, now, and wait for what it learns."""
        metrics = oculus.scheduler.run_now(known(oculus, name))
        said = status_of(oculus, name).said
        return RunAnswer([metric_answer(metric) for metric in metrics], len(metrics), said)

    @app.post("/api/collectors/<name:path>/pause")
    def pause(name: str) -> CollectorAnswer:
        """Leave its slots unused until it is resumed, over restarts too."""
        oculus.scheduler.pause(known(oculus, name))
        oculus.writer.settle()
        return answer(status_of(oculus, name))

    @app.post("/api/collectors/<name:path>/resume")
    def resume(name: str) -> CollectorAnswer:
        """Use its slots again."""
        oculus.scheduler.resume(known(oculus, name))
        oculus.writer.settle()
        return answer(status_of(oculus, name))


def status_of(oculus: Oculus, name: str) -> CollectorStatus:
    """Raises HttpError 404 for a name nobody has."""
    known = {status.name: status for status in oculus.scheduler.status()}
    if name not in known:
        raise no_such("collector", name, known)
    return known[name]


def known(oculus: Oculus, name: str) -> str:
    return status_of(oculus, name).name


def answer(status: CollectorStatus) -> CollectorAnswer:
    return CollectorAnswer(
        name=status.name,
        type=status.type,
        symbols=status.symbols,
        state=status.state,
        interval_s=status.interval_s,
        last_run=iso(status.last_run_ms),
        last_success=iso(status.last_success_ms),
        last_error=status.last_error,
        failing_since=iso(status.failing_since_ms),
        next_run=iso(status.next_run_ms),
        runs=status.runs,
        failures=status.failures,
        missed=status.missed,
        lacking=status.lacking,
        said=status.said,
        as_of=iso(status.as_of_ms),
        source=status.source,
        calls_used=status.calls_used,
        calls_left=status.calls_left,
        cool_down=status.cool_down,
        cool_down_until=iso(status.cool_down_until_ms),
        others=[source_answer(each) for each in status.others],
    )


def source_answer(status: SourceStatus) -> SourceAnswer:
    return SourceAnswer(
        source=status.title,
        calls_used=status.calls_used,
        calls_left=status.calls_left,
        cool_down=status.cool_down,
        cool_down_until=iso(status.cool_down_until_ms),
    )
