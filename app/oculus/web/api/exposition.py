"""GET /metrics: what Oculus counts about itself, for Prometheus."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bottle import response

from oculus import __version__
from oculus.collectors.status import CollectorStatus
from oculus.core.counters import Counters
from oculus.notify.notifier import ChannelStatus
from oculus.runtime import Oculus
from oculus.web.api.prometheus import CONTENT_TYPE, Family, Sample, histogram, write
from oculus.web.site import Site

TOTALS = (
    ("writer.rows", "oculus_rows_written_total", "Metrics written into the database."),
    ("writer.failed", "oculus_insert_failures_total", "Commits that failed and were tried again."),
    ("writer.dropped", "oculus_rows_dropped_total", "Rows for which the queue had no room."),
    ("writer.refused", "oculus_rows_refused_total", "Values that are no finite number."),
    ("collectors.clipped", "oculus_times_clipped_total", "Numbers whose own time lay ahead of now."),
    ("collectors.pushed", "oculus_numbers_pushed_total", "Numbers that were sent to push collectors."),
    ("polymarket.frozen", "oculus_streams_frozen_total", "Streams that were found to stand still."),
)
TIMINGS = (
    ("reader.query", "oculus_query_seconds", "How long statements from outside took."),
    ("writer.commit", "oculus_commit_seconds", "How long commits took."),
    ("collectors.lateness", "oculus_collector_lateness_seconds", "How long after its slot a run began."),
)
DELIVERIES = "deliveries."


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the page on `app`."""

    @app.get("/metrics")
    def metrics() -> str:
        """What Oculus counts about itself, as Prometheus reads it."""
        response.content_type = CONTENT_TYPE
        return write(families(oculus))


def families(oculus: Oculus) -> Iterator[Family]:
    counters = oculus.counters
    yield gauge("oculus_info", "Which Oculus this is.", [Sample(1, {"version": __version__})])
    yield gauge("oculus_queue_length", "Rows waiting for the writer.", [Sample(oculus.writer.queue_length())])
    yield gauge("oculus_queries_active", "Statements running.", [Sample(oculus.reader.active_queries())])
    yield gauge("process_resident_memory_bytes", "Memory in use.", map(Sample, resident_bytes()))
    for name, public, text in TOTALS:
        yield Family(public, "counter", text, [Sample(counters.get(name))])
    yield from timings(counters)
    yield from collectors(oculus.scheduler.status())
    yield from channels(oculus.notifier.status(), counters.totals())


def gauge(name: str, text: str, samples: Iterable[Sample]) -> Family:
    return Family(name, "gauge", text, samples)


def timings(counters: Counters) -> Iterator[Family]:
    """A histogram of everything since the start, and the percentiles of the last few hundred."""
    for name, public, text in TIMINGS:
        timing = counters.timing(name)
        yield Family(public, "histogram", text, histogram(timing))
        for percent in (95, 99):
            value = timing.percentile(percent / 100)
            yield gauge(
                f"{public}_p{percent}",
                f"{text} {percent} % of the recent ones took less.",
                [] if value is None else [Sample(value)],
            )


def collectors(statuses: Iterable[CollectorStatus]) -> Iterator[Family]:
    known = [({"collector": status.name, "type": status.type}, status) for status in statuses]
    for word, text in (
        ("runs", "Runs of a collector."),
        ("failures", "Runs without an answer; a host found down is an answer."),
        ("missed", "Slots that went by unused."),
    ):
        samples = [Sample(getattr(status, word), labels) for labels, status in known]
        yield Family(f"oculus_collector_{word}_total", "counter", text, samples)
    ok = [Sample(float(status.state == "ok"), labels) for labels, status in known]
    yield gauge("oculus_collector_ok", "1 while what it watches answers.", ok)


def channels(statuses: Iterable[ChannelStatus], totals: Mapping[str, float]) -> Iterator[Family]:
    yield Family("oculus_deliveries_total", "counter", "Deliveries that came to a state.", deliveries(totals))
    waiting = [Sample(status.queued, {"channel": status.name}) for status in statuses]
    yield gauge("oculus_deliveries_waiting", "Deliveries that are not yet sent.", waiting)


def deliveries(totals: Mapping[str, float]) -> list[Sample]:
    """Counted as `deliveries.<channel>.<state>`; the channel's name may hold dots."""
    samples = []
    for name in sorted(totals):
        if name.startswith(DELIVERIES):
            channel, _, state = name.removeprefix(DELIVERIES).rpartition(".")
            samples.append(Sample(totals[name], {"channel": channel, "state": state}))
    return samples


def resident_bytes() -> list[int]:
    """Memory that the process holds now; empty where the system does not tell."""
    if sys.platform != "linux":
        return []
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return [pages * os.sysconf("SC_PAGE_SIZE")]
