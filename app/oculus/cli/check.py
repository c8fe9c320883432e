"""`oculus check`: what would run, or every mistake at once."""

from __future__ import annotations

import argparse
import json

from oculus.cli.place import place
from oculus.cli.settings import read_settings
from oculus.cli.table import table
from oculus.collectors import build
from oculus.settings.schema import Settings
from oculus.settings.show import shown


def run(args: argparse.Namespace) -> int:
    where = place(args)
    settings = read_settings(args, where)
    print(json.dumps(shown(settings), indent=2) if args.json else _report(settings))
    return 0


def _report(settings: Settings) -> str:
    parts = [
        "\n".join(f"read {file}" for file in settings.files),
        _collectors(settings),
        _rules(settings),
        table(["channel", "type", "from severity"], _channels(settings)),
        *settings.notices,
        "The settings are right.",
    ]
    return "\n\n".join(parts)


def _collectors(settings: Settings) -> str:
    rows = []
    for each in settings.collectors:
        collector = build(each)
        how_often = str(each.interval) if each.enabled else "off"
        rows.append([collector.kind, collector.name, how_often, ", ".join(collector.symbols())])
    return table(["collector", "name", "every", "symbols"], rows)


def _rules(settings: Settings) -> str:
    rows = [
        [rule.name, rule.condition, str(rule.for_), str(rule.severity), ", ".join(rule.channels)]
        for rule in settings.rules
    ]
    return table(["rule", "condition", "for", "severity", "channels"], rows)


def _channels(settings: Settings) -> list[list[str]]:
    return [
        [name, str(channel.__struct_config__.tag), str(channel.min_severity)]
        for name, channel in settings.channels.items()
    ]
