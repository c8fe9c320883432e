"""The settings file that a first start writes."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from oculus.core.errors import ConfigError
from oculus.core.paths import bundled, private_folder

log = logging.getLogger(__name__)

SAMPLE = ("assets", "config", "oculus.yaml")
OWN = "127.0.0.1:8420"  # where the sample watches Oculus itself
SCHEMA = ("assets", "config", "oculus.schema.json")


def ensure_settings(path: Path, own: str = OWN) -> bool:
    """Write the sample to `path` unless there is something. True if it was written.

    `own` is where Oculus will be, "" for another place at every start. Beside the sample goes the schema,
    with which editors complete and check. Raises ConfigError when the folder cannot be written.
    """
    if path.exists():
        refresh(path.with_name(SCHEMA[-1]))
        return False
    if path.suffix == ".toml":
        raise ConfigError(
            [f"{path} does not exist; write it, or let a sample be written to a file named .yaml"]
        )
    try:
        private_folder(path.parent)
        put(path, sample(own).encode())
        put(path.with_name(SCHEMA[-1]), bundled(*SCHEMA).read_bytes())
    except OSError as error:
        told = f"{path} cannot be written ({error.strerror}); make its folder writable, or name another file"
        raise ConfigError([told]) from error
    return True


def sample(own: str) -> str:
    """The sample with a probe of Oculus itself that finds it."""
    text = bundled(*SAMPLE).read_text("utf-8")
    if own == OWN:
        return text
    found = (
        f'target: "{own}"' if own else f"target: {OWN}\n    enabled: false  # its port changes at each start"
    )
    return text.replace(f"target: {OWN}", found)


def refresh(schema: Path) -> None:
    """A schema left by an older version would mark what is new as wrong."""
    current = bundled(*SCHEMA).read_bytes()
    try:
        if schema.is_file() and schema.read_bytes() != current:
            put(schema, current)
    except OSError as error:  # only a help for editors: no reason not to start
        log.info("%s: cannot be brought up to date: %s", schema.name, error.strerror)


def put(path: Path, content: bytes) -> None:
    """Whole or not at all, for its owner only: it may come to hold secrets."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)
