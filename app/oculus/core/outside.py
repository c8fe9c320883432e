"""JSON from outside: all that reading it can raise."""

from __future__ import annotations

import msgspec

# No JSON at all; text that is not UTF-8; brackets within brackets past any stack.
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
