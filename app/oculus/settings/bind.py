"""From plain data to settings, collecting every mistake on the way."""

from __future__ import annotations

import math
import re
import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo

from oculus.core.fields import read_special
from oculus.core.secret import Secret
from oculus.settings.draft import Draft, Where
from oculus.settings.words import bare, fault, noun, setting_like, uncapped, unlike

WRONG: Any = msgspec.UNSET  # stands for a value whose mistake has been noted
# Weakly, for a plugin brings another class each time that it changes.
_fields: WeakKeyDictionary[type[Struct], dict[str, FieldInfo]] = WeakKeyDictionary()
TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def bind(kind: Any, where: Where, draft: Draft) -> Any:
    """What stands at `where`, as a `kind`; WRONG when it cannot be, and then draft.problems says why."""
    given = draft.at(where)
    if where in draft.lost:
        return WRONG
    if given is None and takes_none(kind):
        return None
    members = members_of(kind)
    if len(members) > 1:
        return bind_union(kind, members, where, draft)
    plain, holder = members[0], get_origin(members[0]) or members[0]
    if isinstance(holder, type) and issubclass(holder, Struct):
        return bind_struct(holder, where, draft)
    if holder in (list, tuple) and isinstance(given, list):
        return bind_list(kind, plain, where, draft)
    if holder is dict and isinstance(given, dict):
        return bind_dict(kind, plain, where, draft)
    return bind_leaf(kind, plain, where, draft)


def fields_of(kind: type[Struct]) -> dict[str, FieldInfo]:
    """What can be set, by the names that are written."""
    found = _fields.get(kind)
    if found is None:
        found = _fields[kind] = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    return found


def bind_struct(kind: type[Struct], where: Where, draft: Draft) -> Any:
    given = draft.at(where)
    if not isinstance(given, Mapping):
        draft.wrong(where, *unlike(given, kind))
        return WRONG
    known = fields_of(kind)
    before = len(draft.problems)
    for name in (name for name in given if name not in known and name != kind.__struct_config__.tag_field):
        draft.wrong((*where, name), "no such setting", setting_like(str(name), known))
    values = {}
    for name, field in known.items():
        if given.get(name) is not None or (name in given and takes_none(field.type)):
            values[field.name] = bind(field.type, (*where, name), draft)
        elif field.required:  # `name:` with nothing behind it counts as not written
            draft.wrong((*where, name), "is missing", f"write {name}: {meaning(field)}")
    built = made(kind, values, where, draft)
    return built if len(draft.problems) == before else WRONG


def made(kind: type[Struct], values: dict[str, Any], where: Where, draft: Draft) -> Any:
    """A struct of the parts that are sound. It may still find that they do not go together.

    With a part that is wrong it is only made for what else it finds, so that every mistake is told at once.
    """
    known = fields_of(kind)
    wrong = [name for name, field in known.items() if values.get(field.name) is WRONG]
    sound = {name: value for name, value in values.items() if value is not WRONG}
    texts = {known[name].name: plain_text(known[name], (*where, name), draft) for name in wrong}
    sound |= {name: text for name, text in texts.items() if text is not None}
    if any(field.required and field.name not in sound for field in known.values()):
        return WRONG
    try:
        built = kind(**sound)
    except (ValueError, TypeError) as error:
        names = "|".join(known)
        for said in re.split(rf"; (?=(?:{names}) )", str(error)):  # each begins with the setting it is about
            if not any(re.search(rf"\b{name}\b", said) for name in wrong):  # its default is not to blame
                note(said, names, where, draft)
        return WRONG
    return WRONG if wrong else built


def plain_text(field: FieldInfo, where: Where, draft: Draft) -> str | None:
    """A text as it was written, though something is wrong with it; None for what is no text."""
    given = draft.at(where)
    return given if members_of(field.type) == [str] and isinstance(given, str) else None


