"""`oculus backtest RULE`: what a rule would have done, and what another setting of it would have."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

import msgspec

from oculus.backtests import PROGRESS, Trial
from oculus.cli.copy import running, stored
from oculus.cli.place import Place, place
from oculus.cli.settings import read_settings
from oculus.cli.table import table
from oculus.core.clock import SystemClock
from oculus.core.durations import spoken
from oculus.core.errors import ConfigError, OculusError
from oculus.core.moments import parse_moment

PATIENCE_S = 300.0
SAY_S = 1.0
TRIED = ("condition", "clear", "for", "cooldown")
MOST_SHOWN = 50


def run(args: argparse.Namespace) -> int:
    where = place(args)
    tried = {name: text for name in TRIED if (text := getattr(args, name.replace("for", "for_")))}
    found = ask(args, where, tried)
    if args.json:
        print(json.dumps({name: each for name, each in found.items() if each or name != "present"}, indent=2))
    else:
        print(report(found["present"] or found, found if tried else None, tried))
    return 0


def ask(args: argparse.Namespace, where: Place, tried: dict[str, str]) -> dict[str, Any]:
    """The answer of the API, from the running copy or made here from the file."""
    body = {"since": args.since, "until": args.until, **tried}
    if copy := running(args, where):
        with shown(lambda: copy.get("/api/backtest")["done"]):
            asked: dict[str, Any] = copy.post(f"/api/rules/{quote(args.rule)}/backtest", body, PATIENCE_S)
        return asked
    from oculus.web.api.backtest import compared  # only here: it brings the whole web with it

    trial = Trial(**{name.replace("for", "for_"): text for name, text in tried.items()})
    with stored(args, where) as reader, shown(lambda: PROGRESS.share):
        found = compared(args.rule, trial, span(args), read_settings(args, where), reader)
    made: dict[str, Any] = msgspec.to_builtins(found)
    return made


@contextmanager
def shown(share: Callable[[], float]) -> Iterator[None]:
    """While it is played, say once a second how far it is, to a person at a terminal."""
    over = threading.Event()

    def say() -> None:
        while not over.wait(SAY_S):
            with suppress(OculusError):
                print(f"\r{share():4.0%} played", end="", file=sys.stderr, flush=True)

    watcher = threading.Thread(target=say, name="progress", daemon=True)
    if sys.stderr.isatty():
        watcher.start()
    try:
        yield
    finally:
        over.set()
        if watcher.is_alive():
            watcher.join(SAY_S)
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def span(args: argparse.Namespace) -> tuple[int, int]:
    """Since and until, UTC ms. Raises ConfigError."""
    now_ms = SystemClock().now_ms()
    try:
        since_ms = parse_moment(args.since, now_ms)
        until_ms = min(now_ms, parse_moment(args.until, now_ms)) if args.until else now_ms
    except ValueError as error:
        raise ConfigError([str(error)]) from error
    if since_ms >= until_ms:
        raise ConfigError(["--since is not before --until; write such as --since 7d"])
    return since_ms, until_ms


def report(present: dict[str, Any], other: dict[str, Any] | None, tried: dict[str, str]) -> str:
    """Both beside one another, then each time the rule would have fired."""
    last = other or present
    heads = [
        "",
        "as it is",
        *([", ".join(f"{name} {text}" for name, text in tried.items())] if other else []),
    ]
    both = [present, *([other] if other else [])]
    channels = list(dict.fromkeys(channel for each in both for channel in each["told"]))
    rows = [
        ["would have fired", *(times(each["count"]) for each in both)],
        ["in all for", *(spoken(each["total_seconds"]) for each in both)],
        ["of which under 2 minutes", *(times(each["short"]) for each in both)],
        *([f"messages by {name}", *(str(each["told"].get(name, 0)) for each in both)] for name in channels),
    ]
    parts = [
        f"{last['rule']}, {last['since']} to {last['until']}",
        table(heads, rows),
        fired(last) if last["fired"] else "",
        covered(last),
        *last["troubles"],
    ]
    return "\n\n".join(part for part in parts if part)


def fired(last: dict[str, Any]) -> str:
    rows = [
        [each["fired_at"], each["ended_at"] or "still fires", each["instance"], worst(each["worst"])]
        for each in last["fired"][:MOST_SHOWN]
    ]
    more = len(last["fired"]) - MOST_SHOWN
    shown = table(["fired", "ended", "instance", "worst"], rows)
    return f"{shown}\n... and {more} more; --json has them all" if more > 0 else shown


def covered(last: dict[str, Any]) -> str:
    """What it was played over."""
    if not last["samples"]:
        return "Nothing is stored of what it is about in that time."
    if last["source"] == "runs of its SQL":
        return f"Played by {last['samples']} runs of its SQL. Numbers are kept since {last['first_sample']}."
    return f"Played over {last['samples']} samples ({last['source']}), the first of {last['first_sample']}."


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def worst(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
