"""Files that Oculus writes itself: one object each, in conf.d, and marked. No other file is ever touched."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from oculus.core.errors import OculusError
from oculus.settings.merge import GROUPS

MARK = "# Made in the window of Oculus, which may rewrite this file. Delete this line and it stays as it is."
FOLDER = "conf.d"
LONGEST_NAME = 60
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ./-]*")
WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


class Emitter(yaml.SafeDumper):
    """Quotes whatever could be taken for something else than text."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def represent_text(emitter: Emitter, text: str) -> yaml.ScalarNode:
    plain = PLAIN.fullmatch(text) and text.lower() not in WORDS
    return emitter.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


Emitter.add_representer(str, represent_text)


def file_text(section: str, name: str, entry: Mapping[str, Any]) -> str:
    """What a file with this one object holds. `name` is only written in groups, whose objects it names."""
    body = {name: dict(entry)} if section in GROUPS else [dict(entry)]
    return f"{MARK}\n{plain_yaml({section: body})}"


def plain_yaml(data: Any) -> str:
    """As a person would write it."""
    return yaml.dump(data, Dumper=Emitter, sort_keys=False, allow_unicode=True, width=100_000, indent=2)


def is_own(path: Path) -> bool:
    """Whether Oculus wrote it, and nobody has claimed it since."""
    if path.parent.name != FOLDER or path.is_symlink():
        return False
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().rstrip("\r\n") == MARK
    except (OSError, UnicodeDecodeError):
        return False


def fresh_path(main: Path, section: str, name: str) -> Path:
    """A file that is not there yet, named after the object: conf.d/collector-office.yaml."""
    slug = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")[:LONGEST_NAME] or "one"
    stem, number = f"{section.removesuffix('s')}-{slug}", 1
    folder = main.parent / FOLDER
    while (path := folder / (f"{stem}.yaml" if number == 1 else f"{stem}-{number}.yaml")).exists():
        number += 1
    return path


def write(path: Path, text: str) -> None:
    """Put `text` there whole or not at all; only its owner may read it. Raises OculusError."""
    if path.exists() and not is_own(path):
        raise OculusError(f"{path.name} was written by hand, so Oculus does not change it", "Clone it.")
    hidden = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    except OSError as error:
        hidden.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def remove(path: Path) -> str:
    """What it held. Raises OculusError."""
    if not is_own(path):
        raise OculusError(f"{path.name} was written by hand, so Oculus keeps it", "Delete it there.")
    try:
        text = path.read_text("utf-8")
        path.unlink()
    except OSError as error:
        raise unwritable(path, error) from error
    return text


def unwritable(path: Path, error: OSError) -> OculusError:
    what = f"{path} cannot be written: {error.strerror}"
    return OculusError(what, "Let the account that runs Oculus write into this folder.")
