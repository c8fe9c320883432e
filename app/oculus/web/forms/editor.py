"""Making, changing and removing objects: the files they stand in, and what runs afterwards."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from oculus.collectors import COLLECTORS
from oculus.collectors.custom.plugin import Plugin
from oculus.core.errors import ConfigError
from oculus.core.event import Event, EventType, Severity
from oculus.notify import ALWAYS_THERE, CHANNELS
from oculus.rules.life.hours import DAYS, Mute
from oculus.rules.settings import RuleSettings
from oculus.runtime import Oculus
from oculus.settings.draft import SettingsProblem
from oculus.settings.merge import called
from oculus.settings.objects import Entry, Trial, entries, trial
from oculus.settings.write import file_text, fresh_path, remove, write
from oculus.web.errors import HttpError, not_found
from oculus.web.forms import providers
from oculus.web.forms.fields import fields_of

# A plugin is code: which of it is loaded is said in a file, not in a page.
TYPES: dict[str, dict[str, type[Struct]]] = {
    "collectors": {name: kind.settings_class for name, kind in COLLECTORS.items() if kind is not Plugin},
    "channels": {name: kind.settings_class for name, kind in CHANNELS.items()},
    "rules": {"": RuleSettings},
    "mute": {"": Mute},
    "sources": providers.KINDS,
}
ONE = {
    "collectors": "collector",
    "rules": "rule",
    "channels": "channel",
    "mute": "quiet time",
    "sources": "provider",
}
UNDO_S = 600.0  # for so long what was deleted can be brought back


class Draft(Struct, frozen=True, kw_only=True):
    """An object as somebody is writing it. `entry` is what it stands in so far; None for a new one."""

    section: str
    type: str
    name: str  # of a channel or a provider; the others hold theirs in `data`
    data: dict[str, Any]
    entry: Entry | None = None
    stored: dict[str, Any] = {}  # what it began with, from a file


class Gone(Struct, frozen=True, kw_only=True):
    """What was deleted last."""

    entry: Entry
    text: str  # of its file
    at: float  # monotonic seconds

    @property
    def called(self) -> str:
        return f"{ONE[self.entry.section]} {self.entry.name}"


class Editor:
    """Works on the settings files of `oculus`."""

    def __init__(self, oculus: Oculus) -> None:
        self._oculus = oculus
        self._one_at_a_time = threading.Lock()
        self._gone: Gone | None = None

    @property
    def main(self) -> Path:
        """The settings file. Raises HttpError 409 where there is none."""
        files = self._oculus.settings.files
        if not files or self._oculus.reloader is None:
            raise HttpError(409, "This Oculus has no settings file", "Start it with --config.")
        return files[0]

    def entries(self) -> list[Entry]:
        return entries(self.main) if self._oculus.settings.files else []

    def entry(self, key: str) -> Entry:
        """Raises HttpError 404."""
        for entry in self.entries():
            if entry.key == key:
                return entry
        raise not_found("This is no longer there", "The settings may have changed; /settings lists them.")

    def named(self, section: str, name: str) -> Entry:
        """Raises HttpError 404 for what stands in no file."""
        for entry in self.entries():
            if entry.section == section and entry.name == name:
                return entry
        raise not_found(
            f"No file has the {ONE.get(section, 'object')} {name}", "/settings lists what there is."
        )

    def names(self, draft: Draft) -> dict[str, list[str]]:
        """The names that a draft may hold; its own is none of them."""
        found = self.entries()
        listed = {key: [each.name for each in found if each.section == key] for key in ("channels", "rules")}
        own = draft.data.get("name") if draft.section == "rules" else None
        return {
            "channels": list(dict.fromkeys([*ALWAYS_THERE, *listed["channels"]])),
            "days": list(DAYS),
            "rules": [name for name in listed["rules"] if name != own],
        }

    def choices(self, section: str) -> list[str]:
        """The types of which one can be made; each provider there is once, those that take a key first."""
        if section != "sources":
            return list(TYPES[section])
        there = {each.type for each in self.entries() if each.section == section}
        return sorted(TYPES[section].keys() - there, key=lambda name: (not providers.takes_key(name), name))

    @property
    def gone(self) -> Gone | None:
        """What can be brought back."""
        gone = self._gone
        return gone if gone and self._oculus.clock.monotonic() - gone.at < UNDO_S else None

    def own(self, key: str) -> Entry:
        """One that may be changed here. Raises HttpError 409 for what was written by hand."""
        entry = self.entry(key)
        if not entry.own:
            what = f"{entry.name} was written by hand"
            raise HttpError(409, what, f"Change it in {entry.file}, or clone it.")
        return entry

    def trial(self, draft: Draft) -> Trial:
        return trial(self.main, self._path(draft), text_of(draft))

    def mistakes(self, draft: Draft, found: Trial) -> tuple[dict[str, str], list[str]]:
        """Those of its fields, by name, and those of other places."""
        beside: dict[str, str] = {}
        elsewhere: list[str] = []
        file = called(self._path(draft), self.main.parent)
        fields = {field.name for field, _ in fields_of(kind_of(draft.section, draft.type))}
        for problem in found.problems:
            if problem.place.file == file:
                path = problem.place.path
                within = ".".join(map(str, path[2:4]))
                field = within if within in fields else str(path[2]) if len(path) > 2 else "name"
                beside.setdefault(field, words(problem))
            else:
                elsewhere.append(str(problem))
        return beside, elsewhere

    def save(self, draft: Draft) -> bool:
        """Write it and take it on; False when that failed, which every page tells. Raises OculusError."""
        with self._one_at_a_time:  # two of one name get a file each
            write(self._path(draft), text_of(draft))
        done = "changed" if draft.entry else "added"
        return self._take_on(f"The {ONE[draft.section]} {label(draft)} was {done} on the page Settings")

    def switch(self, entry: Entry) -> bool:
        """Off what is on, and on what is off. Raises HttpError 409 for a provider."""
        if entry.section == "sources":
            raise HttpError(409, "A provider is never switched off", "Switch off the collectors that ask it.")
        data = {key: value for key, value in entry.data.items() if key != "enabled"}
        if entry.enabled:
            data["enabled"] = False
        write(entry.path, file_text(entry.section, entry.name, data))
        done = f"switched {'off' if entry.enabled else 'on'}"
        return self._take_on(f"The {ONE[entry.section]} {entry.name} was {done} on the page Settings")

    def delete(self, entry: Entry) -> bool:
        """Raises ConfigError when something else needs it."""
        self._must_fit(entry.path, None, file_text(entry.section, entry.name, entry.data))
        with self._one_at_a_time:
            text = remove(entry.path)
            self._gone = Gone(entry=entry, text=text, at=self._oculus.clock.monotonic())
        return self._take_on(f"The {ONE[entry.section]} {entry.name} was deleted on the page Settings")

    def undo(self) -> bool:
        """Bring back what was deleted last. Raises HttpError 409, and ConfigError when it no longer fits."""
        with self._one_at_a_time:
            gone = self.gone
            if gone is None:
                raise HttpError(
                    409, "There is nothing to bring back", f"Within {UNDO_S / 60:.0f} min there is."
                )
            entry, path = gone.entry, gone.entry.path
            if path.exists():
                path = fresh_path(self.main, entry.section, entry.name)
            self._must_fit(path, gone.text, None)
            write(path, gone.text)
            self._gone = None
        return self._take_on(f"The {gone.called} was brought back on the page Settings")

    def _must_fit(self, path: Path, after: str | None, before: str | None) -> None:
        """Raises ConfigError when a change would bring a mistake that was not there before."""
        found = trial(self.main, path, after)
        if found.problems and not trial(self.main, path, before).problems:
            raise ConfigError([str(problem) for problem in found.problems])

    def _path(self, draft: Draft) -> Path:
        if draft.entry:
            return draft.entry.path
        return fresh_path(self.main, draft.section, label(draft))

    def _take_on(self, what: str) -> bool:
        oculus = self._oculus
        now_ms = oculus.clock.now_ms()
        oculus.writer.tell(
            Event(ts_ms=now_ms, source="oculus", type=EventType.AUDIT, severity=Severity.INFO, message=what)
        )
        return not oculus.reload()


def text_of(draft: Draft) -> str:
    typed = {"type": draft.type} if draft.type and draft.section != "sources" else {}
    return file_text(draft.section, draft.name, {**typed, **draft.data})


def label(draft: Draft) -> str:
    found = draft.name or draft.data.get("name") or draft.data.get("target") or draft.type
    return str(found)[:100]


def words(problem: SettingsProblem) -> str:
    return f"{problem.what}; {problem.hint}" if problem.hint else problem.what


def kind_of(section: str, type_: str) -> type[Struct]:
    """Raises HttpError 404 for what cannot be made here."""
    kinds = TYPES.get(section, {})
    if type_ not in kinds:
        raise not_found(f"Nothing of the type {type_!r} can be made here", "/settings lists what can.")
    return kinds[type_]


def without(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in names}
