"""What the page of a backtest holds: which rule, what can be moved how far, and where the outcome leads."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict, replace

from oculus.core.durations import parse_duration
from oculus.core.errors import ConfigError, QueryError
from oculus.runtime import Oculus
from oculus.web.errors import HttpError, bad_request, not_found
from oculus.web.forms.editor import Draft, Editor
from oculus.web.forms.sheet import Where
from oculus.web.trials.plays import Subject
from oculus.web.trials.setting import Level, Setting, Value, is_number, level_of, read_setting, setting_of

SPANS = {"1d": "1 day", "3d": "3 days", "7d": "7 days", "14d": "14 days", "30d": "30 days", "90d": "90 days"}
USUAL_SPAN = "7d"
LENGTHS = ("0s", "30s", "1m", "90s", "2m", "3m", "5m", "10m", "15m", "30m", "1h", "2h")  # the slider's stops
MOST_SYMBOLS = 300
STEPS = 100  # of the threshold's slider, about


class Asked(Struct, frozen=True):
    """What a page carries along: a rule by name, or one that is being written, and where that came from."""

    rule: str = ""
    draft: str = ""  # JSON of its fields
    where: Where = Where()
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Slider:
    low: float
    high: float
    step: float


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two settings, as it stands in its fields."""

    key: str  # a or b
    setting: Setting
    threshold: str
    ends: str | None  # the number at which it ends; None where only words say that
    params: tuple[tuple[str, str, Slider], ...]  # of a rule in SQL, those that are numbers


@dataclass(frozen=True, slots=True)
class TrialSheet:
    """All that the page says before anything is played."""

    name: str
    asked: Asked
    sql: str
    level: Level | None
    slider: Slider | None
    sides: tuple[Side, Side]
    span: str
    symbols: tuple[str, ...]
    severity: str
    written: bool  # it is a rule of the settings, with a page of its own


class Trials:
    """Finds the rules that are tried."""

    def __init__(self, oculus: Oculus, editor: Editor) -> None:
        self._oculus = oculus
        self._editor = editor

    def subject(self, asked: Asked) -> Subject:
        """Raises HttpError 404 for a rule that is none, QueryError for a draft with mistakes."""
        if asked.draft:
            return self._draft(asked)
        settings = self._oculus.settings
        for rule in settings.rules:
            if rule.name == asked.rule:
                return Subject(rule, settings)
        raise not_found(
            f"There is no rule called {asked.rule}", "The page of rules shows those that there are."
        )

    def _draft(self, asked: Asked) -> Subject:
        entry = self._editor.own(asked.where.at) if asked.where.at else None
        draft = Draft(section="rules", type="", name="", data=fields_of(asked.draft), entry=entry)
        found = self._editor.trial(draft)
        if found.settings is None or found.one is None:
            raise QueryError("bad_request", str(found.problems[0]), "Go back to the form.")
        rule = next(each for each in found.settings.rules if each is found.one or each == found.one)
        return Subject(rule, found.settings)

    def where(self, asked: Asked) -> Where | None:
        """Where a setting that was tried can be taken on; None without a settings file."""
        if asked.draft:
            return asked.where
        try:
            entry = self._editor.named("rules", asked.rule)
        except (ConfigError, HttpError):  # of settings without a file
            return None
        return Where(at=entry.key) if entry.own else Where(like=entry.key)

    def sheet(self, asked: Asked, given: Mapping[str, str]) -> TrialSheet:
        """`given`: fields of the form that are not as they usually begin. Raises HttpError, QueryError."""
        subject = self.subject(asked)
        rule, now = subject.rule, setting_of(subject.rule)
        level = level_of(rule.condition)
        symbols = self.symbols(subject)
        span = given.get("span", "") if given.get("span") in SPANS else USUAL_SPAN
        until_ms = self._oculus.clock.now_ms()
        return TrialSheet(
            name=rule.name,
            asked=replace(asked, until_ms=until_ms),
            sql=rule.sql,
            level=level,
            slider=self._slider(level, symbols[0], span, until_ms) if level and symbols else None,
            sides=(side("a", now, now), side("b", read_setting(given, "b", now), now)),
            span=span,
            symbols=symbols,
            severity=str(rule.severity),
            written=not asked.draft,
        )

    def symbols(self, subject: Subject) -> tuple[str, ...]:
        """Whose course a chart can show: what alerts of the rule would be about."""
        if subject.rule.statement:
            return ()
        condition = subject.rule.parsed
        if not condition.globs:
            return (condition.main_symbol,)
        names = {name for symbol in self._oculus.live.symbols() for name in condition.names(symbol)}
        return tuple(sorted({condition.bind(name).main_symbol for name in names}))[:MOST_SYMBOLS]

    def _slider(self, level: Level, symbol: str, span: str, until_ms: int) -> Slider | None:
        stats = self._oculus.reader.stats(symbol, until_ms - parse_duration(span).ms, until_ms)
        if stats.min is None or stats.max is None:
            return None
        low, high = min(stats.min, level.number), max(stats.max, level.number)
        reach = (high - low) or abs(high) or 1.0
        step = 10.0 ** math.floor(math.log10(reach / STEPS))
        low, high = low - reach / 4 if low < 0 else max(0.0, low - reach / 4), high + reach / 4
        return Slider(math.floor(low / step) * step, math.ceil(high / step) * step, step)


def side(key: str, setting: Setting, now: Setting) -> Side:
    level = level_of(now.condition)
    mine = level_of(setting.condition)
    return Side(
        key=key,
        setting=setting,
        threshold=mine.written if mine else "",
        ends=level.end_of(setting.clear) if level and level.end_of(now.clear) is not None else None,
        params=tuple(
            (name, f"{value:.10g}", slider_of(now.params[name]))
            for name, value in setting.params.items()
            if is_number(value)
        ),
    )


def slider_of(value: Value) -> Slider:
    """From nothing to twice as much."""
    number = float(value or 0) or 1.0
    return Slider(
        min(0.0, 2 * number), max(0.0, 2 * number), 10.0 ** math.floor(math.log10(abs(number) / 20))
    )


def fields_of(text: str) -> dict[str, Any]:
    """Of a JSON object; none of nothing. Raises HttpError 400."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise bad_request("What was tried cannot be read", "Go back to the form.")
    return found


def address(where: Where) -> str:
    return urlencode({key: value for key, value in asdict(where).items() if value})
