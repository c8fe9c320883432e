"""Playing settings of a rule: a few at a time, and what was played a moment ago is known."""

from __future__ import annotations

import threading
from collections import OrderedDict

from msgspec import Struct
from msgspec.structs import replace

from oculus.backtests import Trial, backtest
from oculus.core.errors import QueryError
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.backtest import Backtest
from oculus.runtime import Oculus
from oculus.settings.schema import Settings
from oculus.web.trials.setting import Setting

MOST = 3  # that are played or wait for it; each takes a whole core
KNOWN = 16
BUSY = QueryError("busy", "Others are being played", "Try again in a moment.")


class Subject(Struct, frozen=True):
    """The rule that is tried, and the settings with it, which say who would be told."""

    rule: RuleSettings
    settings: Settings


class Plays:
    """Any thread may ask."""

    def __init__(self, oculus: Oculus) -> None:
        self._oculus = oculus
        self._room = threading.BoundedSemaphore(MOST)
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int, int], Backtest] = OrderedDict()

    def play(self, subject: Subject, setting: Setting, span: tuple[int, int]) -> Backtest:
        """Over a span (since, until), UTC ms. Raises QueryError, StorageError."""
        rule = setting.of(subject.rule)
        key = (repr(rule), *span)
        with self._lock:
            if key in self._known:
                return self._known[key]
        if not self._room.acquire(blocking=False):
            raise BUSY
        try:
            rules = [rule if each.name == rule.name else each for each in subject.settings.rules]
            settings = replace(subject.settings, rules=rules)
            found = backtest(rule.name, Trial(), span, settings, self._oculus.reader)
        finally:
            self._room.release()
        self._keep(key, found)
        return found

    def _keep(self, key: tuple[str, int, int], found: Backtest) -> None:
        with self._lock:
            self._known[key] = found
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)
