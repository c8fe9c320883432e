"""How a browser proves that it was let in: a signed cookie, and links that work once.

The cookie is signed with the token, so it outlives a restart, needs no list of who is in, and dies when the
token is renewed. It tells nobody the token. Only those that somebody ended by signing out are listed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from oculus.core.secret import Secret

LASTS_S = 30 * 86400
LINK_LASTS_S = 60.0
MOST_LINKS = 32
ENDED = "web.ended_sessions"
MOST_ENDED = 4096  # those that would have ended soonest by themselves are forgotten first


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode(), expected.encode())


class Memory(Protocol):
    """Keeps small things over a restart."""

    def load(self, key: str) -> Any: ...

    def save(self, key: str, value: Any) -> None: ...


class Sessions:
    """Makes, checks and ends cookies for one token. Any thread may ask."""

    def __init__(self, token: Secret, memory: Memory | None = None) -> None:
        self._token = token
        self._memory = memory
        self._lock = threading.Lock()
        # When each would have ended by itself, in seconds; never changed, only replaced: others read it.
        self._ended: Mapping[str, int] = (memory.load(ENDED) if memory else None) or {}
        # Hears of each that ended, on the thread that ended it.
        self.on_end: Callable[[], None] = lambda: None

    def issue(self, now_ms: int) -> str:
        """A cookie that is good for 30 days."""
        body = f"{now_ms // 1000 + LASTS_S}.{secrets.token_urlsafe(16)}"
        return f"{body}.{self._sign(body)}"

    def valid(self, cookie: str, now_ms: int) -> bool:
        body, _, signature = cookie.rpartition(".")
        if not same(signature, self._sign(body)):
            return False
        until_s, _, number = body.partition(".")
        return int(until_s) > now_ms // 1000 and number not in self._ended  # ours: the signature holds

    def end(self, cookie: str, now_ms: int) -> None:
        """Whoever has a copy of it is let in no more, also after a restart."""
        if not self.valid(cookie, now_ms):
            return
        until_s, number, _ = cookie.split(".")
        with self._lock:
            ended = sorted({**self._ended, number: int(until_s)}.items(), key=lambda each: each[1])
            left = [each for each in ended if each[1] > now_ms // 1000]
            self._ended = dict(left[-MOST_ENDED:])
            if self._memory:
                self._memory.save(ENDED, self._ended)
        self.on_end()

    def _sign(self, body: str) -> str:
        # Asked each time, because the token may be renewed while we run.
        key = hashlib.sha256(b"oculus session\0" + self._token.reveal().encode()).digest()
        return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


class OnceCodes:
    """Codes for `/login?once=`: each opens one session, within a minute. Any thread may ask."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def issue(self, now: float) -> str:
        """A new code. `now` is monotonic seconds."""
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._until[code] = now + LINK_LASTS_S
            while len(self._until) > MOST_LINKS:
                self._until.pop(next(iter(self._until)))
        return code

    def redeem(self, code: str, now: float) -> bool:
        with self._lock:
            return self._until.pop(code, float("-inf")) > now
