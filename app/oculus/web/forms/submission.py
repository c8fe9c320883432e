"""What was sent from a form, as it would stand in a settings file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct, inspect

from oculus.settings.read_yaml import read_yaml
from oculus.web.errors import bad_request
from oculus.web.forms.fields import Field, at, fields_of, hides, kernel
from oculus.web.forms.secrets import has_dots, restored

MOST_FIELDS = 1000  # each box that is ticked is one


class Submission(Struct, frozen=True):
    """`mistakes` by field: what could not even be read."""

    data: dict[str, Any]
    mistakes: dict[str, str]


def sent(body: bytes) -> dict[str, str]:
    """The form's fields by name; of several with one name, a line for each. Raises HttpError 400."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise bad_request("The form cannot be read", "Send it as UTF-8.") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return {name: "\n".join(values) for name, values in fields.items()}


def read_form(kind: type[Struct], given: Mapping[str, str], before: Mapping[str, Any]) -> Submission:
    """Only what differs from the usual is kept; secrets that were left alone come from `before`."""
    data: dict[str, Any] = {}
    mistakes: dict[str, str] = {}
    for field, info in fields_of(kind):
        try:
            value = read_field(field, kernel(info.type), given)
        except ValueError as error:
            mistakes[field.name] = str(error)
            continue
        if value is None:
            continue
        value = restored(value, at(before, field.name), field.name, hides(info.type))
        if has_dots(value):
            mistakes[field.name] = "the dots stand for nothing here; write it anew"
        put(data, field.name, value)
    return Submission(data, mistakes)


def put(data: dict[str, Any], name: str, value: Any) -> None:
    """Write it under a field's name."""
    group, within, part = name.partition(".")
    if within:
        data.setdefault(group, {})[part] = value
    else:
        data[group] = value


def read_field(field: Field, plain: inspect.Type, given: Mapping[str, str]) -> Any:
    """None when nothing is to be written. Raises ValueError."""
    if field.kind == "switch":
        # A box that is not ticked is not sent, so the form sends "off" before it.
        on = given.get(field.name, "on" if field.on else "off").endswith("on")
        return None if on is field.on else on
    if field.kind == "ticks":
        return ticks(field, given.get(field.name))
    text = given.get(field.name, "")
    if field.kind != "area":
        text = text.strip()
    if not text.strip():
        return None
    if field.kind == "number":
        return scalar(text)
    if field.kind == "lines":
        whole = [line.strip() for line in text.splitlines() if line.strip()]
        item = kernel(getattr(plain, "item_type", plain))
        return whole if isinstance(item, inspect.StrType) else [scalar(line) for line in whole]
    return group(text) if field.kind == "group" else text


def ticks(field: Field, text: str | None) -> list[str] | None:
    """The form sends an empty line even when no box is ticked: to choose none is a choice."""
    if text is None:
        return None
    names = [line for line in text.split("\n") if line]
    return None if names == field.usual.splitlines() else names


def scalar(text: str) -> Any:
    """A number where it is one, else the text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def group(text: str) -> Any:
    """YAML. Raises ValueError with the line."""
    draft = read_yaml(f"value:\n{indented(text)}", "")
    if draft.problems:
        first = draft.problems[0]
        what = f"line {max(1, first.place.line - 1)}: {first.what}"
        raise ValueError(f"{what}; {first.hint}" if first.hint else what)
    return draft.data.get("value")


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
