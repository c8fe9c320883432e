"""What is set one by one (collectors, rules, ...): where each is written, what a change would mean."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from oculus.collectors import build
from oculus.collectors.collector import CollectorSettings
from oculus.collectors.sources.settings import PolymarketSettings, SourceSettings
from oculus.core.masking import hide
from oculus.notify.channel import ChannelSettings
from oculus.rules.life.hours import Mute
from oculus.rules.settings import RuleSettings
from oculus.settings.draft import Draft, SettingsProblem, Where, spell
from oculus.settings.hidden import secrets_of
from oculus.settings.load import settle
from oculus.settings.merge import GROUPS, called, files_of, merged
from oculus.settings.read import read
from oculus.settings.read_yaml import read_yaml
from oculus.settings.schema import Settings
from oculus.settings.sections import PLAIN
from oculus.settings.write import is_own

KINDS = ("collectors", "rules", "channels", "mute", "sources")
One = CollectorSettings | RuleSettings | ChannelSettings | Mute | SourceSettings | PolymarketSettings
Changes = Mapping[Path, str | None]  # what files would hold; None: they would be gone


class Entry(Struct, frozen=True, kw_only=True):
    """One object as it is written. `data` holds ${NAME} as such, so it may be written again."""

    section: str
    name: str
    type: str  # empty for rules and muted times; of a provider its name
    data: dict[str, Any]
    path: Path
    file: str  # as a person calls it
    line: int
    key: str  # finds it again: conf.d/office.yaml:collectors[0]
    own: bool  # made in the window, so it may be changed there
    enabled: bool


class Trial(Struct, frozen=True, kw_only=True):
    """What a change would come to. `one` and `settings` are there when nothing is wrong."""

    settings: Settings | None
    one: One | None
    problems: list[SettingsProblem]


def entries(main: Path) -> list[Entry]:
    """Every object in the files, also one with mistakes; in the order in which they are read."""
    raw, draft = drafted(main, {}), drafted(main, {})
    bound = settle(draft, {}, os.environ)
    names = {where: build(one).name for where, one in bound.collectors.items()}
    found = [entry_of(main, raw, where, names.get(where, "")) for where in places(raw)]
    # Who writes a file anew knows of one object: what somebody has added beside it would be gone.
    beside = [raw.place((name,)).file for name in PLAIN if name in raw.data and name not in KINDS]
    times = Counter([*(each.file for each in found), *beside])
    return [each if times[each.file] == 1 else replace(each, own=False) for each in found]


def spots(main: Path) -> dict[str, str]:
    """Where each section that is no list of objects is written, as far as it is: oculus.yaml:3."""
    raw = drafted(main, {})
    return {name: raw.place((name,)).spot() for name in PLAIN if name in raw.data}


def places(draft: Draft) -> Iterator[Where]:
    for section in KINDS:
        given = draft.data.get(section)
        keys = given if isinstance(given, dict) else range(len(given)) if isinstance(given, list) else ()
        yield from ((section, key) for key in keys)


def entry_of(main: Path, raw: Draft, where: Where, known: str) -> Entry:
    section, last = str(where[0]), where[-1]
    given = raw.at(where)
    data = dict(given) if isinstance(given, dict) else {}
    place = raw.place(where)
    path = main.parent / place.file
    named = str(last) if section in GROUPS else str(data.get("name") or data.get("target") or "")
    kind = str(data.get("type") or (last if section in GROUPS else ""))
    return Entry(
        section=section,
        name=known or named or kind or "without a name",
        type=kind,
        data=data,
        path=path,
        file=place.file,
        line=place.line,
        key=f"{place.file}:{spell(place.path)}",
        own=is_own(path),
        enabled=data.get("enabled", True) not in (False, "off", "no", "false"),
    )


def trial(main: Path, path: Path, text: str | None) -> Trial:
    """What the settings would be if `path` held `text`. Nothing is written."""
    draft = drafted(main, {path: text})
    bound = settle(draft, {}, os.environ)
    if draft.problems:
        return Trial(settings=None, one=None, problems=draft.problems)
    settings, file = bound.settings(draft), called(path, main.parent)
    for secret in secrets_of(settings):  # it may be tried before it is saved, and be named in the log
        hide(secret)
    found: dict[Where, One] = {**bound.collectors, **bound.rules, **bound.mute}
    found |= {("channels", name): channel for name, channel in bound.channels.items()}
    found |= {("sources", name): getattr(settings.sources, name) for name in draft.data.get("sources") or ()}
    ones = [one for where, one in found.items() if draft.place(where).file == file]
    return Trial(settings=settings, one=ones[0] if ones else None, problems=[])


def drafted(main: Path, changes: Changes) -> Draft:
    """The files as they are, but for those that would change."""
    paths = [*files_of(main), *(path for path in changes if path not in files_of(main))]
    drafts = [drafted_one(path, called(path, main.parent), changes) for path in paths]
    draft = merged([each for each in drafts if each is not None])
    draft.files = [path for path, each in zip(paths, drafts, strict=True) if each is not None]
    return draft


def drafted_one(path: Path, file: str, changes: Changes) -> Draft | None:
    if path not in changes:
        return read(path, file)
    text = changes[path]
    return None if text is None else read_yaml(text, file)
