"""Which settings file and which data folder a command is about."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from oculus.core.errors import ConfigError
from oculus.core.paths import data_folder, settings_folder

NAMES = ("oculus.yaml", "oculus.toml")


@dataclass(frozen=True)
class Place:
    """Where a person's settings and data lie."""

    config: Path
    chosen: bool  # the person named the file; then it must exist
    data: Path


def place(args: argparse.Namespace) -> Place:
    """From the arguments, else the environment, else the platform's folders."""
    named = args.config or os.environ.get("OCULUS_CONFIG")
    data = (Path(args.data) if args.data else data_folder()).absolute()
    if data.exists() and not data.is_dir():
        raise ConfigError([f"{data} is no folder; name another one with --data"])
    if named and not Path(named).exists():
        where = "--config" if args.config else "OCULUS_CONFIG"
        raise ConfigError([f"{named} does not exist; mend {where}, or leave it out to have a sample written"])
    config = Path(named) if named else _usual()
    return Place(config.absolute(), bool(named), data)


def _usual() -> Path:
    folder = settings_folder()
    found = [folder / name for name in NAMES if (folder / name).exists()]
    if len(found) > 1:
        raise ConfigError([f"{found[0]} and {found[1].name} both exist; keep one of them"])
    return found[0] if found else folder / NAMES[0]
