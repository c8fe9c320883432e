"""Test now: what an object would do, before it is saved."""

from __future__ import annotations

from msgspec import Struct

from oculus.backtests import Trial as Change
from oculus.backtests import backtest
from oculus.collectors.collector import CollectorSettings
from oculus.collectors.custom.push import PushSettings
from oculus.collectors.once import collect_once
from oculus.collectors.sources.hello import hello
from oculus.collectors.sources.settings import PolymarketSettings, SourceSettings
from oculus.collectors.tools import Tools
from oculus.core.clock import SystemClock
from oculus.core.counters import Counters
from oculus.core.errors import OculusError
from oculus.core.symbols import unit_of
from oculus.hints import Hints
from oculus.notify.notifier import Notifier
from oculus.rules.life.hours import Mute, local
from oculus.rules.settings import RuleSettings
from oculus.runtime import Oculus
from oculus.settings.objects import Trial
from oculus.web.trials.compare import many

DAY_MS = 86_400_000
CHANGES = 60  # of hours of the week that are looked at: what then has not begun, or ended, hardly ever does
MOST_ROWS = 50


class Tried(Struct, frozen=True):
    """`rows` are names and what was found of each; `odd` what looks odd in it although it can be read."""

    good: bool
    what: str
    hint: str = ""
    rows: list[tuple[str, str]] = []
    odd: list[str] = []


def attempt(oculus: Oculus, found: Trial, name: str) -> Tried:
    """Ask once, play it over the last day, or send one message. Never raises what a person can mend."""
    try:
        if isinstance(found.one, CollectorSettings):
            return ask(oculus, found.one)
        if isinstance(found.one, RuleSettings):
            return play(oculus, found, found.one)
        if isinstance(found.one, Mute):
            return next_time(found.one, oculus.clock.now_ms())
        if isinstance(found.one, SourceSettings | PolymarketSettings):
            return greet(found, name)
        return send(found, name)
    except OculusError as error:
        return Tried(False, error.what, error.hint)


def ask(oculus: Oculus, settings: CollectorSettings) -> Tried:
    if isinstance(settings, PushSettings):
        return Tried(True, "This one waits: its numbers are sent to it once it is saved")
    metrics, said = collect_once(settings, Tools(oculus.sources))
    rows = [(metric.symbol, figure_text(metric.symbol, metric.value, metric.tags)) for metric in metrics]
    more = f"; the first {MOST_ROWS} are these" if len(rows) > MOST_ROWS else ""
    what = f"It answered with {many(len(rows), 'number')}{more}"
    return Tried(not said, said or what, what if said else "", rows[:MOST_ROWS])


def figure_text(symbol: str, value: float, tags: dict[str, str]) -> str:
    return f"{value:.6g} {unit_of(symbol, tags)}".strip()


def play(oculus: Oculus, found: Trial, rule: RuleSettings) -> Tried:
    assert found.settings is not None
    if rule.statement:
        answer = oculus.reader.query(rule.sql, dict(rule.params) or None, max_rows=MOST_ROWS)
        rows = [(str(number + 1), ", ".join(map(str, row))) for number, row in enumerate(answer.rows)]
        return Tried(True, f"The SELECT has {many(len(rows), 'row')} now; each would be an alert", "", rows)
    now_ms = oculus.clock.now_ms()
    past = backtest(rule.name, Change(), (now_ms - DAY_MS, now_ms), found.settings, oculus.reader)
    times = f"have fired {many(len(past.fired), 'time')}" if past.fired else "not have fired"
    what = f"In the last 24 hours it would {times}"
    told = [(channel, many(count, "message")) for channel, count in past.told.items()]
    odd = map(str, Hints(oculus.live, oculus.scheduler, oculus.reader).at_once(rule))
    return Tried(not past.troubles, what, "; ".join(past.troubles), told, list(odd))


def next_time(mute: Mute, now_ms: int) -> Tried:
    """When nobody will be told, and until when."""
    if not mute.enabled:
        return Tried(True, "It is switched off: everybody is told of everything")
    if now_ms >= mute.span[1]:
        return Tried(False, "It is over", "Write a later time under Ends.")
    begins_ms = until(mute, True, max(now_ms, int(max(mute.span[0], 0))))
    ends_ms = until(mute, False, begins_ms)
    times = [("from", begins_ms), ("to", ends_ms)] if mute.holds(begins_ms) else []
    what = "Nobody is told of it" if mute.rules else "Nobody is told of anything"
    what += f" below {mute.below}" if mute.below else ""
    if not times:
        return Tried(False, "It never comes", "Look at the days and the hours.")
    return Tried(True, what, "", [(word, wall(mute, ms)) for word, ms in times])


def until(mute: Mute, wanted: bool, ms: int) -> int:
    """The first moment from `ms` on at which it holds, or no longer does."""
    for _ in range(CHANGES):
        if mute.holds(ms) is wanted:
            break
        ms = mute.changes_ms(ms)
    return ms


def wall(mute: Mute, ms: int) -> str:
    return f"{local(ms, mute.timezone):%A, %Y-%m-%d %H:%M} ({mute.timezone})"


def greet(found: Trial, provider: str) -> Tried:
    assert found.settings is not None
    hello(provider, found.settings.sources)
    key = isinstance(found.one, SourceSettings) and found.one.api_key
    return Tried(True, "It answers with your key" if key else "It answers")


def send(found: Trial, name: str) -> Tried:
    assert found.settings is not None
    notifier = Notifier(lambda _rows: None, lambda _event: None, Counters(), SystemClock())
    notifier.replace({name: found.settings.channels[name]})
    notifier.send_test(name)
    return Tried(True, "A test message went out")
