"""JSON bodies, read into the structs that the routes declare. Every mistake names its field."""

from __future__ import annotations

import re
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect

from oculus.settings.bind import fields_of, members_of
from oculus.settings.words import bare, choices_of, either, fault, shown
from oculus.web.api.params import WHERE, instead, told
from oculus.web.errors import HttpError, bad_request

T = TypeVar("T", bound=msgspec.Struct)

UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(.*)`")
UNLIKE = re.compile(r"Expected `[^`]*`, got `[^`]*`")
STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
NOUNS: dict[type, str] = {
    inspect.StrType: "text", inspect.IntType: "a whole number", inspect.FloatType: "a number",
    inspect.BoolType: "true or false", inspect.NoneType: "null", inspect.ListType: "a list",
    inspect.DictType: "an object", inspect.StructType: "an object",
}  # fmt: skip


def read_body(kind: type[T], body: bytes) -> T:
    """The JSON body as a `kind`. Raises HttpError 400."""
    try:
        given = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise bad_request("The body is not JSON", f"{error}") from error
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise in_words(kind, given, str(error)) from error


def in_words(kind: type[msgspec.Struct], given: Any, said: str) -> HttpError:
    """What is wrong with what was `given`, from what msgspec `said` about it."""
    match = WHERE.fullmatch(said)
    what, path = (match[1], match[2]) if match else (said, "")
    wanted, value, place = follow(kind, given, path)
    if unknown := UNKNOWN.fullmatch(what):
        hint = instead(unknown[1], fields_of(struct_in(wanted)))
        return bad_request(f"{below(place, unknown[1])}: there is no such field", hint)
    if missing := MISSING.fullmatch(what):
        field = fields_of(struct_in(wanted))[missing[1]]
        return told(f"{below(place, missing[1])}:", "is missing", f"write {noun(field.type)}")
    about = f"{place or 'the body'}:"
    if "[...]" in path:  # in an object with names of its own, which msgspec does not tell
        return bad_request(f"{about} one of its values is of another kind")
    if UNLIKE.fullmatch(what):
        return bad_request(f"{about} {in_json(value)} is not {noun(wanted)}")
    return told(about, *fault(value, wanted, what))


def follow(kind: Any, given: Any, path: str) -> tuple[Any, Any, str]:
    """What is wanted, what is there, and how it is called: at `path`, or as far as that is declared."""
    place = ""
    for name, number in STEP.findall(path):
        inner = struct_in(kind) if name else list_in(kind)
        if inner is None:
            break
        if name:
            kind, given, place = fields_of(inner)[name].type, given[name], below(place, name)
        else:
            kind, given, place = get_args(inner)[0], given[int(number)], f"{place}[{number}]"
    return kind, given, place


def struct_in(kind: Any) -> Any:
    """The struct that may stand for `kind`; None when none may."""
    types = [each for each in members_of(kind) if isinstance(each, type)]
    return next((each for each in types if issubclass(each, msgspec.Struct)), None)


def list_in(kind: Any) -> Any:
    return next((each for each in members_of(kind) if get_origin(each) is list), None)


def below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def noun(kind: Any) -> str:
    """What is wanted: "a list, an object or null"."""
    info = bare(inspect.type_info(kind))
    parts = info.types if isinstance(info, inspect.UnionType) else (info,)
    return either(name_of(bare(part)) for part in parts)


def name_of(info: inspect.Type) -> str:
    choices = choices_of(info)
    return either(choices) if choices else NOUNS.get(type(info), "what belongs there")


def in_json(value: Any) -> str:
    return "an object" if isinstance(value, dict) else "null" if value is None else shown(value)