def note(said: str, names: str, where: Where, draft: Draft) -> None:
    """One mistake that a struct found: "interval 3ms is too short; write 1s or more"."""
    about, _, rest = said.partition(" ")
    of_one = re.fullmatch(names, about)
    what, _, hint = (rest if of_one else said).partition("; ")
    draft.wrong((*where, about) if of_one else where, what, hint)


def bind_list(kind: Any, plain: Any, where: Where, draft: Draft) -> Any:
    item = (get_args(plain) or (Any,))[0]
    found = [bind(item, (*where, number), draft) for number in range(len(draft.at(where)))]
    return WRONG if WRONG in found else whole(kind, found, where, draft)


def bind_dict(kind: Any, plain: Any, where: Where, draft: Draft) -> Any:
    _, value = get_args(plain) or (str, Any)
    found = {name: bind(value, (*where, name), draft) for name in draft.at(where)}
    return WRONG if WRONG in found.values() else whole(kind, found, where, draft)


def whole(kind: Any, found: Any, where: Where, draft: Draft) -> Any:
    """A list or a group whose parts are sound: its length and its names may be wrong still."""
    try:
        return msgspec.convert(found, kind, dec_hook=read_special)
    except msgspec.ValidationError as error:
        draft.wrong(where, *fault(found, kind, str(error)))
        return WRONG


def bind_union(kind: Any, members: list[Any], where: Where, draft: Draft) -> Any:
    """The member that the value looks like: groups and lists by their shape, else whichever takes it."""
    given = draft.at(where)
    for member in members:
        if isinstance(given, dict | list) and shape(member) is type(given):
            return bind(member, where, draft)
    trial = [m for m in members if shape(m) is None]
    for member in trial:
        attempt = Draft(draft.data, draft.places, filled=draft.filled)
        found = bind(member, where, attempt)
        if not attempt.problems:
            return found
    draft.wrong(where, *unlike(given, kind))
    return WRONG


def bind_leaf(kind: Any, plain: Any, where: Where, draft: Draft) -> Any:
    given = draft.at(where)
    if isinstance(given, float) and not math.isfinite(given):
        draft.wrong(where, *unlike(given, kind))
        return WRONG
    value = fitting(given, plain, where, draft)
    if plain is Secret and not isinstance(value, str):
        draft.wrong(where, "is not text", 'put it in quotes: "..."')  # without the value: it is a secret
        return WRONG
    try:
        return msgspec.convert(value, kind, dec_hook=read_special, strict=where not in draft.filled)
    except msgspec.ValidationError as error:
        draft.wrong(where, *fault(value, kind, str(error)))
        return WRONG


def fitting(given: Any, plain: Any, where: Where, draft: Draft) -> Any:
    """`on` is true where a truth is wanted; an unquoted 1.10 is the text "1.10" where text is.

    Where anything may stand, a number is a number.
    """
    if plain is bool and isinstance(given, str):
        return TRUTHS.get(given.lower(), given)
    if plain not in (int, float, bool, Any) and isinstance(given, int | float):
        return draft.place(where).text or given
    return given


def members_of(kind: Any) -> list[Any]:
    """The types that may stand for `kind`, without descriptions and None."""
    if get_origin(kind) is Annotated:
        return members_of(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [each for each in get_args(kind) if each is not type(None)]
    return [kind]


def takes_none(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return takes_none(get_args(kind)[0])
    return type(None) in get_args(kind) or kind is Any


def shape(kind: Any) -> type | None:
    """dict, list, or None for what is neither."""
    plain = members_of(kind)[0]
    holder = get_origin(plain) or plain
    if holder is dict or (isinstance(holder, type) and issubclass(holder, Struct)):
        return dict
    return list if holder in (list, tuple, set, frozenset) else None


def meaning(field: FieldInfo) -> str:
    """What belongs into a setting: its kind, and what it says of itself."""
    info = msgspec.inspect.type_info(field.type)
    extra = getattr(info, "extra_json_schema", None) or {}
    said = uncapped(extra.get("description", ""))
    if isinstance(bare(info), msgspec.inspect.StrType) and said:
        return said
    return f"{noun(info)} ({said})" if said else noun(info)
