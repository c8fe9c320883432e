"""What an answer should be like, and in what it is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import jmespath
import msgspec
from jmespath.exceptions import JMESPathError
from msgspec import Meta, Struct

from oculus.collectors.network.exchange import KEPT, Reply
from oculus.core.outside import NOT_JSON, text_in
from oculus.core.pattern import Pattern

RANGE = re.compile(r"\s*([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?\s*")
SHOWN = 60  # characters of a value in a message


class ExpectJson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What should stand at one place of a JSON body."""

    path: Annotated[
        str, Meta(description="Where to look, in JMESPath: status, data.items[0].id", min_length=1)
    ]
    equals: Annotated[Any, Meta(description="What should stand there.")]

    def __post_init__(self) -> None:
        try:
            jmespath.compile(self.path)
        except JMESPathError as error:
            reason = " ".join(str(error).split())
            raise ValueError(
                f"path {self.path!r} is not JMESPath: {reason}; write one such as data.state"
            ) from error


class Expectations:
    """All that an answer is held against."""

    def __init__(self, status: Sequence[int | str], body: str, json: ExpectJson | None) -> None:
        self._status = [status_range(part) for part in status]
        self._status_text = ", ".join(map(str, status))
        self._body_text = body
        self._body = body_test(body)
        self._json = json

    def broken(self, reply: Reply) -> list[str]:
        """What is wrong with `reply`, in words; empty when all is as it should be."""
        checks = (self._wrong_status(reply), self._wrong_body(reply), self._wrong_json(reply))
        return [wrong for wrong in checks if wrong]

    def _wrong_status(self, reply: Reply) -> str:
        if any(low <= reply.status <= high for low, high in self._status):
            return ""
        return f"answered {short(f'{reply.status} {reply.reason}')}, expected {self._status_text}"

    def _wrong_body(self, reply: Reply) -> str:
        try:
            if self._body is None or self._body(text_of(reply)):
                return ""
        except ValueError as error:  # nobody knows, and saying nothing would say that all is well
            return str(error)
        part = f"the first {KEPT >> 20} MiB of its body" if reply.size > KEPT else "its body"
        return f"{part} does not have {short(self._body_text)}"

    def _wrong_json(self, reply: Reply) -> str:
        if self._json is None:
            return ""
        if reply.size > KEPT:
            return f"its body is longer than {KEPT >> 20} MiB, too long to be read as JSON"
        try:  # also what can be read may lie too deep to be searched or shown
            return wrong_place(self._json, msgspec.json.decode(reply.body.removeprefix(b"\xef\xbb\xbf")))
        except NOT_JSON:
            return "its body is not JSON"


def wrong_place(wanted: ExpectJson, body: Any) -> str:
    """In what a JSON body is not as expected; "" when it is."""
    try:
        found = jmespath.search(wanted.path, body)
    except JMESPathError as error:
        return f"{wanted.path} cannot be found in its body: {short(error)}"
    if same(found, wanted.equals):
        return ""
    return f"{wanted.path} is {short(shown(found))}, expected {short(shown(wanted.equals))}"


def status_range(given: int | str) -> tuple[int, int]:
    """200 or "200-299" as (lowest, highest). Raises ValueError in words."""
    match = RANGE.fullmatch(str(given))
    if match is None:
        raise ValueError(f"{given!r} is not a status; write 200 or 200-299")
    low, high = int(match[1]), int(match[2] or match[1])
    if low > high:
        raise ValueError(f"{given!r} runs backwards; write {high}-{low}")
    return low, high


def body_test(text: str) -> Callable[[str], bool] | None:
    """Whether a body has `text`, between slashes a regular expression; None when nothing is expected.

    Raises ValueError when it is none, and so does the test when it would take too long.
    """
    if not text:
        return None
    if len(text) < 3 or not (text.startswith("/") and text.endswith("/")):
        return lambda body: text in body
    try:
        pattern = Pattern(text[1:-1])
    except ValueError as error:
        raise ValueError(f"{text} is not a regular expression: {error}") from error
    return lambda body: pattern.search(body) is not None


def text_of(reply: Reply) -> str:
    return text_in(reply.body, reply.headers.get_content_charset("utf-8"))


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: to Python, true would be 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def shown(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def short(value: object) -> str:
    text = " ".join(
        "".join(letter for letter in str(value) if letter.isprintable() or letter.isspace()).split()
    )
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
