"""What can be set for an object, as the fields of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, inspect

from oculus.core.secret import Secret
from oculus.settings.show import as_text
from oculus.settings.words import bare, uncapped
from oculus.settings.write import plain_yaml
from oculus.web.forms.secrets import veiled_where_stored

FRONT = frozenset(
    ("name", "condition", "for", "severity", "message", "channels", "interval", "days", "from", "to")
)
LONG = frozenset(("sql", "message", "body"))  # texts of several lines
RANKED = frozenset(("fallback",))  # lists whose order counts
LETTERS = frozenset(("api", "ca", "id", "json", "smtp", "sql", "tls", "ts", "url"))  # spelt, not spoken
LISTS = (inspect.ListType, inspect.VarTupleType)
Known = Mapping[str, Sequence[str]]  # channels and rules: the names there are
NOBODY: Known = {}
SCALARS = (inspect.StrType, inspect.IntType, inspect.FloatType, inspect.LiteralType, inspect.EnumType)


class Field(Struct, frozen=True, kw_only=True):
    """One line of a form.

    `kind`: text, number, moment, secret, choice, ticks (of many choices), switch, lines, area, group (YAML).
    """

    name: str
    label: str
    help: str
    kind: str
    required: bool
    usual: str  # what counts when nothing is written
    front: bool  # shown at once, not among the further ones
    choices: tuple[str, ...] = ()
    value: str = ""
    on: bool = False  # of a switch
    mistake: str = ""


def fields_of(kind: type[Struct], known: Known = NOBODY) -> Iterator[tuple[Field, inspect.Field]]:
    """Every setting of `kind`, empty, those of a group each by itself: escalate.after.

    `known`: the names that lists of them may hold.
    """
    for field in settings_of(kind):
        group = kernel(field.type)
        if not isinstance(group, inspect.StructType):
            yield field_of(field, known), field
            continue
        whole = field_of(field, known)
        for inner in settings_of(group.cls):
            yield part_of(whole, field_of(inner, known)), inner
            whole = msgspec.structs.replace(whole, help="")  # which stands beside its first part


def part_of(whole: Field, part: Field) -> Field:
    """A setting of a group, which may be left out."""
    return msgspec.structs.replace(
        part,
        name=f"{whole.name}.{part.name}",
        label=f"{whole.label}: {uncapped(part.label)}",
        help=f"{whole.help} {part.help}".strip(),
        required=False,
        front=False,
    )


def settings_of(kind: type[Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return info.fields


def field_of(field: inspect.Field, known: Known) -> Field:
    meaning = (getattr(field.type, "extra_json_schema", None) or {}).get("description", "")
    extra = getattr(field.type, "extra", None) or {}
    plain = kernel(field.type)
    return Field(
        name=field.encode_name,
        label=spoken(field.encode_name),
        help=meaning,
        kind=extra.get("kind") or ("ticks" if "names" in extra else widget(field.encode_name, plain)),
        required=field.required,
        usual=written(usual(field)),
        choices=tuple(known.get(extra["names"], ())) if "names" in extra else choices(plain),
        on=usual(field) is True,
        front=field.required or field.encode_name in FRONT or "front" in extra,
    )


def at(data: Mapping[str, Any], name: str) -> Any:
    """What is written under a field's name; None where nothing is."""
    group, within, part = name.partition(".")
    found = data.get(group)
    return (found.get(part) if isinstance(found, Mapping) else None) if within else found


def spoken(name: str) -> str:
    """A setting's name as a label has it: Bot token, URL, CA file."""
    words = [word.upper() if word in LETTERS else word for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def filled(
    kind: type[Struct],
    data: Mapping[str, Any],
    stored: Mapping[str, Any],
    mistakes: Mapping[str, str],
    known: Known = NOBODY,
) -> list[Field]:
    """The fields with what stands in `data`. Secrets that are `stored` already are veiled."""
    made = []
    for field, info in fields_of(kind, known):
        given = at(data, field.name)
        shown = veiled_where_stored(given, at(stored, field.name), field.name, hides(info.type))
        changed: dict[str, Any] = {"mistake": mistakes.get(field.name, "")}
        if given is not None:
            changed |= {"value": written(shown), "on": given is True}
        if given is not None or changed["mistake"]:
            changed["front"] = True
        if field.kind == "ticks":
            changed |= ticked(field, given)
        made.append(msgspec.structs.replace(field, **changed))
    return sorted(made, key=lambda field: (not field.required, field.kind != "moment"))


def ticked(field: Field, given: Any) -> dict[str, Any]:
    """What is ticked, and the boxes; a name that is known no more keeps its box while it is written."""
    chosen = field.usual if given is None else written(given)
    more = [name for name in chosen.splitlines() if name not in field.choices]
    return {"value": chosen, "choices": (*field.choices, *more)}


def widget(name: str, plain: inspect.Type) -> str:
    if isinstance(plain, inspect.BoolType):
        return "switch"
    if isinstance(plain, inspect.LiteralType | inspect.EnumType):
        return "choice"
    if isinstance(plain, inspect.CustomType):
        return "secret" if plain.cls is Secret else "text"
    if isinstance(plain, inspect.IntType | inspect.FloatType):
        return "number"
    if isinstance(plain, LISTS) and all(isinstance(each, SCALARS) for each in parts(kernel(plain.item_type))):
        return "ticks" if choices(plain) and name not in RANKED else "lines"
    if isinstance(plain, inspect.StrType):
        return "area" if name in LONG else "text"
    if isinstance(plain, inspect.UnionType) and all(isinstance(each, SCALARS) for each in plain.types):
        return "number"
    return "group"


def kernel(info: inspect.Type) -> inspect.Type:
    """The type itself: without its description, and without the None of what may be left out."""
    plain = bare(info)
    if isinstance(plain, inspect.UnionType):
        left = [each for each in plain.types if not isinstance(each, inspect.NoneType)]
        return kernel(left[0]) if len(left) == 1 else plain
    return plain


def hides(info: inspect.Type) -> bool:
    """Whether all that stands there is secret."""
    plain = kernel(info)
    if isinstance(plain, inspect.CustomType):
        return plain.cls is Secret
    inner = getattr(plain, "value_type", None) or getattr(plain, "item_type", None)
    return inner is not None and hides(inner)


def parts(plain: inspect.Type) -> tuple[inspect.Type, ...]:
    return plain.types if isinstance(plain, inspect.UnionType) else (plain,)


def choices(plain: inspect.Type) -> tuple[str, ...]:
    if isinstance(plain, LISTS):
        return choices(kernel(plain.item_type))
    if isinstance(plain, inspect.LiteralType):
        return tuple(str(value) for value in plain.values)
    if isinstance(plain, inspect.EnumType):
        return tuple(str(member.value) for member in plain.cls)
    return ()


def usual(field: inspect.Field) -> Any:
    """Its default as it would be written; None when there is none."""
    default = field.default
    if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return None if default is msgspec.NODEFAULT else msgspec.to_builtins(default, enc_hook=as_text)


def written(value: Any) -> str:
    """A value as it stands in its field."""
    if value is None or value in ([], {}, ()):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple) and all(isinstance(each, str | int | float) for each in value):
        return "\n".join(str(each) for each in value)
    return plain_yaml(value).rstrip("\n") if isinstance(value, dict | list) else str(value)
