"""A plugin's entry: the plugin is loaded, and its `settings:` are read as it wants them.

A plugin that cannot be loaded is no mistake in the settings: the rest must run. It is told as something odd,
and its collector fails with the reason until the file is mended.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from oculus.collectors.collector import CollectorSettings
from oculus.collectors.custom.plugin import BoundPlugin, PluginSettings
from oculus.collectors.custom.plugin_files import Found, load
from oculus.settings.bind import WRONG, bind_struct
from oculus.settings.draft import Draft, Where

COMMON = [field.name for field in msgspec.structs.fields(CollectorSettings)]


def bind_plugin(entry: PluginSettings, where: Where, draft: Draft) -> Any:
    """The entry with what the plugin made of it; WRONG when its settings do not fit the plugin."""
    folder = draft.files[0].parent if draft.files else Path()
    found = load(folder, entry.module)
    if found.kind is None:
        hint = "the rest runs without it"
        draft.odd((*where, "module"), f"{entry.module} cannot be used: {found.trouble}", hint)
        return bound(entry, found, CollectorSettings(), None, where, draft)
    own = bind_own(found.kind.settings_class, where, draft)
    return WRONG if own is WRONG else bound(entry, found, own, own, where, draft)


def bind_own(kind: type[CollectorSettings], where: Where, draft: Draft) -> Any:
    """What stands under `settings:`; nothing written there is as good as {}."""
    entry = draft.at(where)
    if entry.get("settings") is None:
        entry["settings"] = {}
    return bind_struct(kind, (*where, "settings"), draft)


def bound(
    entry: PluginSettings, found: Found, usual: CollectorSettings, own: Any, where: Where, draft: Draft
) -> Any:
    """Interval, tags and the like are the entry's where it names them, else the plugin's usual ones."""
    given = draft.at(where)
    common = {name: getattr(entry if name in given else usual, name) for name in COMMON}
    try:
        return BoundPlugin(
            module=entry.module,
            settings=structs.replace(own, **common) if own is not None else None,
            source=found.source,
            digest=found.digest,
            problem=found.trouble,
            **common,
        )
    except (ValueError, TypeError) as error:
        what, _, hint = str(error).partition("; ")
        draft.wrong(where, what, hint)
        return WRONG
