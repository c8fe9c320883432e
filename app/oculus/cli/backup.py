"""`oculus backup --to FILE`: a consistent copy of the database, while it runs or not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from oculus.cli.copy import running, stored
from oculus.cli.place import place
from oculus.core.errors import OculusError
from oculus.core.private import keep_private


def run(args: argparse.Namespace) -> int:
    keep_private()
    where = place(args)
    target = Path(args.to).absolute()
    if target.exists():
        raise OculusError(f"{target} exists already", "Choose another --to; Oculus overwrites nothing.")
    if copy := running(args, where):
        copy.download("/api/backup", target)
    else:
        with stored(args, where) as reader:
            reader.backup(target)
    print(f"The database is in {target}.", file=sys.stderr)
    return 0
