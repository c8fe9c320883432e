"""Which collectors somebody has paused. It outlives a restart, until somebody resumes them."""

from __future__ import annotations

from collections.abc import Iterable

from oculus.collectors.job import Job
from oculus.collectors.roster import identity
from oculus.collectors.sources.memory import Memory, PlainMemory
from oculus.collectors.tools import Tools

NAME = "collectors.paused"


class Pauses:
    """The scheduler guards it with its lock."""

    def __init__(self, tools: Tools | None) -> None:
        self._memory: Memory = tools.memory if tools else PlainMemory()

    def restore(self, jobs: Iterable[Job]) -> None:
        """Pause those of `jobs` that were paused when it was last kept."""
        kept = self._kept()
        for job in jobs:
            job.paused = job.paused or list(identity(job)) in kept

    def keep(self, jobs: Iterable[Job]) -> None:
        """Remember which of all `jobs` are paused. Never waits."""
        paused = sorted(list(identity(job)) for job in jobs if job.paused)
        if paused != self._kept():
            self._memory.save(NAME, paused)

    def _kept(self) -> list[list[str]]:
        return self._memory.load(NAME) or []
