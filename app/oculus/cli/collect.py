"""`oculus collect NAME`: ask one source once, and show what it said."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from oculus.cli.place import place
from oculus.cli.settings import read_settings
from oculus.cli.table import table
from oculus.collectors import build
from oculus.collectors.collector import CollectorSettings
from oculus.collectors.custom.push import PushSettings
from oculus.collectors.once import collect_once
from oculus.collectors.roster import labels
from oculus.collectors.sources.registry import Sources
from oculus.collectors.tools import Tools
from oculus.core.clock import to_iso
from oculus.core.errors import ConfigError, OculusError
from oculus.core.metric import Metric
from oculus.core.nearest import did_you_mean
from oculus.core.symbols import unit_of
from oculus.settings.words import either


def run(args: argparse.Namespace) -> int:
    settings = read_settings(args, place(args))
    wanted = _named(args.name, settings.collectors)
    if isinstance(wanted, PushSettings):
        raise OculusError(
            f"{args.name} cannot be asked: its numbers are sent to it",
            f"Send one to the running copy: POST /in/{args.name} with its secret.",
        )
    metrics, trouble = collect_once(wanted, Tools(Sources(settings.sources)))
    print(_as_json(metrics, trouble) if args.json else _as_table(metrics))
    if trouble:
        print(trouble, file=sys.stderr)
    return 0


def _named(name: str, known: Sequence[CollectorSettings]) -> CollectorSettings:
    built = [build(each) for each in known]
    called = labels([(each.name, each.symbols()) for each in built])
    by_label = dict(zip(called, known, strict=True))
    if name in by_label:
        return by_label[name]
    if same := [label for label, each in zip(called, built, strict=True) if each.name == name]:
        raise ConfigError([f"{len(same)} collectors are called {name!r}; write {either(same)}"])
    advice = did_you_mean(name, called) or "`oculus check` lists them"
    raise ConfigError([f"there is no collector called {name!r}; {advice}"])


def _as_table(metrics: Sequence[Metric]) -> str:
    rows = [[m.symbol, m.value, unit_of(m.symbol, m.tags), to_iso(m.ts_ms)] for m in metrics]
    return table(["symbol", "value", "unit", "as of"], rows)


def _as_json(metrics: Sequence[Metric], trouble: str) -> str:
    rows = [
        {"ts": to_iso(m.ts_ms), "category": m.category, "symbol": m.symbol, "value": m.value, "tags": m.tags}
        for m in metrics
    ]
    return json.dumps({"metrics": rows, "trouble": trouble}, indent=2)
