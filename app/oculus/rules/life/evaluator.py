"""How a rule lives: from where it stood and what was seen to where it stands and what is news.

Pure: no clock, no database, no network. The live engine, tests and backtests are this same code. Two times
are handed in: a reading's own (`ts_ms`), by which `for` and `recover_for` are measured, and `now_ms`, by
which people are told. Samples measure `for`: what was not observed never counts towards it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from msgspec.structs import replace

from oculus.core.alert import NewsKind
from oculus.rules.language.condition import Worse
from oculus.rules.life.heard import Step, tell, tell_silence
from oculus.rules.life.pauses import freeze
from oculus.rules.life.standing import (
    FREEZING,
    RANKS,
    Input,
    Notice,
    Reading,
    Spec,
    Standing,
    State,
    with_data,
)
from oculus.rules.life.trigger import spent
from oculus.rules.settings import NoData


def step(
    spec: Spec,
    standing: Standing,
    reading: Reading | None,
    now_ms: int,
    explained_by: str = "",
    quiet: str = "",
    present: bool = False,
) -> Step:
    """Move on by one reading, or by time alone when it is None.

    `explained_by` names a rule it depends on that is firing now; `quiet` says why nobody is told of
    anything now (muted, snoozed); `present`: somebody sits at the desktop.
    """
    if reading is None:
        return tell(spec, standing, now_ms, explained_by, quiet, present)
    if reading.kind in FREEZING:
        return _freeze(spec, standing, reading, now_ms, quiet, present)
    holds = reading.kind is Input.TRUE
    woken: tuple[Notice, ...] = ()
    if standing.frozen_ms is None:
        if standing.state is State.OK and not holds:
            return standing, ()
        counted = max(0, reading.ts_ms - standing.seen_ms)
    else:
        counted = 0
        standing, woken = _thaw(standing, reading, now_ms)
    moved, news = _move(spec, standing, reading, holds, counted)
    told, more = tell(spec, moved, now_ms, explained_by, quiet, present)
    return told, (*woken, *news, *more)


def play(spec: Spec, standing: Standing, readings: Sequence[Reading]) -> Step:
    """Step through readings in the order of their own time, which is also when people are told."""
    news: list[Notice] = []
    for ts_ms, same in groupby(sorted(readings, key=_order), key=lambda reading: reading.ts_ms):
        standing, more = step(spec, standing, next(same), ts_ms)
        news += more
    return standing, tuple(news)


def _order(reading: Reading) -> tuple[int, int, float, bool, bool]:
    """By time, then by rank. Whatever else differs must not depend on who came first."""
    value = 0.0 if reading.value is None else reading.value
    return reading.ts_ms, RANKS[reading.kind], -value, reading.clears, not reading.overdue


def resolve(standing: Standing, ts_ms: int, reason: str = "") -> Step:
    """End whatever fires. The cooldown goes on."""
    fires = standing.state in (State.FIRING, State.RECOVERING)
    return Standing(
        since_ms=ts_ms,
        seen_ms=ts_ms,
        told_ms=standing.told_ms,
        rung_ms=standing.rung_ms,
        frozen_ms=standing.frozen_ms,
        no_data_ms=standing.no_data_ms,
        no_data_held=standing.no_data_held,
        no_data_told_ms=standing.no_data_told_ms,
        no_data_reach=standing.no_data_reach,
        no_data_acknowledged=standing.no_data_acknowledged,
    ), (_resolved(standing, ts_ms, reason),) if fires else ()


def _resolved(standing: Standing, ts_ms: int, reason: str) -> Notice:
    return Notice(
        kind=NewsKind.RESOLVED,
        ts_ms=ts_ms,
        started_ms=standing.started_ms,
        held="" if standing.told else f"nobody was told that it fired: {standing.held}",
        reason=reason,
        reach=standing.reach,
        worst=standing.worst,
    )


def close(standing: Standing, ts_ms: int, reason: str) -> Step:
    """End the trouble and the alert of missing data too: the rule itself goes."""
    ended, news = resolve(standing, ts_ms, reason)
    if ended.no_data_ms is None:
        return ended, news
    return with_data(ended), (*news, _data_again(ended, ts_ms, reason))


def acknowledge(standing: Standing, about_data: bool = False) -> Standing:
    """No more reminders of this trouble, or of the missing data, and it goes no further."""
    return replace(standing, **{"no_data_acknowledged" if about_data else "acknowledged": True})


def forgettable(spec: Spec, standing: Standing, now_ms: int) -> bool:
    """Nothing is lost by starting afresh: it is well, and no cooldown runs."""
    if standing.state is not State.OK or standing.no_data_ms is not None:
        return False
    rested = standing.told_ms is None or now_ms - standing.told_ms >= spec.cooldown_ms
    return rested and not spent(spec.trigger, spec.timezone, standing.rung_ms, now_ms)


# The states


def _move(spec: Spec, standing: Standing, reading: Reading, holds: bool, counted: int) -> Step:
    if standing.state in (State.OK, State.PENDING):
        return _rise(spec, standing, reading, holds, counted)
    if holds:
        standing = _worsened(spec, standing, reading)
    if holds or not reading.clears:
        return (standing if standing.state is State.FIRING else _again(standing)), ()
    return _recover(spec, standing, reading.ts_ms, counted)


def _rise(spec: Spec, standing: Standing, reading: Reading, holds: bool, counted: int) -> Step:
    ts_ms = reading.ts_ms
    if not holds:
        return (standing if standing.state is State.OK else resolve(standing, ts_ms)[0]), ()
    if standing.state is State.OK:
        standing = replace(
            standing,
            state=State.PENDING,
            since_ms=ts_ms,
            started_ms=ts_ms,
            seen_ms=ts_ms,
            held_ms=0,
            worst=None,
        )
        counted = 0
    standing = _worsened(spec, standing, reading)
    held = standing.held_ms + counted
    if held < spec.for_ms:
        return replace(standing, held_ms=held, seen_ms=max(ts_ms, standing.seen_ms)), ()
    return replace(standing, state=State.FIRING, since_ms=ts_ms, fired_ms=ts_ms, seen_ms=ts_ms, held_ms=0), ()


def _again(standing: Standing) -> Standing:
    return replace(standing, state=State.FIRING, since_ms=standing.fired_ms, held_ms=0)


def _recover(spec: Spec, standing: Standing, ts_ms: int, counted: int) -> Step:
    if standing.state is State.FIRING:
        standing = replace(standing, state=State.RECOVERING, since_ms=ts_ms, seen_ms=ts_ms, held_ms=0)
        counted = 0
    held = standing.held_ms + counted
    if held >= spec.recover_ms:
        return resolve(standing, ts_ms)
    return replace(standing, held_ms=held, seen_ms=max(ts_ms, standing.seen_ms)), ()


def _worsened(spec: Spec, standing: Standing, reading: Reading) -> Standing:
    if reading.rank != standing.rank:
        standing = replace(standing, rank=reading.rank)
    worst, value = standing.worst, reading.value
    if value is None or (worst is not None and not _is_worse(spec, value, worst)):
        return standing
    return replace(standing, worst=value)


def _is_worse(spec: Spec, value: float, worst: float) -> bool:
    if spec.worse is Worse.LOWER:
        return value < worst
    if spec.worse is Worse.HIGHER:
        return value > worst
    return abs(value - spec.right) > abs(worst - spec.right)


# When nothing is known


def _freeze(spec: Spec, standing: Standing, reading: Reading, now_ms: int, quiet: str, present: bool) -> Step:
    standing = freeze(standing, now_ms)
    if not reading.overdue or spec.no_data is NoData.KEEP:
        return standing, ()
    if spec.no_data is NoData.OK:
        return (standing, ()) if standing.state is State.OK else resolve(standing, now_ms, "no data")
    return tell_silence(spec, standing, now_ms, reading.ts_ms, quiet, present)


def _thaw(standing: Standing, reading: Reading, now_ms: int) -> Step:
    """Go on as if the time between had not been, and say that the data is back."""
    since = standing.frozen_ms if standing.frozen_ms is not None else now_ms
    news: tuple[Notice, ...] = ()
    if standing.no_data_ms is not None:
        news = (_data_again(standing, max(reading.ts_ms, standing.no_data_ms)),)
    return replace(
        with_data(standing),
        seen_ms=max(standing.seen_ms, reading.ts_ms),
        told_ms=None if standing.told_ms is None else _later(standing.told_ms, since, now_ms),
        reminded_ms=_later(standing.reminded_ms, since, now_ms),
        freed_ms=None if standing.freed_ms is None else _later(standing.freed_ms, since, now_ms),
        frozen_ms=None,
    ), news


def _data_again(standing: Standing, ts_ms: int, reason: str = "") -> Notice:
    return Notice(
        kind=NewsKind.RESOLVED,
        ts_ms=ts_ms,
        started_ms=ts_ms if standing.no_data_ms is None else standing.no_data_ms,
        held=f"nobody was told of it: {standing.no_data_held}" if standing.no_data_held else "",
        reason=reason,
        no_data=True,
        reach=standing.no_data_reach,
    )


def _later(moment_ms: int, since_ms: int, now_ms: int) -> int:
    return moment_ms + max(0, now_ms - max(since_ms, moment_ms))
