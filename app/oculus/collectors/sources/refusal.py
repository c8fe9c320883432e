"""What it means that a provider refuses: our question, our haste, our key, our country, or itself."""

from __future__ import annotations

from oculus.collectors.sources.providers import Provider
from oculus.collectors.sources.reply import Refused, Reply
from oculus.core.errors import SourceBusy, SourceError
from oculus.core.outgoing import retry_after_s

BUSY = (418, 429, 503)
OUR_FAULT = (400, 404, 405, 406, 409, 410, 414, 416, 422)


def refusal(provider: Provider, reply: Reply, now_ms: int, *, has_key: bool) -> SourceError:
    """Of a reply that is neither 2xx nor 304: Refused for a bad question, SourceBusy for too many of them."""
    title = provider.title
    refused = Refused(title, reply.status, reply.message())
    what = refused.what.partition(": ")[2]
    if reply.status in OUR_FAULT:
        return refused
    if reply.status in BUSY:
        wish_s = retry_after_s(reply.headers.get("retry-after", ""), now_ms)
        why = "is overloaded" if reply.status == 503 else "was asked too often"
        return SourceBusy(title, f"{why} ({what})", retry_after_s=wish_s)
    if reply.status == 451:
        return SourceError(title, "does not serve this country (451)", provider.refused_hint)
    return SourceError(title, what, about_the_key(provider, has_key) if reply.status in (401, 403) else "")


def about_the_key(provider: Provider, has_key: bool) -> str:
    if not (provider.key_header or provider.key_param):
        return ""
    setting = f"sources.{provider.name}.api_key"
    return f"Check {setting}." if has_key else f"It may want a key: {setting}."
