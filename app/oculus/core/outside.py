"""Text from outside, that may be anything."""

from __future__ import annotations

import msgspec

# All that reading JSON can raise: it is none; it is not UTF-8; brackets within brackets past any stack.
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def text_in(body: bytes, charset: str) -> str:
    """The text as well as it can be read; as UTF-8 where the charset is none, or none for text like this."""
    try:
        return body.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")
