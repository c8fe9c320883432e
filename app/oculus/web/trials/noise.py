"""The page of the noise report: which rules fired too often, and what would have kept them quiet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import msgspec
from bottle import request

from oculus.core.durations import spoken
from oculus.core.errors import OculusError
from oculus.noise import WEEK_MS, Noise, event
from oculus.runtime import Oculus
from oculus.web.dashboard.board import Boards
from oculus.web.errors import bad_request
from oculus.web.forms.editor import Editor
from oculus.web.forms.sheet import to
from oculus.web.forms.submission import sent
from oculus.web.site import Site
from oculus.web.templates import render
from oculus.web.trials.compare import difference
from oculus.web.trials.plays import Plays
from oculus.web.trials.setting import read_setting, setting_of
from oculus.web.trials.sheet import Asked, Trials, address

SEEN_S = 10.0  # a report that was made is in the file by then


@dataclass(frozen=True, slots=True)
class Way:
    """A change that would have removed most short firings, and where it leads."""

    name: str  # for or clear
    text: str
    play: str  # the backtest with it
    fill: str  # the form with it; empty where there is none
    changes: str


@dataclass(frozen=True, slots=True)
class NoiseRow:
    rule: str
    there: bool  # it still stands in the settings
    count: int
    seconds: float
    total: str
    short: int
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """`at_ms` None: there is none yet, and the first one comes at `due_ms`."""

    at_ms: int | None
    due_ms: int
    message: str
    rows: tuple[NoiseRow, ...]


def mount(app: Site, oculus: Oculus, boards: Boards) -> None:
    """Hang the report on `app`."""
    trials, plays = Trials(oculus, Editor(oculus)), Plays(oculus)

    @app.get("/noise")
    def noise() -> str:
        return render("pages/noise.html", page="rules", frame=boards.frame(), report=report(oculus, trials))

    @app.post("/partials/noise/now")
    def make() -> str:
        """A report of the last seven days, now. The next one by itself is a week away from it."""
        now_ms = oculus.clock.now_ms()
        oculus.writer.tell(event(oculus.noise.report(now_ms), now_ms))
        oculus.writer.change(lambda _cursor: None).result(SEEN_S)
        return to("/noise")

    @app.post("/partials/noise")
    def effect() -> str:
        """What a suggested change would have done in the week of the report."""
        return render("partials/effect.html", said=said(trials, plays, sent(request.body.read())))


def report(oculus: Oculus, trials: Trials) -> Report:
    last = oculus.reader.report("noise")
    if last is None:
        begun_ms = oculus.reader.last_report("noise") or oculus.clock.now_ms()
        return Report(None, begun_ms + WEEK_MS, "", ())
    noises = msgspec.convert(last.payload["rules"], list[Noise])
    names = {rule.name for rule in oculus.settings.rules}
    rows = tuple(noise_row(each, trials, each.rule in names) for each in noises)
    return Report(last.ts_ms, last.ts_ms + WEEK_MS, last.message, rows)


def noise_row(noise: Noise, trials: Trials, there: bool) -> NoiseRow:
    found = [(name, text) for name, text in (("for", noise.for_), ("clear", noise.clear)) if text]
    where = trials.where(Asked(rule=noise.rule)) if there and found else None
    return NoiseRow(
        rule=noise.rule,
        there=there,
        count=noise.count,
        seconds=noise.seconds,
        total=spoken(noise.seconds),
        short=noise.short,
        ways=tuple(
            Way(
                name=name,
                text=text,
                play=f"/backtest/{quote(noise.rule)}?{urlencode({f'b.{name}': text})}",
                fill=f"/settings/fill?{address(where)}" if where else "",
                changes=json.dumps({name: text}),
            )
            for name, text in found
        ),
    )


def said(trials: Trials, plays: Plays, given: Mapping[str, str]) -> str:
    """In words; why not, where it cannot be played. Raises HttpError 400."""
    try:
        until_ms = int(given.get("until", ""))
    except ValueError as error:
        raise bad_request("until: is no moment", "Open the page again.") from error
    span = (until_ms - WEEK_MS, until_ms)
    try:
        subject = trials.subject(Asked(rule=given.get("rule", "")))
        now = setting_of(subject.rule)
        tried = read_setting({f"b.{given.get('name', '')}": given.get("text", "")}, "b", now)
        a, b = plays.play(subject, now, span), plays.play(subject, tried, span)
    except OculusError as error:
        return str(error)
    words = f"{len(b.fired)} instead of {len(a.fired)} times, {b.short} instead of {a.short} of them short."
    missed = [each for each in difference(a, b) if each.startswith("It would miss")]
    return " ".join([words, *missed])
