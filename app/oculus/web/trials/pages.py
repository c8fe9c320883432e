"""The page of a backtest, and the part of it that is made anew when something is moved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from bottle import request

from oculus.core.durations import parse_duration
from oculus.core.errors import OculusError
from oculus.rules.language.condition import parse
from oculus.rules.trials.backtest import Backtest
from oculus.runtime import Oculus
from oculus.web.chart.limits import lines
from oculus.web.dashboard.board import Boards
from oculus.web.errors import bad_request
from oculus.web.forms.editor import Draft, Editor
from oculus.web.forms.sheet import Where
from oculus.web.forms.submission import sent
from oculus.web.site import Site
from oculus.web.templates import render
from oculus.web.trials.compare import difference, lanes, lasting, outcome, source
from oculus.web.trials.plays import Plays, Subject
from oculus.web.trials.setting import Setting, read_setting, setting_of
from oculus.web.trials.sheet import LENGTHS, SPANS, USUAL_SPAN, Asked, Trials, TrialSheet, address

FIRINGS = 30  # listed; the chart shows all
PART = "/partials/backtest"


class Page:
    """Shows a rule that is tried."""

    def __init__(self, oculus: Oculus, boards: Boards, editor: Editor) -> None:
        self.trials = Trials(oculus, editor)
        self._boards = boards

    def of(self, asked: Asked, given: Mapping[str, str]) -> str:
        """Raises HttpError, QueryError."""
        sheet = self.trials.sheet(asked, given)
        return self._shown(sheet)

    def of_draft(self, draft: Draft, where: Where) -> str:
        """Of a rule as it stands in its form."""
        return self.of(Asked(draft=json.dumps(draft.data), where=where), {})

    def _shown(self, sheet: TrialSheet) -> str:
        return render(
            "pages/backtest.html",
            page="rules",
            frame=self._boards.frame(),
            sheet=sheet,
            where=address(sheet.asked.where),
            spans=SPANS,
            lengths=LENGTHS,
        )


def mount(app: Site, oculus: Oculus, boards: Boards) -> None:
    """Hang the backtest on `app`."""
    page = Page(oculus, boards, Editor(oculus))
    plays = Plays(oculus)

    @app.get("/backtest/<name:path>")
    def backtest(name: str) -> str:
        given = dict(parse_qsl(request.query_string, keep_blank_values=True, max_num_fields=50))
        return page.of(Asked(rule=name), given)

    @app.post(PART)
    def part() -> str:
        return played(page.trials, plays, sent(request.body.read()), oculus.clock.now_ms())


def played(trials: Trials, plays: Plays, given: Mapping[str, str], now_ms: int) -> str:
    """What two settings would have done. What cannot be played is told in words, and is no failure."""
    asked = asked_of(given, now_ms)
    try:
        return render("partials/backtest.html", trouble=None, **outcomes(trials, plays, asked, given))
    except OculusError as error:
        return render("partials/backtest.html", trouble=error)


def outcomes(trials: Trials, plays: Plays, asked: Asked, given: Mapping[str, str]) -> dict[str, Any]:
    subject, span = trials.subject(asked), span_of(given, asked.until_ms)
    now = setting_of(subject.rule)
    settings = [read_setting(given, key, now) for key in "ab"]
    a, b = (plays.play(subject, setting, span) for setting in settings)
    where = trials.where(asked)
    symbol = given.get("symbol", "")
    return {
        "sides": [
            shown(key, found, setting, subject, symbol)
            for key, found, setting in zip("ab", (a, b), settings, strict=True)
        ],
        "said": difference(a, b),
        "source": source(b, sql=bool(subject.rule.statement)),
        "line": None if symbol else lanes({"A": a, "B": b}, str(subject.rule.severity)),
        "troubles": list(dict.fromkeys([*a.troubles, *b.troubles])),
        "where": None if where is None else address(where),
        "asked": asked,
    }


def shown(key: str, found: Backtest, setting: Setting, subject: Subject, symbol: str) -> dict[str, Any]:
    now = setting_of(subject.rule)
    mine = [each for each in found.fired if each.instance in ("", symbol)]
    return {
        "key": key,
        "outcome": outcome(found),
        "words": setting.words,
        "changed": setting != now,
        "changes": json.dumps(setting.changes(now)),
        "spans": json.dumps([[each.fired_ms, each.ended_ms] for each in mine]),
        "limits": json.dumps(limits(setting, symbol)),
        "fired": lasting(found.fired, found.until_ms)[:FIRINGS],
        "more": max(0, len(found.fired) - FIRINGS),
    }


def limits(setting: Setting, symbol: str) -> list[float]:
    """Where the setting draws its lines through the chart of `symbol`."""
    condition = parse(setting.condition) if setting.condition else None
    if condition is None:
        return []
    bound = (
        [condition.bind(name) for name in sorted(condition.names(symbol))] if condition.globs else [condition]
    )
    found = [value for each in bound for one, _ in each.tree.comparisons() for value, _ in lines(symbol, one)]
    return list(dict.fromkeys(found))


def asked_of(given: Mapping[str, str], now_ms: int) -> Asked:
    """Raises HttpError 400."""
    try:
        where = msgspec.convert(dict(parse_qsl(given.get("where", ""))), Where)
        until_ms = int(given.get("until", "") or now_ms)
    except (ValueError, msgspec.ValidationError) as error:
        raise bad_request("This form is not whole", "Open the page again.") from error
    return Asked(given.get("rule", ""), given.get("draft", ""), where, min(until_ms, now_ms))


def span_of(given: Mapping[str, str], until_ms: int) -> tuple[int, int]:
    span = given.get("span", "")
    return until_ms - parse_duration(span if span in SPANS else USUAL_SPAN).ms, until_ms
