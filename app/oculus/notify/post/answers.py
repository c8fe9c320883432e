"""What services answer: how long they want to be left alone, why they refuse, and what to do about it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping
from http.client import responses
from typing import Any

import msgspec

from oculus.core.errors import ChannelError
from oculus.core.masking import mask
from oculus.core.outside import NOT_JSON
from oculus.core.secret import MASK
from oculus.notify.post.outcome import AWAY, PERMANENT, Answer, retry_after_s
from oculus.notify.render.escape import shorten
from oculus.notify.render.news import one_line

LONGEST_WORDS = 200
BUSY = 429
TOO_LONG_AGO = 408  # the service gave up waiting for us

Part = str | tuple[str, bytes, str]  # text, or file name, content and type


def form(parts: Mapping[str, Part]) -> tuple[bytes, dict[str, str]]:
    """A multipart body and the header that belongs to it."""
    from urllib3.filepost import encode_multipart_formdata

    body, kind = encode_multipart_formdata(dict(parts))
    return body, {"Content-Type": kind}


def json(body: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    """A JSON body and the header that belongs to it."""
    return msgspec.json.encode(body), {"Content-Type": "application/json; charset=utf-8"}


def fields(answer: Answer) -> dict[str, Any]:
    """The JSON object in an answer; empty when there is none: a page of HTML, a word, nothing."""
    with contextlib.suppress(*NOT_JSON):
        found = msgspec.json.decode(answer.body)
        if isinstance(found, dict):
            return found
    return {}


def wish_s(answer: Answer, now_ms: int) -> float | None:
    """Seconds that the service wants to be left alone, in any of the forms in use; None when it says nothing.

    Telegram puts them into `parameters`, Discord into the body as a fraction and into
    X-RateLimit-Reset-After, Slack and whatever stands in between into Retry-After.
    """
    body = fields(answer)
    inner = body.get("parameters")
    told = [body.get("retry_after"), inner.get("retry_after") if isinstance(inner, dict) else None]
    for each in [*told, answer.headers.get("X-RateLimit-Reset-After")]:
        with contextlib.suppress(TypeError, ValueError):
            seconds = float(each)  # type: ignore[arg-type]
            if math.isfinite(seconds):
                return max(0.0, seconds)
    return retry_after_s(answer.headers.get("Retry-After", ""), now_ms)


def trouble(
    service: str,
    answer: Answer,
    said: str,
    remedies: Mapping[str, str],
    now_ms: int,
    *,
    permanent: bool | None = None,
) -> ChannelError:
    """The error for an answer that is no success. `said` is the service's own word for it.

    The first of `remedies` whose key is part of "<status> <said>" gives the hint; all of them are about the
    channel. Unless told otherwise, an answer of 4xx is permanent: what was not taken once will not be later.
    """
    if permanent is None:
        permanent = 400 <= answer.status < 500 and answer.status not in (BUSY, TOO_LONG_AGO)
    whole = f"{answer.status} {said}".lower()
    hint = next((hint for key, hint in remedies.items() if key.lower() in whole), "")
    if answer.status == BUSY:
        return ChannelError(f"{service} wants fewer messages", retry_after_s=wish_s(answer, now_ms))
    about_channel = permanent and (bool(hint) or answer.status in PERMANENT)
    told = said or f"{answer.status} {responses.get(answer.status, '')}".rstrip()
    return ChannelError(
        f"{service} answered: {told}",
        hint,
        permanent=permanent,
        retry_after_s=None if permanent else wish_s(answer, now_ms),
        answered=not about_channel and answer.status not in AWAY,
    )


def quoted(text: str, secrets: Iterable[str]) -> str:
    """A service's words, fit to be shown: one line, not long, without anything secret."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return shorten(mask(one_line(text)), LONGEST_WORDS).rstrip(". ")
