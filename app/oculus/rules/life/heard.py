"""What people hear of a trouble that fires: when, how often, and how far it goes. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from oculus.core.alert import NewsKind
from oculus.rules.life.reach import first, now_reached
from oculus.rules.life.standing import Notice, Reach, Spec, Standing, State
from oculus.rules.life.trigger import spent

GRACE_MS = 30_000  # how long after the rule it depends on has resolved a trouble is held back still

Step = tuple[Standing, tuple[Notice, ...]]


def tell(spec: Spec, standing: Standing, now_ms: int, explained_by: str, quiet: str, present: bool) -> Step:
    """What is to be said now; the evaluator's `step` says what the arguments mean."""
    if standing.frozen_ms is not None:
        return spread_silence(spec, standing, now_ms, quiet, present)
    if standing.state is not State.FIRING:
        return standing, ()
    if not standing.told:
        return _tell_fired(spec, standing, now_ms, explained_by, quiet, present)
    if quiet:  # what is due meanwhile is told when that ends
        return standing, ()
    reach = _reached(spec, standing, now_ms, present)
    if reach > standing.reach:
        kind = NewsKind.ESCALATED if reach is Reach.ALL else NewsKind.FIRED
        spread = replace(standing, reach=reach)
        return spread, (_news(kind, spread, now_ms, heard=standing.reach),)
    if standing.rank > standing.told_rank and not standing.acknowledged:
        known = replace(standing, told_rank=standing.rank, reminded_ms=now_ms)
        return known, (_news(NewsKind.ESCALATED, standing, now_ms),)
    if not spec.repeat_ms or standing.acknowledged or now_ms - standing.reminded_ms < spec.repeat_ms:
        return standing, ()
    return replace(standing, reminded_ms=now_ms), (_news(NewsKind.REMINDER, standing, now_ms),)


def _reached(spec: Spec, standing: Standing, now_ms: int, present: bool) -> Reach:
    if standing.acknowledged or standing.told_ms is None:
        return standing.reach
    return now_reached(spec, standing.reach, now_ms - standing.told_ms, present)


def tell_silence(
    spec: Spec, standing: Standing, now_ms: int, since_ms: int, quiet: str, present: bool
) -> Step:
    """What is to be said of data that stays away; `since_ms` is when it last came."""
    known = standing.no_data_ms is not None
    if known and not standing.no_data_held:
        return spread_silence(spec, standing, now_ms, quiet, present)
    if known and quiet:
        return standing, ()
    silent = replace(standing, no_data_ms=standing.no_data_ms if known else now_ms, no_data_held=quiet)
    if not quiet:
        silent = replace(silent, no_data_told_ms=now_ms, no_data_reach=first(spec, present))
    return silent, (_silence(NewsKind.NO_DATA, silent, now_ms, since_ms),)


def spread_silence(spec: Spec, standing: Standing, now_ms: int, quiet: str, present: bool) -> Step:
    """Tell of missing data those who hear of it only after a time, as with any trouble."""
    told_ms = standing.no_data_told_ms
    if quiet or told_ms is None or standing.no_data_acknowledged:
        return standing, ()
    before = standing.no_data_reach
    reach = now_reached(spec, before, now_ms - told_ms, present)
    if reach <= before:
        return standing, ()
    kind = NewsKind.ESCALATED if reach is Reach.ALL else NewsKind.NO_DATA
    spread = replace(standing, no_data_reach=reach)
    return spread, (_silence(kind, spread, now_ms, standing.no_data_ms or now_ms, before),)


def _silence(
    kind: NewsKind, standing: Standing, now_ms: int, since_ms: int, heard: Reach = Reach.NOBODY
) -> Notice:
    return Notice(
        kind=kind,
        ts_ms=now_ms,
        started_ms=since_ms,
        held=standing.no_data_held,
        no_data=True,
        reach=standing.no_data_reach,
        heard=heard,
    )


def _tell_fired(
    spec: Spec, standing: Standing, now_ms: int, explained_by: str, quiet: str, present: bool
) -> Step:
    standing = _explained(standing, now_ms, explained_by)
    held = _why_held(spec, standing, now_ms, explained_by) or quiet
    if not held:
        told = replace(
            standing,
            told=True,
            told_ms=now_ms,
            rung_ms=now_ms,
            told_rank=standing.rank,
            reminded_ms=now_ms,
            held="",
            reach=first(spec, present),
        )
        at_ms = now_ms if standing.held else standing.fired_ms
        return told, (_news(NewsKind.FIRED, told, at_ms),)
    if standing.held:
        return standing, ()
    return replace(standing, held=held), (_news(NewsKind.FIRED, standing, standing.fired_ms, held),)


def _explained(standing: Standing, now_ms: int, explained_by: str) -> Standing:
    if explained_by:
        ready = standing.explained and standing.freed_ms is None
        return standing if ready else replace(standing, explained=True, freed_ms=None)
    if standing.explained and standing.freed_ms is None:
        return replace(standing, freed_ms=now_ms)
    return standing


def _why_held(spec: Spec, standing: Standing, now_ms: int, explained_by: str) -> str:
    if explained_by:
        return f"{explained_by} fires, on which this depends"
    if standing.freed_ms is not None and now_ms - standing.freed_ms < GRACE_MS:
        return "the rule it depends on has only just resolved"
    if standing.told_ms is not None and now_ms - standing.told_ms < spec.cooldown_ms:
        return "cooldown"
    return spent(spec.trigger, spec.timezone, standing.rung_ms, now_ms)


def _news(
    kind: NewsKind, standing: Standing, ts_ms: int, held: str = "", heard: Reach = Reach.NOBODY
) -> Notice:
    return Notice(
        kind=kind,
        ts_ms=ts_ms,
        started_ms=standing.started_ms,
        held=held,
        reach=standing.reach,
        heard=heard,
        worst=standing.worst,
    )
