"""`oculus export --to FILE`: stored metrics as CSV or Parquet."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from urllib.parse import urlencode

from oculus.cli.copy import running, stored
from oculus.cli.place import place
from oculus.core.clock import SystemClock
from oculus.core.errors import ConfigError, OculusError
from oculus.core.moments import parse_moment
from oculus.storage.reading.export import is_empty

FORMATS = {".csv": "csv", ".parquet": "parquet"}


def run(args: argparse.Namespace) -> int:
    target = Path(args.to).absolute()
    kind = _format(target)
    since_ms = _since(args.since)
    where = place(args)
    if copy := running(args, where):
        asked = {"format": kind, "symbol": args.symbol, "since": args.since}
        copy.download(f"/api/export?{urlencode({k: v for k, v in asked.items() if v})}", target)
    else:
        with stored(args, where) as reader:
            reader.export(target, args.symbol or "*", since_ms)
    empty = is_empty(target)
    said = f"Nothing is stored of that time: {target} is empty." if empty else f"The metrics are in {target}."
    print(said, file=sys.stderr)
    return 0


def _format(target: Path) -> str:
    if target.exists():
        raise OculusError(f"{target} exists already", "Choose another --to; Oculus overwrites nothing.")
    if target.suffix not in FORMATS:
        raise ConfigError([f"{target.name} is neither .csv nor .parquet; end --to in one of them"])
    return FORMATS[target.suffix]


def _since(text: str | None) -> int:
    try:
        return parse_moment(text, SystemClock().now_ms()) if text else 0
    except ValueError as error:
        raise ConfigError([f"--since: {error}"]) from error
