"""What must never be seen: every secret the settings hold, wherever it turns up in a text."""

from __future__ import annotations

import re
import threading
from urllib.parse import quote

from oculus.core.secret import MASK, Secret

SHORT = 4  # below this a secret is only masked as a word of its own, or half the log would be dots
MOST = 5000  # texts; whoever changes a secret every day has the oldest forgotten, and never one in force

_lock = threading.Lock()
_hidden: dict[str, None] = {}  # what was hidden last is the last here
_pattern: re.Pattern[str] | None = None  # made when it is next needed: settings bring many secrets at once


def hide(secret: Secret | str) -> None:
    """From now on `mask` leaves nothing of `secret`. Any thread may call this, as often as it likes.

    A header such as `DNT: 1` hides nothing, or every 1 of every address would be dots.
    """
    global _pattern
    text = secret.reveal() if isinstance(secret, Secret) else secret
    if not text.strip() or len(text) == 1 or (len(text) < SHORT and text.isdecimal()):
        return
    with _lock:
        if text not in _hidden:
            _pattern = None
        for each in (text, quote(text, safe=""), quote(text)):
            _hidden.pop(each, None)
            _hidden[each] = None
        while len(_hidden) > MOST:
            del _hidden[next(iter(_hidden))]


def mask(text: str) -> str:
    """`text` with every hidden secret replaced by dots."""
    return (_pattern or _made()).sub(MASK, text) if _hidden else text


def _made() -> re.Pattern[str]:
    global _pattern
    with _lock:
        _pattern = re.compile("|".join(map(_piece, sorted(_hidden, key=len, reverse=True))))
        return _pattern


def _piece(text: str) -> str:
    return re.escape(text) if len(text) >= SHORT else rf"(?<!\w){re.escape(text)}(?!\w)"
