"""What came of a message posted over HTTP, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import responses
from typing import NamedTuple

from oculus.core.errors import ChannelError
from oculus.core.outgoing import Deadlines, origin, retry_after_s, why

__all__ = ["DEADLINES", "Answer", "check", "origin", "retry_after_s", "why"]

DEADLINES = Deadlines("notify-deadlines")  # of all that is being sent

PERMANENT = (401, 403, 404, 410)  # whatever is sent there
AWAY = (408, 429, 502, 503, 504)  # the service itself, or what stands before it, cannot do it now


class Answer(NamedTuple):
    """What a service said."""

    status: int
    headers: Mapping[str, str]  # names in any case
    body: bytes  # at most BODY_LIMIT of it, as it came


def check(answer: Answer, url: str, hint: str, now_ms: int) -> None:
    """Raises ChannelError unless the status is 2xx; permanent where trying again cannot help."""
    if 200 <= answer.status < 300:
        return
    phrase = responses.get(answer.status, "")
    permanent = answer.status in PERMANENT
    raise ChannelError(
        f"{origin(url)} answered {answer.status} {phrase}".rstrip(),
        hint if permanent else "",
        permanent=permanent,
        answered=not permanent and answer.status not in AWAY,
        retry_after_s=retry_after_s(answer.headers.get("Retry-After", ""), now_ms),
    )
