"""From the files to settings that make sense, or every mistake at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from oculus.core.errors import ConfigError
from oculus.core.masking import hide
from oculus.settings.checks import check
from oculus.settings.draft import Draft, Place, SettingsProblem
from oculus.settings.environment import fill
from oculus.settings.hidden import secrets_of
from oculus.settings.merge import called, read_all
from oculus.settings.schema import Settings
from oculus.settings.sections import Bound, bind_sections

Overrides = Mapping[str, Mapping[str, Any]]  # {"server": {"port": 0}}


class Said(NamedTuple):
    """An override that was not said on the command line, and where it was: for the message about it."""

    value: Any
    where: str  # the variable of the environment


def load(
    path: Path, overrides: Overrides | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read `path` and the files beside it, put `overrides` (command line, environment) above them.

    Raises ConfigError with every problem, each "file:line: path: what; what to write instead".
    """
    draft = read_all(path)
    bound = settle(draft, overrides or {}, os.environ if environment is None else environment)
    if draft.problems:
        raise ConfigError([str(problem) for problem in in_order(draft, path)])
    settings = bound.settings(draft)
    for secret in secrets_of(settings):
        hide(secret)
    return settings


def settle(draft: Draft, overrides: Overrides, environment: Mapping[str, str]) -> Bound:
    """What of a draft is sound; the rest is in its problems."""
    fill(draft, environment)
    put_over(draft, overrides)
    bound = bind_sections(draft)
    check(draft, bound)
    return bound


def put_over(draft: Draft, overrides: Overrides) -> None:
    for section, given in overrides.items():
        there = draft.data.setdefault(section, {})
        if there is None:
            there = draft.data[section] = {}
        if not isinstance(there, dict):
            continue  # a mistake that is told anyway
        for name, value in given.items():
            where = (section, name)
            said = value if isinstance(value, Said) else Said(value, "command line")
            there[name] = said.value
            draft.places[where] = Place(said.where, 0, where)
            draft.lost.discard(where)
            draft.filled.pop(where, None)


def in_order(draft: Draft, main: Path) -> list[SettingsProblem]:
    """File by file as they are read, from top to bottom; each said once."""
    files = [called(path, main.parent) for path in draft.files]
    once = {str(problem): problem for problem in draft.problems}.values()
    return sorted(
        once,
        key=lambda each: (files.index(each.place.file) if each.place.file in files else -1, each.place.line),
    )
