"""`oculus check`: what would run, or every mistake at once."""

from __future__ import annotations

import argparse
import json

from oculus.cli.copy import asking
from oculus.cli.place import Place, place
from oculus.cli.settings import read_settings
from oculus.cli.table import table
from oculus.collectors import build
from oculus.collectors.roster import labels
from oculus.core.clock import SystemClock
from oculus.core.errors import ConfigError, OculusError
from oculus.notify import with_always_there
from oculus.rules.settings import RuleSettings
from oculus.rules.trials.proof import failures
from oculus.settings.past import past_hints
from oculus.settings.schema import Settings
from oculus.settings.show import shown


def run(args: argparse.Namespace) -> int:
    where = place(args)
    settings = read_settings(args, where)
    if wrong := list(failures(settings.rules)):
        raise ConfigError(wrong)
    if args.json:
        print(json.dumps(shown(settings), indent=2))
    else:
        print(_report(settings, _past(args, where, settings)))
    return 0


def _past(args: argparse.Namespace, where: Place, settings: Settings) -> list[str]:
    """What the stored numbers say of the rules; nothing where there are none yet."""
    try:
        with asking(args, where) as ask:
            found = past_hints(settings.rules, ask)
    except OculusError:
        return []
    return [f"rule {name}: {hint}" for name, hints in found.items() for hint in hints]


def _expired(settings: Settings, now_ms: int) -> list[str]:
    return [
        f"rule {rule.name}: it expired ({rule.expires}) and is judged no more; take it out, or expires"
        for rule in settings.rules
        if rule.expired(now_ms)
    ]


def _report(settings: Settings, past: list[str]) -> str:
    parts = [
        "\n".join(f"read {file}" for file in settings.files),
        _collectors(settings),
        _rules(settings),
        table(["channel", "type", "from severity"], _channels(settings)),
        *settings.notices,
        *_expired(settings, SystemClock().now_ms()),
        *past,
        _proven(settings),
    ]
    return "\n\n".join(parts)


def _proven(settings: Settings) -> str:
    count = sum(len(rule.tests) for rule in settings.rules)
    return (
        f"The settings are right, and the rules' {count} tests hold." if count else "The settings are right."
    )


def _collectors(settings: Settings) -> str:
    built = [build(each) for each in settings.collectors]
    called = labels([(each.name, each.symbols()) for each in built])
    rows = []
    for collector, label, each in zip(built, called, settings.collectors, strict=True):
        how_often = str(each.interval) if each.enabled else "off"
        rows.append([collector.kind, label, how_often, ", ".join(collector.symbols())])
    return table(["collector", "name", "every", "symbols"], rows)


def _rules(settings: Settings) -> str:
    rows = [
        [rule.name, _when(rule), str(rule.for_), str(rule.severity), ", ".join(rule.channels)]
        for rule in settings.rules
    ]
    return table(["rule", "condition", "for", "severity", "channels"], rows)


def _when(rule: RuleSettings) -> str:
    return rule.condition or f"its sql returns rows, {rule.schedule} {rule.timezone}"


def _channels(settings: Settings) -> list[list[str]]:
    return [
        [name, str(channel.__struct_config__.tag), str(channel.min_severity)]
        for name, channel in with_always_there(settings.channels).items()
    ]
