"""What must never be seen: every secret the settings hold, wherever it turns up in a text."""

from __future__ import annotations

import re
import threading
from urllib.parse import quote

from oculus.core.secret import MASK, Secret

SHORT = 4  # below this a secret is only masked as a word of its own, or half the log would be dots

_lock = threading.Lock()
_hidden: set[str] = set()
_pattern: re.Pattern[str] | None = None


def hide(secret: Secret | str) -> None:
    """From now on `mask` leaves nothing of `secret`. Any thread may call this, as often as it likes."""
    global _pattern
    text = secret.reveal() if isinstance(secret, Secret) else secret
    if not text.strip() or text in _hidden:
        return
    with _lock:
        _hidden.update({text, quote(text, safe=""), quote(text)})
        _pattern = re.compile("|".join(map(_piece, sorted(_hidden, key=len, reverse=True))))


def mask(text: str) -> str:
    """`text` with every hidden secret replaced by dots."""
    return _pattern.sub(MASK, text) if _pattern else text


def _piece(text: str) -> str:
    return re.escape(text) if len(text) >= SHORT else rf"(?<!\w){re.escape(text)}(?!\w)"
