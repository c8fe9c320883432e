"""The settings as a command sees them: the file, then what was said on the command line."""

from __future__ import annotations

import argparse
import os
from typing import Any

from oculus.cli.place import Place
from oculus.settings.load import Said, load
from oculus.settings.schema import Settings


def read_settings(args: argparse.Namespace, where: Place) -> Settings:
    """Raises ConfigError with every mistake found."""
    return load(where.config, overrides=overrides(args))


def overrides(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line and the environment put above the file, by section."""
    server = {"host": args.host, "port": args.port, "token": from_environment("OCULUS_TOKEN")}
    logging = {"level": args.log_level or from_environment("OCULUS_LOG")}
    sections = {"server": server, "logging": logging}
    return {
        section: given
        for section, values in sections.items()
        if (given := {key: value for key, value in values.items() if value not in (None, "")})
    }


def from_environment(name: str) -> Said | None:
    value = os.environ.get(name)
    return Said(value, name) if value else None
