"""A draft becomes settings, section by section; the entries' `type` decides what can be set for them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from oculus.collectors import COLLECTORS
from oculus.collectors.collector import Collector, CollectorSettings
from oculus.collectors.custom.plugin import PluginSettings
from oculus.core.registry import Registry
from oculus.notify import CHANNELS
from oculus.notify.channel import Channel, ChannelSettings
from oculus.rules.life.hours import Mute
from oculus.rules.settings import RuleSettings
from oculus.settings.bind import WRONG, bind, bind_struct
from oculus.settings.draft import Draft, Where
from oculus.settings.plugins import bind_plugin
from oculus.settings.schema import SECTIONS, Settings
from oculus.settings.words import advice, either, shown

Kinds = Registry[Collector] | Registry[Channel]

PLAIN = ("server", "storage", "logging", "desktop", "connectivity", "sources")  # one of each


class Bound(Struct):
    """What is sound so far; a section or an entry with a mistake is missing."""

    plain: dict[str, Any] = field(default_factory=dict)  # by section, those in PLAIN
    collectors: dict[Where, CollectorSettings] = field(default_factory=dict)
    channels: dict[str, ChannelSettings] = field(default_factory=dict)
    rules: dict[Where, RuleSettings] = field(default_factory=dict)
    mute: dict[Where, Mute] = field(default_factory=dict)

    def settings(self, draft: Draft) -> Settings:
        return Settings(
            **self.plain,
            collectors=list(self.collectors.values()),
            channels=self.channels,
            rules=list(self.rules.values()),
            mute=list(self.mute.values()),
            files=draft.files,
            notices=[str(notice) for notice in draft.notices],
        )


def bind_sections(draft: Draft) -> Bound:
    for name in draft.data:
        if name not in SECTIONS:
            draft.wrong((name,), "no such section", advice(name, SECTIONS))
    return Bound(
        plain=bind_plain(draft),
        collectors=dict(bind_collectors(draft)),
        channels=dict(bind_channels(draft)),
        rules=dict(bind_rules(draft)),
        mute=dict(bind_mute(draft)),
    )


def bind_plain(draft: Draft) -> dict[str, Any]:
    kinds = {each.name: each.type for each in msgspec.structs.fields(Settings)}
    there = [name for name in PLAIN if draft.data.get(name) is not None]
    found = {name: bind(kinds[name], (name,), draft) for name in there}
    return {name: value for name, value in found.items() if value is not WRONG}


def bind_collectors(draft: Draft) -> list[tuple[Where, CollectorSettings]]:
    bound = [(where, bind_typed(COLLECTORS, where, draft)) for where in entries(draft, "collectors")]
    return [(where, settings) for where, settings in bound if settings is not WRONG]


def bind_rules(draft: Draft) -> list[tuple[Where, RuleSettings]]:
    bound = [(where, bind(RuleSettings, where, draft)) for where in entries(draft, "rules")]
    return [(where, settings) for where, settings in bound if settings is not WRONG]


def bind_mute(draft: Draft) -> list[tuple[Where, Mute]]:
    bound = [(where, bind(Mute, where, draft)) for where in entries(draft, "mute")]
    return [(where, mute) for where, mute in bound if mute is not WRONG]


def bind_channels(draft: Draft) -> list[tuple[str, ChannelSettings]]:
    given = draft.data.get("channels")
    if given is not None and not isinstance(given, dict):
        draft.wrong(("channels",), f"{shown(given)} is no group of channels", "write lines such as log: {}")
    names = given if isinstance(given, dict) else ()
    bound = [(name, bind_typed(CHANNELS, ("channels", name), draft, usual=name)) for name in names]
    return [(name, settings) for name, settings in bound if settings is not WRONG]


def entries(draft: Draft, section: str) -> list[Where]:
    given = draft.data.get(section)
    if given is not None and not isinstance(given, list):
        draft.wrong((section,), f"{shown(given)} is no list", "begin each entry with a dash and a space")
    return draft.entries(section)


def bind_typed(kinds: Kinds, where: Where, draft: Draft, usual: str = "") -> Any:
    """An entry whose `type` says what it is; `usual` is the type where none is written."""
    given = draft.at(where)
    if given is None and usual in kinds:  # `log:` with nothing behind it
        given = draft.data["channels"][usual] = {}
    if not isinstance(given, dict):
        draft.wrong(
            where, f"{shown(given)} is no group of settings", f"write type: {either(kinds)}, and more"
        )
        return WRONG
    kind = given.get("type", usual)
    if isinstance(kind, str) and kind in kinds:
        found = kinds[kind]
        bound = bind_struct(found.settings_class, where, draft)
        return bind_plugin(bound, where, draft) if isinstance(bound, PluginSettings) else bound
    if "type" in given:
        draft.wrong((*where, "type"), f"{shown(kind)} is no type there is", advice(str(kind), kinds))
    else:
        draft.wrong((*where, "type"), "is missing", f"write type: {either(kinds)}")
    return WRONG
