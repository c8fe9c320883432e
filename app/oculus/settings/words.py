"""What is wrong with a value, and what would be right, in words instead of types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from msgspec import inspect

from oculus.core.durations import Duration
from oculus.core.fields import Size
from oculus.core.nearest import did_you_mean
from oculus.core.secret import Secret

FEW = 3  # names that are offered for one
ELSEWHERE = {  # what other tools, or other entries, call it
    "url": "target", "address": "target", "host": "target", "target": "url", "keyword": "expect_body",
    "port": "target", "expr": "condition", "query": "sql", "labels": "tags", "notify": "channels",
}  # fmt: skip
NOUNS = {
    Duration: "a length of time such as 500ms, 30s, 2m, 1h or 7d",
    Size: "a size such as 256MB or 4GiB",
    Secret: "text",
}


def advice(name: str, known: Iterable[str], none: str = "there is none yet") -> str:
    """What to write instead of an unknown name."""
    names = list(known)
    return did_you_mean(str(name), names) or (f"write {either(names)}" if names else none)


def setting_like(name: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown setting: how other tools call it and its words count, too."""
    names = list(known)
    asked = set(name.lower().split("_"))
    near = [each for each in names if ELSEWHERE.get(name.lower()) == each]
    near = near or [each for each in names if asked <= (own := set(each.split("_"))) or own <= asked]
    return f"did you mean {either(near)}?" if 0 < len(near) <= FEW else advice(name, names)


def either(names: Iterable[str]) -> str:
    """a, b or c."""
    *most, last = list(names) or [""]
    return f"{', '.join(most)} or {last}" if most else last


def shown(value: Any) -> str:
    """A value as a message shows it, short enough for a line."""
    if isinstance(value, dict):
        return "a group of settings"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:56]}...{text[-1]}"


def fault(value: Any, kind: Any, said: str) -> tuple[str, str]:
    """What is wrong and what to write instead, from what msgspec `said` about `value` as a `kind`."""
    info = inspect.type_info(kind)
    if not said.startswith(("Expected", "Invalid", "Integer")):  # one of our own readers, in words already
        what, _, hint = re.sub(r" - at `\$.*`$", "", said).partition("; ")
        return what, hint or f"write {noun(info)}"
    choices = choices_of(info)
    if choices and isinstance(value, str):
        return f"{shown(value)} is not known here", advice(value, choices)
    bound = re.match(r"Expected `\w+` (of length )?([<>m])", said)
    if value in ("", []) and bound:
        return "is empty", f"write {noun(info)}"
    if bound:
        return f"{shown(value)} {BOUNDS[bound[2], bool(bound[1])]}", f"write {noun(info)}"
    return unlike(value, kind)


def unlike(value: Any, kind: Any) -> tuple[str, str]:
    """The fault of a value that is of another kind altogether."""
    info = inspect.type_info(kind)
    plain = bare(info)
    hint = f"write {noun(info)}"
    if isinstance(plain, inspect.StrType) and isinstance(value, int | float):
        hint = f'put it in quotes: "{value}"'
    if isinstance(plain, inspect.ListType | inspect.VarTupleType) and isinstance(value, str):
        hint = "put it in brackets: [...]"
    return f"{shown(value)} is not {rough(plain)}", hint


BOUNDS = {
    (">", False): "is too small",
    ("<", False): "is too large",
    (">", True): "is too short",
    ("<", True): "is too long",
    ("m", False): "does not have the right form",
}
WHOLE = {inspect.BoolType: "true or false", inspect.NoneType: "nothing", inspect.AnyType: "anything"}
ROUGH = {
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.StrType: "text",
    inspect.BoolType: "a yes or no",
    inspect.ListType: "a list",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a group of settings",
    inspect.StructType: "a group of settings",
}


def rough(info: inspect.Type) -> str:
    """The kind of a value, without its limits."""
    return (
        NOUNS[info.cls]
        if isinstance(info, inspect.CustomType) and info.cls in NOUNS
        else ROUGH.get(type(info), "what belongs here")
    )


def choices_of(info: inspect.Type) -> list[str]:
    """The words to choose from, where there are but a few."""
    plain = bare(info)
    if isinstance(plain, inspect.EnumType):
        return [str(member.value) for member in plain.cls]
    return [str(value) for value in plain.values] if isinstance(plain, inspect.LiteralType) else []


def bare(info: inspect.Type) -> inspect.Type:
    """Without descriptions and examples."""
    return bare(info.type) if isinstance(info, inspect.Metadata) else info


@singledispatch
def noun(info: Any) -> str:
    """What is wanted: "a whole number from 0 to 65535"."""
    return WHOLE.get(type(info), "something else")


@noun.register
def _(info: inspect.Metadata) -> str:
    extra = info.extra_json_schema or {}
    examples = extra.get("examples")
    plain = noun(info.type)
    if examples and isinstance(info.type, inspect.StrType):
        return f"{plain} such as {either(map(str, examples))}"
    if isinstance(info.type, inspect.StrType) and info.type.pattern and "description" in extra:
        return uncapped(extra["description"])
    return plain


@noun.register
def _(info: inspect.IntType) -> str:
    return f"a whole number{limits(info)}"


@noun.register
def _(info: inspect.FloatType) -> str:
    return f"a number{limits(info)}"


@noun.register
def _(info: inspect.StrType) -> str:
    return f"text{lengths(info, 'characters')}"


@noun.register
def _(info: inspect.LiteralType) -> str:
    return either(choices_of(info))


@noun.register
def _(info: inspect.EnumType) -> str:
    return either(choices_of(info))


@noun.register
def _(info: inspect.ListType | inspect.VarTupleType) -> str:
    return f"a list{lengths(info, 'entries')}, each {noun(info.item_type)}"


@noun.register
def _(info: inspect.DictType) -> str:
    return f"lines of the form name: value, each value {noun(info.value_type)}"


@noun.register
def _(info: inspect.StructType) -> str:
    names = sorted(info.fields, key=lambda field: not field.required)  # what must be there comes first
    most = [field.encode_name for field in names[:6]]
    return f"a group of settings ({', '.join(most)}{', ...' if len(names) > 6 else ''})"


@noun.register
def _(info: inspect.CustomType) -> str:
    return NOUNS.get(info.cls, "text")


@noun.register
def _(info: inspect.UnionType) -> str:
    return either(noun(each) for each in info.types if not isinstance(each, inspect.NoneType))


def limits(info: inspect.IntType | inspect.FloatType) -> str:
    least, most = info.ge, info.le
    if info.gt is not None:
        return f" above {info.gt:g}" if most is None else f" above {info.gt:g}, at most {most:g}"
    if least is not None:
        return f" from {least:.15g} to {most:.15g}" if most is not None else f", at least {least:.15g}"
    return f", at most {most:.15g}" if most is not None else ""


def lengths(info: Any, of: str) -> str:
    least, most = info.min_length, info.max_length
    if least is not None and most is not None:
        return f" of {least} to {most} {of}"
    if most is not None:
        return f" of at most {most} {of}"
    return f" of at least {least} {of}" if least and least > 1 else " that is not empty" if least else ""


def uncapped(sentence: str) -> str:
    """A description inside a sentence: no capital first letter, no full stop."""
    first = sentence[:1] if sentence[1:2].isupper() else sentence[:1].lower()
    return (first + sentence[1:]).rstrip(".")
