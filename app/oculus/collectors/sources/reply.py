"""What is asked, what is answered, and when the answer is one that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses
from typing import Any

import msgspec
from msgspec import Struct, field

from oculus.collectors.sources.complaints import said
from oculus.core.errors import BadAnswer, SourceError
from oculus.core.outside import NOT_JSON, text_in

BODY_LIMIT = 8 * 2**20  # bytes; sixteen years of daily numbers are 600 kB
HTML = ("text/html", "application/xhtml+xml")


class Refused(SourceError):
    """The provider is well, but what was asked for does not exist there, or not for us. Has `status`."""

    def __init__(self, source: str, status: int, message: str) -> None:
        phrase = f"answered {status} {responses.get(status, '')}".rstrip()
        super().__init__(source, f"{phrase}: {message}" if message else phrase)
        self.status = status


class Unreached(SourceError):
    """No connection came about, so it has not been asked. Perhaps this machine is offline."""


class Unchanged(Exception):
    """The answer is the one of before, which is not here any more: there is nothing new."""


class Question(Struct, frozen=True, kw_only=True):
    """One question to a provider."""

    path: str  # below its base_url; a whole address for a provider without one
    params: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    json: bool = True  # whether anything but JSON is a failure
    limit: int = BODY_LIMIT
    verify: bool = True  # whether its certificate must be trusted
    whole: bool = False  # whether "as before" will not do where that answer is not here any more


class Reply(Struct, frozen=True, kw_only=True):
    """One answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """Its media type: "application/json"; "" when it does not say."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def text(self) -> str:
        charset = self.headers.get("content-type", "").lower().partition("charset=")[2]
        return text_in(self.body, charset.split(";")[0].strip(" \"'"))

    def json(self, source: str) -> Any:
        """Raises BadAnswer when it is not JSON, or only a part of it."""
        try:
            return msgspec.json.decode(self.body)
        except NOT_JSON as error:
            what = "is cut short" if "truncated" in str(error) else "is not JSON"
            raise BadAnswer(source, f"its answer {what}") from error

    def message(self) -> str:
        """What the body of an error says, if it says it in words for people."""
        try:
            return said(msgspec.json.decode(self.body))
        except NOT_JSON:
            text = self.text()
            return said(text) if len(text) < 300 and "<" not in text else ""


def speaks_json(kind: str) -> bool:
    """Whether a media type may hold JSON. Some say nothing, or text/plain, and mean JSON."""
    return kind in ("", "application/json", "text/json", "text/plain", "text/javascript",
                    "application/javascript") or kind.endswith("+json")  # fmt: skip
