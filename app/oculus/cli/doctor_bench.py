"""`oculus doctor --bench`: how fast Oculus is on this machine, beside what it aims at."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import msgspec

from oculus.cli.table import table
from oculus.doctor.bench import Figure, measure

WORDS = {None: "", True: "reached", False: "NOT REACHED"}


def run(args: argparse.Namespace) -> int:
    """0 whatever was measured: a slow machine is no fault. Raises OculusError when nothing could be."""
    print("Measuring for about half a minute, in a folder of its own.", file=sys.stderr)
    figures = list(measure())
    if args.json:
        given = [{**msgspec.to_builtins(each), "reached": each.reached} for each in figures]
        print(json.dumps({"figures": given}, indent=2))
    else:
        print(report(figures))
    return 0


def report(figures: Sequence[Figure]) -> str:
    rows = [(each.what, said(each.value, each.unit), aim(each), WORDS[each.reached]) for each in figures]
    return table(["what", "here", "aim", ""], rows)


def aim(figure: Figure) -> str:
    if figure.aim is None:
        return ""
    return f"{'at least' if figure.at_least else 'at most'} {said(figure.aim, figure.unit)}"


def said(value: float, unit: str) -> str:
    return f"{value:,.0f} {unit}" if value >= 10 else f"{value:.2g} {unit}"
