"""Ask one collector once, outside the scheduler, as `oculus collect NAME` does."""

from __future__ import annotations

import threading

from oculus.collectors.collector import CollectorSettings
from oculus.collectors.health import Outcome
from oculus.collectors.job import Job
from oculus.collectors.tools import Tools
from oculus.core.clock import SystemClock
from oculus.core.errors import OculusError
from oculus.core.metric import Metric, finite


def collect_once(settings: CollectorSettings, tools: Tools | None = None) -> tuple[list[Metric], str]:
    """What the collector learned, and why what it watches is down, or else is worth knowing ("" mostly).

    Raises OculusError when it could not ask, or took longer than its settings allow.
    """
    job = Job(settings, SystemClock(), phase_s=0.0, tools=tools)
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(job.ask(by_hand=True)), name="once", daemon=True)
    thread.start()
    thread.join(job.limit_s)
    job.leave()
    outcome = outcomes[0] if outcomes else job.overran()
    if not outcome.answered:
        raise OculusError(f"{job.name} {outcome.how}: {outcome.trouble}")
    return finite(outcome.metrics), "; ".join(filter(None, [outcome.trouble, *outcome.news]))
