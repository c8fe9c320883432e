"""How a browser proves that it was let in: a signed cookie, and links that work once.

The cookie is signed with the token, so it outlives a restart, needs no list, and dies when the token is
renewed. It tells nobody the token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading

from oculus.core.secret import Secret

LASTS_S = 30 * 86400
LINK_LASTS_S = 60.0
MOST_LINKS = 32


def same(given: str, expected: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(given.encode(), expected.encode())


class Sessions:
    """Makes and checks cookies for one token."""

    def __init__(self, token: Secret) -> None:
        self._token = token

    def issue(self, now_ms: int) -> str:
        """A cookie that is good for 30 days."""
        body = f"{now_ms // 1000 + LASTS_S}.{secrets.token_urlsafe(16)}"
        return f"{body}.{self._sign(body)}"

    def valid(self, cookie: str, now_ms: int) -> bool:
        body, _, signature = cookie.rpartition(".")
        if not same(signature, self._sign(body)):
            return False
        return int(body.partition(".")[0]) > now_ms // 1000  # ours: the signature holds

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
