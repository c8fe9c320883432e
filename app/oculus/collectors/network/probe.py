"""What every probe is: a collector of one host, for which being down is an answer."""

from __future__ import annotations

import time
from abc import abstractmethod
from typing import Annotated, ClassVar

from msgspec import Meta

from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.network.deadline import Deadline
from oculus.collectors.network.down import Down
from oculus.collectors.words import masked, short
from oculus.core.metric import Metric
from oculus.core.symbols import clean

PAUSE_S = 0.5  # all the pauses between the tries of one run together


class ProbeSettings(CollectorSettings, frozen=True, kw_only=True, tag="probe"):
    """What can be set for any probe."""

    target: Annotated[str, Meta(description="What to probe.", min_length=1, max_length=2000)]


class Probe(Collector):
    """Asks one target, tries again before it counts as down, and always says whether it is up.

    Symbols  net.<kind>.<name>        what it measures, ms; only when there was something to measure
             net.<kind>.<name>.up     1 or 0, always
    Tags     probe, target; of a run that found it down also `error`: why
    """

    backs_off = False
    settings_class: ClassVar[type[CollectorSettings]] = ProbeSettings
    settings: ProbeSettings

    def __init__(self, settings: ProbeSettings) -> None:
        super().__init__(settings)
        self.symbol = f"{self.category}.{clean(self.name)}"
        self._tags = {"probe": self.kind, "target": masked(settings.target), **settings.tags}

    @property
    def name(self) -> str:
        return self.settings.name or self.host()

    @abstractmethod
    def host(self) -> str:
        """What to call it when the settings give it no name."""

    @abstractmethod
    def ask(self, deadline: Deadline) -> dict[str, float]:
        """Ask once. Returns values by the last part of their symbols, "" for the main one.

        Raises Down when the target is down, SourceError when this machine could not even ask.
        """

    def symbols(self) -> list[str]:
        return [self.symbol]

    def collect(self) -> list[Metric]:
        values = self._ask_until_up()
        values["up"] = 0.0 if self.trouble else 1.0
        now_ms = self.clock.now_ms()
        category = self.settings.category or self.category
        tags = {**self._tags, "error": short(self.trouble)} if self.trouble else self._tags
        return [
            Metric(now_ms, category, f"{self.symbol}.{part}" if part else self.symbol, value, tags)
            for part, value in values.items()
        ]

    def _ask_until_up(self) -> dict[str, float]:
        tries = self.settings.retries + 1
        values: dict[str, float] = {}
        for number in range(tries):
            if number:
                time.sleep(PAUSE_S / tries)
            try:
                values = self.ask(Deadline(self.settings.timeout.total_seconds()))
            except Down as down:
                values, self.trouble = down.values, str(down)
            else:
                self.trouble = ""
                break
        return values


def ms(seconds: float) -> float:
    """Milliseconds to the hundredth: finer digits are noise, and three times the disk."""
    return round(seconds * 1000, 2)
