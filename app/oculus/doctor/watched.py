"""Every source: asked once each, or as the running copy tells of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from oculus.collectors import build
from oculus.collectors.collector import CollectorSettings
from oculus.collectors.custom.push import Push, PushSettings
from oculus.collectors.network.probe import ProbeSettings
from oculus.collectors.once import collect_once
from oculus.collectors.outage import at_home
from oculus.collectors.roster import labels
from oculus.collectors.sources.registry import Sources
from oculus.collectors.tools import Tools
from oculus.core.errors import OculusError
from oculus.doctor.finding import Finding, bad, explain, odd, ok, skipped
from oculus.settings.schema import Settings

AT_ONCE = 16
LOOK = "See whether it is up, and whether it can be reached from here: `oculus collect {name}` asks again."
MEND = (
    "See whether it can be reached from here, and check its entry in the settings; "
    "`oculus collect {name}` asks again."
)
SEND = "See whether what should send still runs, and reaches POST /in/{name} with its secret."


def ask_all(settings: Settings, explained: str = "") -> list[Finding]:
    """Ask every collector that is on; nothing is stored. As long as the slowest of them.

    `explained` is what to say instead of a remedy where one outside does not answer, if that is known.
    """
    tools = Tools(Sources(settings.sources))
    with ThreadPoolExecutor(AT_ONCE, "doctor") as pool:
        found = pool.map(lambda pair: ask(pair[0], tools, pair[1]), named(settings.collectors))
        asked = zip(settings.collectors, found, strict=True)
        return [explain(each, "" if here(of) else explained) for of, each in asked]


def here(settings: CollectorSettings) -> bool:
    """Whether it asks this machine itself, or nobody."""
    return isinstance(settings, PushSettings) or (isinstance(settings, ProbeSettings) and at_home(settings))


def named(wanted: Sequence[CollectorSettings]) -> list[tuple[CollectorSettings, str]]:
    """Each with what `oculus collect` calls it."""
    built = [build(each) for each in wanted]
    return list(zip(wanted, labels([(each.name, each.symbols()) for each in built]), strict=True))


def check_of(name: str, kind: str) -> str:
    """Several of one name are told apart by their type."""
    return f"source {name}" if name == kind else f"source {name} ({kind})"


def ask(settings: CollectorSettings, tools: Tools, name: str) -> Finding:
    check = check_of(name, build(settings).kind)
    if not settings.enabled:
        return skipped(check, "it is switched off")
    if isinstance(settings, PushSettings):
        return skipped(check, "its numbers are sent to it, so it cannot be asked")
    begun = time.monotonic()
    try:
        metrics, trouble = collect_once(settings, tools)
    except OculusError as error:
        return bad(check, error.what, error.hint or MEND.format(name=name))
    if trouble:
        return odd(check, trouble, LOOK.format(name=name))
    return ok(check, f"{len(metrics)} numbers in {(time.monotonic() - begun) * 1000:.0f} ms")


def outside(settings: Settings, explained: str) -> dict[str, str]:
    """`explained` for each source that is not on this machine, by its name."""
    return {name: explained for each, name in named(settings.collectors) if not here(each)}


def as_told(
    collectors: Sequence[Mapping[str, Any]], explained: Mapping[str, str] | None = None
) -> list[Finding]:
    """From the answer of /api/collectors. `explained` as for `ask_all`, by name."""
    why = explained or {}
    found = [explain(of_collector(told), why.get(told["name"], "")) for told in collectors]
    return [*found, *of_providers(collectors)]


def of_collector(told: Mapping[str, Any]) -> Finding:
    name, state, check = told["name"], told["state"], check_of(told["name"], told["type"])
    if state in ("off", "paused"):
        return skipped(check, "it is switched off" if state == "off" else "it is paused")
    if state == "failing":
        remedy = SEND if told["type"] == Push.kind else MEND
        return bad(check, told["last_error"] or "it fails", remedy.format(name=name))
    if told["last_error"]:
        return odd(check, told["last_error"], LOOK.format(name=name))
    asked = "once" if told["runs"] == 1 else f"{told['runs']} times"
    return ok(check, f"asked {asked}" if told["last_success"] else "not asked yet")


def of_providers(collectors: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Those that several collectors share and that are left alone for a while."""
    resting = {told["source"]: told for told in collectors if told["source"] and told["cool_down"]}
    remedy = (
        "Oculus asks again by itself. Where it asked too often, a key of your own "
        "under sources in the settings allows more, with most."
    )
    return [
        odd(f"provider {name}", f"left alone until {told['cool_down_until']}: {told['cool_down']}", remedy)
        for name, told in sorted(resting.items())
    ]
