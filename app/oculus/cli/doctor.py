"""`oculus doctor`: what Oculus needs of this machine and of others, and what to do where it is missing."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from oculus.cli.client import Running
from oculus.cli.copy import running
from oculus.cli.place import Place, place
from oculus.cli.settings import read_settings
from oculus.cli.table import width_of
from oculus.core.clock import SystemClock
from oculus.core.errors import ConfigError, OculusError
from oculus.doctor import desk, machine, stored, told, watched
from oculus.doctor.clock import clock
from oculus.doctor.finding import Finding, State, bad, ok
from oculus.doctor.internet import internet
from oculus.settings.schema import Settings

WIDEST = 40  # columns of a name that others stand in line with
MARKS = {State.OK: "ok  ", State.ODD: "odd ", State.BAD: "BAD ", State.SKIPPED: "-   "}


def run(args: argparse.Namespace) -> int:
    """1 when something that was asked for does not work."""
    if args.bench:
        from oculus.cli.doctor_bench import run as bench

        return bench(args)
    findings = list(examine(args, place(args)))
    well = all(found.state is not State.BAD for found in findings)
    if args.json:
        print(json.dumps({"well": well, "findings": msgspec.to_builtins(findings)}, indent=2))
    else:
        print(report(findings))
    return 0 if well else 1


def examine(args: argparse.Namespace, where: Place) -> Iterator[Finding]:
    """One thing after the other; what does not need the settings also where these are wrong."""
    finding, settings = read(args, where)
    yield finding
    copy = running_one(args, where)
    finding, explained = internet(settings.connectivity)
    yield finding
    try:
        yield from (
            with_copy(copy, settings, explained, deep=args.deep)
            if copy
            else without(settings, where, deep=args.deep)
        )
    except OculusError as error:
        yield bad("running copy", error.what, "Stop it, or end its process, and start Oculus again.")
    yield machine.zones()
    yield machine.ping(wanted=any(type(each).__struct_config__.tag == "ping" for each in settings.collectors))
    yield from desk.desktop()
    if copy is None:
        yield from watched.ask_all(settings, explained)
        yield from told.reach_all(settings, explained)
    yield machine.disk(where.data, size_of(where, settings))


def running_one(args: argparse.Namespace, where: Place) -> Running | None:
    """None also where a mistake in the settings hides how to ask it: that was told."""
    try:
        return running(args, where)
    except ConfigError:
        return None


def read(args: argparse.Namespace, where: Place) -> tuple[Finding, Settings]:
    if not where.config.exists():
        return ok("settings", f"none yet; the first start writes {where.config}"), Settings()
    try:
        settings = read_settings(args, where)
    except ConfigError as error:
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        return bad(
            "settings", f"{error.problems[0]}{more}", "`oculus check` lists every mistake."
        ), Settings()
    return ok("settings", f"right: {where.config}"), settings


def without(settings: Settings, where: Place, *, deep: bool) -> Iterator[Finding]:
    """Nothing runs here: the file itself is looked at."""
    finding, found = stored.at_rest(where.data, settings.storage, deep=deep)
    yield finding
    yield machine.pages(settings.server.host, settings.server.port)
    yield clock(SystemClock(), found.newest_ms if found else None)


def with_copy(copy: Running, settings: Settings, explained: str, *, deep: bool) -> Iterator[Finding]:
    """The running copy is asked how it fares. Raises OculusError when it does not answer."""
    status: dict[str, Any] = copy.get("/api/status")

    def ask(sql: str) -> list[Any]:
        time.sleep(1 / settings.server.rate_limit.per_second)  # the pace that it allows
        return list(copy.post("/api/query", {"sql": sql})["rows"])

    yield of_copy(copy.address, status)
    yield stored.in_use(copy.address, status["database_bytes"], ask, deep=deep)
    yield clock(SystemClock(), ask("SELECT epoch_ms(max(ts)) FROM metrics")[0][0])
    yield from watched.as_told(
        copy.get("/api/collectors")["collectors"], watched.outside(settings, explained)
    )
    yield from told.as_told(copy.get("/api/channels")["channels"])


def of_copy(address: str, status: dict[str, Any]) -> Finding:
    wrong = [
        *status["problems"],
        *(f"{part}: {said}" for part, said in status["checks"].items() if said != "ok"),
    ]
    if wrong:
        return bad(
            "running copy", f"{address}: {'; '.join(wrong)}", "Its log, and /about of its pages, say more."
        )
    return ok("running copy", f"{address}, all its parts work")


def size_of(where: Place, settings: Settings) -> int:
    path = where.data / settings.storage.path
    return path.stat().st_size if path.exists() else 0


def report(findings: Sequence[Finding]) -> str:
    """A line for each thing, its remedy under it, and the sum of it all."""
    wide = min(WIDEST, max(width_of(found.check) for found in findings))
    lines = []
    for found in findings:
        rest = " " * (wide - width_of(found.check))  # none for a longer one, which moves only its own line
        lines.append(f"{MARKS[found.state]}{found.check}{rest}  {found.says}")
        if found.remedy:
            lines.append(f"{'':<{wide + 4}}  -> {found.remedy}")
    count = {state: sum(found.state is state for found in findings) for state in State}
    summary = f"{count[State.BAD]} wrong, {count[State.ODD]} odd, {count[State.OK]} well."
    return "\n".join([*lines, "", summary])
