"""The settings as JSON Schema (draft 2020-12), with which editors complete and check the files.

`python -m oculus.settings.schema_json` writes it to assets/config/oculus.schema.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import singledispatchmethod
from typing import Any

import msgspec
from msgspec import Struct, inspect

from oculus.collectors import COLLECTORS
from oculus.core.fields import describe_special
from oculus.core.paths import bundled
from oculus.core.secret import Secret
from oculus.notify import CHANNELS
from oculus.settings.schema import SECTIONS, Settings
from oculus.settings.show import as_text

LIMITS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
KEYWORDS = {
    "number": ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"),
    "string": (*[""] * 5, "minLength", "maxLength", "pattern"),
    "array": (*[""] * 5, "minItems", "maxItems"),
    "object": (*[""] * 5, "minProperties", "maxProperties"),
}
SIMPLE = {inspect.BoolType: {"type": "boolean"}, inspect.NoneType: {"type": "null"}}
FROM_ENVIRONMENT = {
    "description": "A value from the environment: ${NAME} or ${NAME:-default}.",
    "type": "string",
    "pattern": r"\$\{",
}


def schema() -> dict[str, Any]:
    """What a settings file may hold."""
    writer = Writer()
    info = inspect.type_info(Settings)
    assert isinstance(info, inspect.StructType)
    fields = {field.name: field for field in info.fields if field.name in SECTIONS}
    described = {
        "collectors": {
            "type": "array",
            "items": writer.entry(kind.settings_class for kind in COLLECTORS.values()),
        },
        "channels": {
            "type": "object",
            "properties": {name: writer.reference(kind.settings_class) for name, kind in CHANNELS.items()},
            "additionalProperties": writer.entry(kind.settings_class for kind in CHANNELS.values()),
        },
    }
    sections = {
        name: {**meta(field.type), **(described.get(name) or writer.field(field))}
        for name, field in fields.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Oculus settings",
        "description": Settings.__doc__,
        "type": "object",
        "properties": {name: empty_too(section) for name, section in sections.items()},
        "additionalProperties": False,
        "$defs": {"FromEnvironment": FROM_ENVIRONMENT, **dict(sorted(writer.defs.items()))},
    }


def empty_too(section: dict[str, Any]) -> dict[str, Any]:
    """`rules:` with nothing behind it counts as not written."""
    words: dict[str, Any] = {key: section.pop(key) for key in ("description", "default") if key in section}
    return {**words, "anyOf": [section, {"type": "null"}]}


class Writer:
    """Describes types, and keeps each group of settings once, under its name."""

    def __init__(self) -> None:
        self.defs: dict[str, Any] = {}

    def entry(self, kinds: Iterable[type[Struct]]) -> dict[str, Any]:
        """One of several groups; its `type` says which."""
        return {"type": "object", "required": ["type"], "anyOf": [self.reference(kind) for kind in kinds]}

    def reference(self, kind: type[Struct]) -> dict[str, Any]:
        if kind.__name__ not in self.defs:
            self.defs[kind.__name__] = {}  # before its fields, which may hold itself
            self.defs[kind.__name__] = self.group(kind)
        return {"$ref": f"#/$defs/{kind.__name__}"}

    def group(self, kind: type[Struct]) -> dict[str, Any]:
        info = inspect.type_info(kind)
        assert isinstance(info, inspect.StructType)
        tag = {info.tag_field: {"const": info.tag}} if info.tag_field else {}
        either = [{"required": [name]} for name in getattr(kind, "either", ())]
        return {
            "title": (kind.__doc__ or kind.__name__).partition("\n")[0],
            "type": "object",
            "properties": {**tag, **{field.encode_name: self.field(field) for field in info.fields}},
            "required": [field.encode_name for field in info.fields if field.required],
            "additionalProperties": False,
            **({"anyOf": either} if either else {}),
        }

    def field(self, field: inspect.Field) -> dict[str, Any]:
        described = dict(self.of(field.type))
        default = field.default
        if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if default is not msgspec.NODEFAULT and not isinstance(default, Struct | Secret):
            described["default"] = msgspec.to_builtins(default, enc_hook=as_text)
        return described

    def of(self, info: inspect.Type) -> dict[str, Any]:
        """The schema of one type, a reference to the environment included where the type is no text."""
        if isinstance(info, inspect.Metadata):
            return {**meta(info), **self.of(info.type)}
        plain = self.plain(info)
        text = plain.get("type") == "string" and not plain.keys() & {"pattern", "enum", "minLength"}
        if text or isinstance(info, GROUPS):
            return plain
        return {"anyOf": [plain, {"$ref": "#/$defs/FromEnvironment"}]}

    @singledispatchmethod
    def plain(self, info: Any) -> dict[str, Any]:
        return SIMPLE.get(type(info), {})

    @plain.register
    def _(self, info: inspect.CustomType) -> dict[str, Any]:
        return describe_special(info.cls)

    @plain.register
    def _(self, info: inspect.IntType | inspect.FloatType) -> dict[str, Any]:
        kind = "integer" if isinstance(info, inspect.IntType) else "number"
        return {"type": kind, **limits(info, "number")}

    @plain.register
    def _(self, info: inspect.StrType) -> dict[str, Any]:
        return {"type": "string", **limits(info, "string")}

    @plain.register
    def _(self, info: inspect.LiteralType) -> dict[str, Any]:
        return {"enum": list(info.values)}

    @plain.register
    def _(self, info: inspect.EnumType) -> dict[str, Any]:
        return {"enum": [member.value for member in info.cls]}

    @plain.register
    def _(self, info: inspect.ListType | inspect.VarTupleType) -> dict[str, Any]:
        return {"type": "array", "items": self.of(info.item_type), **limits(info, "array")}

    @plain.register
    def _(self, info: inspect.DictType) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.of(info.value_type), **limits(info, "object")}

    @plain.register
    def _(self, info: inspect.StructType) -> dict[str, Any]:
        return self.reference(info.cls)

    @plain.register
    def _(self, info: inspect.UnionType) -> dict[str, Any]:
        return {"anyOf": [self.of(each) for each in info.types]}


GROUPS = (
    inspect.StructType,
    inspect.ListType,
    inspect.VarTupleType,
    inspect.DictType,
    inspect.UnionType,
    inspect.NoneType,
    inspect.AnyType,
)


def meta(info: inspect.Type) -> dict[str, Any]:
    """The description and the examples of a setting."""
    return (info.extra_json_schema or {}) if isinstance(info, inspect.Metadata) else {}


def limits(info: Any, kind: str) -> dict[str, Any]:
    """What a value is held to, in the schema's words."""
    named = zip(LIMITS, KEYWORDS[kind], strict=False)
    found = {word: getattr(info, limit, None) for limit, word in named if word}
    return {word: value for word, value in found.items() if value is not None}


def text() -> str:
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    (bundled("assets", "config") / "oculus.schema.json").write_text(text(), "utf-8")


if __name__ == "__main__":
    main()
