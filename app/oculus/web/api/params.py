"""What callers write into an address, read into the structs of the routes. Every mistake has its name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from oculus.core.durations import parse_duration
from oculus.core.moments import parse_moment
from oculus.core.nearest import nearest
from oculus.settings.words import fault
from oculus.web.errors import HttpError, bad_request

T = TypeVar("T", bound=msgspec.Struct)

MOST_PARAMETERS = 50
WHERE = re.compile(r"(.*) - at `(?:key in )?\$\.?(.*)`", re.DOTALL)


def read_query(kind: type[T], text: str) -> T:
    """The query string as a `kind`. A field `tags` takes every `tags.<key>=`. Raises HttpError 400."""
    fields = fields_of(kind)
    given: dict[str, object] = {}
    tags: dict[str, str] = {}
    for name, value in pairs(text):
        if "tags" in fields and name.startswith("tags.") and name != "tags.":
            tags[name.removeprefix("tags.")] = value
        elif name not in fields - {"tags"}:
            raise bad_request(f"{name}: there is no such parameter", instead(name, fields))
        else:
            given[name] = value
    if tags:
        given["tags"] = tags
    return convert(kind, given, strict=False)


@cache
def fields_of(kind: type[msgspec.Struct]) -> frozenset[str]:
    """The names of what `kind` takes; found out once, since that costs more than reading a request."""
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind))


def pairs(text: str) -> list[tuple[str, str]]:
    """Name and value of each parameter. Raises HttpError 400 when one comes twice."""
    try:
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise bad_request("The parameters cannot be read", f"At most {MOST_PARAMETERS}, in UTF-8.") from error
    for name, count in Counter(name for name, _ in found).items():
        if count > 1:
            raise bad_request(f"{name}: given {count} times", "Give it once.")
    return found


def convert(kind: type[T], given: dict[str, object], *, strict: bool) -> T:
    try:
        return msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise in_words(kind, given, str(error)) from error


def in_words(kind: type[msgspec.Struct], given: Mapping[str, object], said: str) -> HttpError:
    """What is wrong with a parameter, as the settings say it of a setting."""
    match = WHERE.fullmatch(said)
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    if match is None or match[2] not in fields:
        return bad_request(placed(said))
    return told(f"{match[2]}:", *fault(given[match[2]], fields[match[2]], said))


def told(about: str, what: str, hint: str) -> HttpError:
    """A mistake and its remedy, which is a sentence of its own here."""
    end = "" if hint.endswith("?") else "."
    return bad_request(f"{about} {what}", f"{hint[:1].upper()}{hint[1:]}{end}")


def placed(message: str) -> str:
    """msgspec's words with the name in front: "limit: expected `int` <= 1000"."""
    match = WHERE.fullmatch(message)
    if match is None or not match[2]:
        return message
    return f"{match[2]}: {match[1][:1].lower()}{match[1][1:]}"


def instead(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f"Did you mean {near}?" if near else f"Known here: {', '.join(sorted(known)) or 'none'}."


def moment(name: str, text: str, now_ms: int) -> int | None:
    """`15m` (that long ago) or an ISO 8601 time, in UTC ms; None when empty. Raises HttpError 400."""
    if not text:
        return None
    try:
        return parse_moment(text.replace(" ", "+"), now_ms)  # a + in an address arrives as a space
    except ValueError as error:
        raise bad_request(f"{name}: {error}") from error


def duration_ms(name: str, text: str) -> int:
    """`24h` in ms. Raises HttpError 400."""
    try:
        return parse_duration(text).ms
    except ValueError as error:
        raise bad_request(f"{name}: {error}") from error
