"""What a symbol's collector did lately: each run with its number, or with the reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from oculus.core.errors import OculusError
from oculus.core.figures import figure
from oculus.core.metric import Metric
from oculus.core.symbols import main_of, part_of
from oculus.runtime import Oculus
from oculus.storage.reader import Reader
from oculus.storage.reading.history import StoredEvent
from oculus.storage.reading.metrics import MetricFilter
from oculus.web.detail.channels import Tried

SHOWN = 20
NAMED = 2  # numbers that are told of a run by hand
EVENTS = 200  # looked through for reasons


@dataclass(frozen=True, slots=True)
class Run:
    """One line: `what` is the number, "down", or what the collector said."""

    ts_ms: int
    what: str
    why: str
    tone: str


def last_runs(reader: Reader, symbol: str, collector: str) -> list[Run]:
    """Newest first."""
    up = f"{main_of(symbol)}.up"
    numbers = reader.metrics(MetricFilter(symbol=symbol, limit=SHOWN)).metrics
    tries = reader.metrics(MetricFilter(symbol=up, limit=SHOWN)).metrics if part_of(up) else []
    said = reader.events(source=f"collector.{collector}", limit=EVENTS) if collector else []
    troubles = [each for each in said if is_turn(each)]
    wrong = {each.ts_ms: each for each in tries if each.value < 0.5}
    late = {each.ts_ms: str(figure(symbol, each.value, each.tags)) for each in numbers if each.ts_ms in wrong}
    failed = [down(each, troubles, late.get(ts_ms, "")) for ts_ms, each in wrong.items()]
    good = (answered(each) for each in numbers if each.ts_ms not in wrong)
    found = chain(good, failed, map(told, said) if not tries else ())
    return sorted(since(found, numbers, tries), key=lambda run: -run.ts_ms)[:SHOWN]


def since(runs: Iterable[Run], numbers: Sequence[Metric], tries: Sequence[Metric]) -> list[Run]:
    """Those of the time that all lists cover, so that none is missing in between."""
    full = [each[-1].ts_ms for each in (numbers, tries) if len(each) == SHOWN]
    earliest = max(full, default=0)
    return [run for run in runs if run.ts_ms >= earliest]


def answered(metric: Metric) -> Run:
    return Run(metric.ts_ms, str(figure(metric.symbol, metric.value, metric.tags)), "", "")


def down(metric: Metric, troubles: Sequence[StoredEvent], number: str) -> Run:
    """A try without an answer, or with a wrong one: the reason of its trouble, and the number it had."""
    why = reason(metric.ts_ms, troubles).removeprefix("is down: ")
    return Run(metric.ts_ms, "down", " · ".join(part for part in (why, number) if part), "error")


def reason(ts_ms: int, troubles: Sequence[StoredEvent]) -> str:
    """What was said at the last turn for the worse. Its event may be written a moment after the number."""
    earlier = next((each for each in troubles if each.ts_ms <= ts_ms + 1000), None)
    return "" if earlier is None or earlier.payload.get("well") else said_by(earlier)


def is_turn(event: StoredEvent) -> bool:
    return "well" in event.payload


def told(event: StoredEvent) -> Run:
    bad = event.type == "error"
    return Run(event.ts_ms, "failed" if bad else "note", said_by(event), "error" if bad else "")


def said_by(event: StoredEvent) -> str:
    """Its message without the collector's name, which the page has anyway."""
    return event.message.removeprefix(event.source.removeprefix("collector.")).lstrip(": ")


def run_now(oculus: Oculus, name: str) -> Tried:
    """Have a collector ask now, and tell what it learned."""
    try:
        metrics = oculus.scheduler.run_now(name)
    except OculusError as error:
        return Tried(sent=False, what=error.what, hint=error.hint, word="failed")
    if not metrics:
        return Tried(sent=True, what="Nothing new")
    named = [f"{each.symbol} {figure(each.symbol, each.value, each.tags)}" for each in metrics[:NAMED]]
    more = f" and {len(metrics) - NAMED} more" if len(metrics) > NAMED else ""
    return Tried(sent=True, what=f"{', '.join(named)}{more}")
