"""A module may import from floors below its own, and from its own folder; and other promises of the house."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec
import pytest

import oculus

HOUSE = Path(oculus.__file__).parent
FLOORS = [
    {"core"},
    {"collectors", "storage", "rules", "notify"},
    {"settings", "vitals", "plugin", "snoozes", "watch", "gaplog", "message_facts", "movers"}
    | {"reruns", "pins"},
    {"hints", "backtest_inputs"},
    {"backtests"},
    {"noise"},
    {"runtime"},
    {"desktop", "web"},
    {"doctor"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Libraries that only one room may know.
ROOMS = {
    "duckdb": "storage", "bottle": "web", "uvicorn": "web", "a2wsgi": "web",
    "pystray": "desktop", "webview": "desktop", "plyer": "desktop",
}  # fmt: skip
LONGEST = 300  # lines

MODULES = sorted(HOUSE.rglob("*.py"))


def room_of(module):
    return module.relative_to(HOUSE).with_suffix("").parts[0]


def imports(module):
    """Everything `module` imports, as dotted names; `from a import b` is a.b."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.relative_to(HOUSE)} imports relatively; write the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_rooms(module):
    return {name.split(".")[1] for name in imports(module) if name.startswith("oculus.")} & FLOOR.keys()


def test_the_house_has_been_found():
    assert len(MODULES) > 20


def test_every_room_is_on_a_floor():
    rooms = {room_of(module) for module in MODULES} - {"__init__"}
    assert rooms <= FLOOR.keys()


def test_nobody_imports_upwards_or_sideways():
    wrong = [
        f"{module.relative_to(HOUSE)} imports {other}"
        for module in MODULES
        for other in own_rooms(module)
        if room_of(module) in FLOOR
        if other != room_of(module) and FLOOR[other] >= FLOOR[room_of(module)]
    ]
    assert wrong == []


def test_a_foreign_library_is_known_in_one_room_only():
    wrong = [
        f"{module.relative_to(HOUSE)} imports {name}"
        for module in MODULES
        for name in imports(module)
        if ROOMS.get(name.split(".")[0], room_of(module)) != room_of(module)
    ]
    assert wrong == []


def test_no_module_is_longer_than_a_reader_can_hold():
    wrong = [
        f"{module.relative_to(HOUSE)}: {lines} lines"
        for module in MODULES
        if (lines := len(module.read_text("utf-8").splitlines())) > LONGEST
    ]
    assert wrong == []


def test_every_module_says_what_it_is():
    silent = [
        str(module.relative_to(HOUSE))
        for module in MODULES
        if module.stat().st_size and not ast.get_docstring(ast.parse(module.read_text("utf-8")))
    ]
    assert silent == []


def groups_of_settings():
    """Every struct that a person can write into a settings file."""
    from oculus.collectors import COLLECTORS
    from oculus.notify import CHANNELS
    from oculus.settings.schema import SECTIONS, Settings

    waiting = [kind.settings_class for kind in (*COLLECTORS.values(), *CHANNELS.values())]
    waiting += [field.type for field in msgspec.structs.fields(Settings) if field.name in SECTIONS]
    found = {}
    while waiting:
        info = msgspec.inspect.type_info(waiting.pop())
        for struct in structs_in(info):
            if struct.cls not in found:
                found[struct.cls] = struct
                waiting += [field.type for field in msgspec.structs.fields(struct.cls)]
    return found


def structs_in(info):
    if isinstance(info, msgspec.inspect.StructType):
        yield info
    for part in ("type", "item_type", "value_type", "types"):
        inner = getattr(info, part, ())
        for each in inner if isinstance(inner, tuple) else (inner,):
            yield from structs_in(each)


def test_every_setting_says_what_it_means():
    groups = groups_of_settings()
    silent = [
        f"{cls.__name__}.{field.encode_name}"
        for cls, struct in groups.items()
        for field in struct.fields
        if not (getattr(field.type, "extra_json_schema", None) or {}).get("description")
    ]
    assert len(groups) > 8
    assert silent == []


@pytest.mark.parametrize("promise", ["forbid_unknown_fields", "frozen"])
def test_every_group_of_settings_refuses_what_it_does_not_know_and_never_changes(promise):
    wrong = [cls.__name__ for cls in groups_of_settings() if not getattr(cls.__struct_config__, promise)]
    assert wrong == []
