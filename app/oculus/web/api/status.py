"""How Oculus itself fares, and reading the settings again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from oculus import __version__
from oculus.core.clock import to_iso
from oculus.runtime import Oculus
from oculus.web.errors import HttpError
from oculus.web.serving.health import OK, parts
from oculus.web.site import Site


class StatusAnswer(Struct, frozen=True, kw_only=True):
    """`checks` holds "ok" or what is wrong; `collectors` and `rules` count by state."""

    version: str
    started_at: str
    uptime_s: float
    ready: bool
    checks: dict[str, str]
    problems: list[str]  # mistakes in the settings files; the settings from before them are in force
    collectors: dict[str, int]
    rules: dict[str, int]
    channels: dict[str, int]
    symbols: int
    queue: int
    rows_written: int
    rows_dropped: int
    database_bytes: int


class ReloadAnswer(Struct, frozen=True):
    reloaded: bool


def mount(app: Site, oculus: Oculus) -> None:
    """Hang the status on `app`."""

    @app.get("/api/status")
    def status() -> StatusAnswer:
        """What runs, in numbers."""
        return answer(oculus)

    @app.post("/api/reload")
    def reload() -> ReloadAnswer:
        """Read the settings files now. 409 with every mistake; then nothing has changed."""
        if problems := oculus.reload():
            raise HttpError(409, "The settings have mistakes, so the old ones stay", "\n".join(problems))
        return ReloadAnswer(reloaded=True)


def answer(oculus: Oculus) -> StatusAnswer:
    now_ms, checks = oculus.clock.now_ms(), parts(oculus)
    return StatusAnswer(
        version=__version__,
        started_at=to_iso(oculus.started_ms),
        uptime_s=max(0, now_ms - oculus.started_ms) / 1000,
        ready=all(said == OK for said in checks.values()),
        checks=checks,
        problems=oculus.problems,
        collectors=count(status.state for status in oculus.scheduler.status()),
        rules=count(status.state for status in oculus.engine.status()),
        channels=count(status.state for status in oculus.notifier.status()),
        symbols=len(oculus.live.symbols()),
        queue=oculus.writer.queue_length(),
        rows_written=int(oculus.counters.get("writer.rows")),
        rows_dropped=int(oculus.counters.get("writer.dropped")),
        database_bytes=oculus.database.file_bytes(),
    )


def count(states: Iterable[str]) -> dict[str, int]:
    return {str(state): number for state, number in sorted(Counter(states).items())}
