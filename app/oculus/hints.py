"""What looks odd in rules, by all that the running system knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oculus.collectors.scheduler import Scheduler
from oculus.core.symbols import main_of
from oculus.rules.lint import Facts, Hint, any_matches, lint
from oculus.rules.settings import RuleSettings
from oculus.settings.past import past_hints
from oculus.storage.live import LiveCache
from oculus.storage.reader import Reader

MOST_SYMBOLS = 100_000  # of one rule


class Hints:
    """Any thread may ask."""

    def __init__(self, live: LiveCache, scheduler: Scheduler, reader: Reader) -> None:
        self._live = live
        self._scheduler = scheduler
        self._reader = reader

    def of(self, rule: RuleSettings) -> list[Hint]:
        """Asks the stored numbers of the last week too. Raises OculusError when they cannot be read."""
        return self.at_once(rule) + past_hints([rule], self._ask).get(rule.name, [])

    def at_once(self, rule: RuleSettings) -> list[Hint]:
        """Asks no stored numbers, and the rule need not be in force."""
        return lint(rule, Facts(self._live.symbols(), self._written, self._interval_s))

    def _ask(self, sql: str, params: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return self._reader.query(sql, params, max_rows=MOST_SYMBOLS).rows

    def _written(self, symbol: str) -> bool:
        return bool(self._scheduler.freshness(symbol)) or any_matches(symbol, self._live.symbols())

    def _interval_s(self, symbol: str) -> float | None:
        known = self._scheduler.freshness(symbol) or self._scheduler.freshness(main_of(symbol))
        return known.interval_s if known else None
