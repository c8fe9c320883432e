"""What the outside hands to collectors: the polite clients, and what outlives a restart."""

from __future__ import annotations

from dataclasses import dataclass, field

from oculus.collectors.sources.memory import Closes, Memory, PlainCloses, PlainMemory
from oculus.collectors.sources.registry import Sources
from oculus.core.counters import Counters


@dataclass
class Tools:
    """Shared by all collectors. Left out, everything lives as long as the process."""

    sources: Sources = field(default_factory=Sources)
    memory: Memory = field(default_factory=PlainMemory)
    closes: Closes = field(default_factory=PlainCloses)
    counters: Counters = field(default_factory=Counters)
