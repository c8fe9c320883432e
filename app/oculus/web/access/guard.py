"""Who may ask what: the host asked for, where a write came from, how often, and with which token.

Every request passes here before anything reads its body or takes a worker. The order matters: a wrong
Host is told nothing else, and a stranger is counted before the token is looked at.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from msgspec import Struct

from oculus.collectors.network.hostport import is_address
from oculus.core.clock import Clock
from oculus.core.errors import ConfigError
from oculus.core.secret import Secret
from oculus.settings.schema import ServerSettings
from oculus.web.access.limits import Limit
from oculus.web.access.session import Memory, Sessions, same
from oculus.web.errors import HttpError, wants_json

SHORTEST_TOKEN = 32  # characters, where others can reach the port
READS = frozenset(("GET", "HEAD", "OPTIONS"))
OPEN = ("/static/", "/in/")  # a push brings its own secret
OPEN_PATHS = frozenset(("/healthz", "/readyz", "/login", "/favicon.ico"))
WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]/@]+)(?::\d{1,5})?")


class Request(Struct, frozen=True):
    """What is known of a request before its body is read. `headers` has lower-case names."""

    method: str
    path: str
    headers: Mapping[str, str]
    client: str = ""  # the address it came from
    local: str = ""  # our own address that it came to


class Guard:
    """Lets a request pass or raises HttpError. Lives on the event loop's thread."""

    def __init__(
        self,
        token: Secret,
        cookie_name: str,
        bound: str,
        clock: Clock,
        *,
        secure: bool = False,
        memory: Memory | None = None,
    ) -> None:
        self.cookie_name = cookie_name
        self.secure = secure  # the cookie goes over TLS only
        self.sessions = Sessions(token, memory)
        self._token = token
        self._bound = bound
        self._clock = clock
        self._api = Limit(10, 20)
        self._pages = Limit(50, 200)  # a page brings a handful of files, and several windows may be open
        self._logins = Limit(0.5, 5)

    def check(self, request: Request, server: ServerSettings) -> None:
        """Raises HttpError: 421, 403, 429 or 401, in this order."""
        self._check_host(request, server.names)
        check_origin(request)
        known = request.path.startswith(OPEN) or request.path in OPEN_PATHS or self.knows(request)
        self._check_rate(request, server, known)
        if not known:
            raise unauthorized(request)

    def knows(self, request: Request) -> bool:
        """Whether it carries the token or a cookie that was made with it."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        given = bearer.strip() if scheme.lower() == "bearer" else request.headers.get("x-oculus-token", "")
        if given:
            return self.is_token(given)
        cookie = cookie_of(request, self.cookie_name)
        return bool(cookie) and self.sessions.valid(cookie, self._clock.now_ms())

    def is_token(self, given: str) -> bool:
        return same(given, self._token.reveal())

    def _check_host(self, request: Request, names: list[str]) -> None:
        host = host_of(request)
        if host is None or not self._ours(host, request.local, names):
            raise HttpError(
                421,
                f"This Oculus does not answer to the name {host or 'you used'!r}",
                "Use the address it was started with, or add the name to server.names in the settings.",
            )

    def _ours(self, host: str, local: str, names: list[str]) -> bool:
        # A name that another site points at this machine must not reach it. Addresses and `localhost`
        # cannot be pointed elsewhere, so where we listen on all of them each may be asked for: it may
        # be that of a tunnel or of a container's host.
        if host in {self._bound.lower(), local.lower(), *(name.lower() for name in names)}:
            return True
        if host == "localhost":
            return is_loopback(local) or self._bound in WILDCARDS
        return self._bound in WILDCARDS and is_address(host)

    def _check_rate(self, request: Request, server: ServerSettings, known: bool) -> None:
        self._api.per_second, self._api.burst = server.rate_limit.per_second, server.rate_limit.burst
        if request.method == "POST" and request.path == "/login":
            limit = self._logins
        elif request.path.startswith("/api/") or not known:
            limit = self._api
        else:
            limit = self._pages
        wait = limit.take(request.client, self._clock.monotonic())
        if wait:
            seconds = math.ceil(wait)
            raise HttpError(
                429,
                "Too many requests from this address",
                f"Try again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )


def check_origin(request: Request) -> None:
    """Refuse a write that another site's page sent."""
    if request.method not in READS and foreign(request):
        raise HttpError(
            403, "Another site may not change anything here", "Use Oculus' own pages, or its API."
        )


def foreign(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    if origin == "null":
        # What our own form sends, as our pages give no referrer; only the login has one, and there the
        # token is asked for anyway.
        return request.path != "/login"
    return origin is not None and place_of(origin) != request.headers.get("host", "").lower()


def place_of(origin: str) -> str | None:
    """Host and port of an Origin header; None when it makes no sense, which is nobody's own page."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def unauthorized(request: Request) -> HttpError:
    """What a stranger gets: words for a program, the way to the login for a person."""
    headers = {"WWW-Authenticate": "Bearer"}
    if not wants_json(request.path):
        back = quote(request.path, safe="/") if request.method == "GET" else "/"
        if "hx-request" in request.headers:
            headers = {"HX-Redirect": "/login"}
        else:
            headers = {"Location": f"/login?next={back}" if back != "/" else "/login"}
    return HttpError(
        401,
        "This needs the token",
        "Send it as `Authorization: Bearer <token>`; `oculus token` shows it, `oculus open` opens the pages.",
        headers=headers,
    )


def host_of(request: Request) -> str | None:
    """The Host header without its port and brackets, lower case. None when it makes no sense.

    The port is not compared: tunnels and containers map it, and it protects nobody.
    """
    match = HOST.fullmatch(request.headers.get("host", "").lower())
    return match[1].strip("[]").rstrip(".") if match else None


def cookie_of(request: Request, name: str) -> str:
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def is_loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def check_exposure(host: str, token: Secret) -> None:
    """Raises ConfigError when others could reach the port and guess the token."""
    length = len(token.reveal())
    if not is_loopback(host) and length < SHORTEST_TOKEN:
        raise ConfigError(
            [
                f"server.token: {length} characters are too few while other machines can reach {host}; "
                f"use at least {SHORTEST_TOKEN} (leave it empty and Oculus makes one), or host: 127.0.0.1"
            ]
        )
